"""Fixtures that the tests of the local Pinghome and of its client share."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bridge.local.app import DATABASE, create_app
from bridge.local.messages.carriers import MailServer
from bridge.local.world import demo_world
from tests.local.prepared import Prepared, prepare
from tests.local.world import Clock, World, add_people

StartWorld = Callable[..., Awaitable[World]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a fresh demo world with its people, made once: hashing a password is slow by intent."""
    path = tmp_path_factory.mktemp("demo") / "pinghome.db"
    clock = Clock()

    async def make() -> None:
        app = create_app(path, clock=clock, world=demo_world())
        async with TestServer(app, host="127.0.0.1"):
            await app[DATABASE].run(lambda connection: add_people(connection, clock()))

    asyncio.run(make())
    return path


@pytest.fixture
async def start_world(tmp_path: Path, clock: Clock, demo_file: Path) -> AsyncIterator[StartWorld]:
    """Start a local Pinghome on the test's file. The one that was started before is stopped first."""
    running: list[World] = []

    async def stop() -> None:
        while running:
            await running.pop().client.close()

    async def start(
        *,
        strict: bool = False,
        demo: bool = True,
        people: bool = True,
        control_token: str | None = None,
        mail_server: MailServer | None = None,
    ) -> World:
        await stop()
        path = tmp_path / "state" / "pinghome.db"
        if demo and people and not path.exists():
            path.parent.mkdir(mode=0o700)
            shutil.copyfile(demo_file, path)
        app = create_app(
            path,
            clock=clock,
            world=demo_world() if demo else None,
            strict=strict,
            control_token=control_token,
            mail_server=mail_server,
        )
        client = TestClient(TestServer(app, host="127.0.0.1"))
        await client.start_server()
        running.append(World(client=client, clock=clock, app=app))
        if people:
            await app[DATABASE].run(lambda connection: add_people(connection, clock()))
        return running[-1]

    yield start
    await stop()


@pytest.fixture
async def world(start_world: StartWorld) -> World:
    return await start_world()


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> tuple[Path, Prepared]:
    """A file with one of everything, made once through the API."""
    path = tmp_path_factory.mktemp("prepared") / "pinghome.db"
    shutil.copyfile(demo_file, path)

    async def make() -> Prepared:
        clock = Clock()
        app = create_app(path, clock=clock, world=demo_world())
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            return await prepare(World(client=client, clock=clock, app=app))

    return path, asyncio.run(make())


@pytest.fixture
def prepared(prepared_file: tuple[Path, Prepared]) -> Prepared:
    return prepared_file[1]


@pytest.fixture
async def whole(tmp_path: Path, prepared_file: tuple[Path, Prepared]) -> AsyncIterator[World]:
    """A copy of it, served."""
    path = tmp_path / "pinghome.db"
    shutil.copyfile(prepared_file[0], path)
    clock = Clock()
    # Later than it was prepared: codes, tests and reminders may be asked for again.
    clock.advance(minutes=10)
    app = create_app(path, clock=clock, world=demo_world())
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        yield World(client=client, clock=clock, app=app)
