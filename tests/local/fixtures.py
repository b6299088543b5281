"""Fixtures that the tests of the local Pinghome and of its client share."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bridge.local.app import DATABASE, create_app
from bridge.local.world import demo_world
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

    async def start(*, strict: bool = False, demo: bool = True, people: bool = True) -> World:
        await stop()
        path = tmp_path / "state" / "pinghome.db"
        if demo and people and not path.exists():
            path.parent.mkdir(mode=0o700)
            shutil.copyfile(demo_file, path)
        app = create_app(path, clock=clock, world=demo_world() if demo else None, strict=strict)
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
