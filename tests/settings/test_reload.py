"""A changed file: in force once it is good, refused as a whole while it is not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.domain.errors import ConfigError
from bridge.settings import Settings
from bridge.settings import reload as module
from bridge.settings.reload import RELOADED, Reloader, version_of
from tests.support.wait import wait_until

SOURCE = {"kind": "aws", "verify": {"method": "token", "token": "t"}}

Write = Callable[..., None]


def document(**keys: Any) -> dict[str, Any]:
    """A small configuration."""
    return {"sources": {"aws": SOURCE}, "routes": [{"name": "all", "to": [{"webhook": "w"}]}], **keys}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.yaml"
    path.write_text(yaml.safe_dump(document()))
    return path


@pytest.fixture
def write(file: Path) -> Write:
    """Replaces the file as editors and Kubernetes do: another file takes its name."""

    def writer(text: str | None = None, **keys: Any) -> None:
        fresh = file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(document(**keys)) if text is None else text)
        fresh.replace(file)

    return writer


class Part:
    """Takes what it is given; `fault` is raised instead."""

    def __init__(self, reloader: Reloader) -> None:
        self.taken: list[Settings] = []
        self.fault: Exception | None = None
        reloader.add(self.prepare)

    def prepare(self, settings: Settings) -> Callable[[], None]:
        if self.fault is not None:
            raise self.fault
        return lambda: self.taken.append(settings)


@pytest.fixture
async def watched(file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reloader]:
    """Looks at the file often, so that tests need not wait."""
    monkeypatch.setattr(module, "POLL", 0.02)
    reloader = Reloader(file, environment={})
    task = asyncio.create_task(reloader.watch())
    yield reloader
    task.cancel()
    await asyncio.wait([task])


async def test_a_changed_file_is_taken_into_force(watched: Reloader, write: Write) -> None:
    part, before = Part(watched), watched.state.version

    write(routes=[{"name": "other", "to": [{"webhook": "w"}]}])

    await wait_until(lambda: part.taken, "the part has the new configuration")
    assert part.taken[0].routes[0].name == watched.running.routes[0].name == "other"
    assert watched.state.version not in (before, "")
    assert watched.state.faults == watched.state.needs_restart == ()


@pytest.mark.parametrize(
    "text", ["routes: [", "routes: []", "routes: [{name: a, to: [{drop: true}]}]", "nonsense: 1", ""]
)
async def test_a_bad_file_changes_nothing_and_says_so(watched: Reloader, write: Write, text: str) -> None:
    part, before = Part(watched), watched.running

    write(text)

    await wait_until(lambda: watched.state.faults, "the fault is told")
    assert (part.taken, watched.running) == ([], before)
    assert watched.state.version == version_of(before)


async def test_a_file_that_was_mended_is_good_again(watched: Reloader, write: Write) -> None:
    part = Part(watched)
    write("routes: [")
    await wait_until(lambda: watched.state.faults, "the fault is told")

    write(retention={"events": 1}, heartbeats={"job": {"id": "m", "open": True}})

    await wait_until(lambda: part.taken, "the part has the new configuration")
    assert (watched.state.faults, watched.state.needs_restart) == ((), ("retention",))


async def test_a_file_that_is_gone_is_a_fault_and_not_the_default(watched: Reloader, file: Path) -> None:
    await asyncio.to_thread(file.unlink)

    await wait_until(lambda: watched.state.faults, "the fault is told")
    assert "cannot be read" in watched.state.faults[0]
    assert list(watched.running.sources) == ["aws"]


async def test_a_file_that_is_being_written_is_left_alone(
    file: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has to look the same twice."""
    reloader = Reloader(file, environment={})
    part, looks = Part(reloader), 0
    monkeypatch.setattr(module, "POLL", 0.02)
    stamp = reloader._stamp

    def busy() -> tuple[int, int, int] | None:
        """Somebody writes between any two of the first looks."""
        nonlocal looks
        looks += 1
        if looks < 6:
            os.utime(file, ns=(looks, looks))
        return stamp()

    monkeypatch.setattr(reloader, "_stamp", busy)
    write(heartbeats={"job": {"id": "m", "open": True}})
    task = asyncio.create_task(reloader.watch())
    await wait_until(lambda: part.taken, "it was taken")
    task.cancel()
    await asyncio.wait([task])

    assert looks >= 6, "the first look that finds what the one before it found"
    assert len(part.taken) == 1


async def test_a_reload_can_be_asked_for(file: Path, write: Write, tmp_path: Path) -> None:
    """A secret's file has changed and the configuration has not: SIGHUP reads it again."""
    secret = tmp_path / "token"
    secret.write_text("old")
    source = {"kind": "aws", "verify": {"method": "token", "token_file": str(secret)}}
    write(sources={"aws": source})
    reloader = Reloader(file, environment={})
    part = Part(reloader)
    task = asyncio.create_task(reloader.watch())
    secret.write_text("new")

    reloader.ask()

    await wait_until(lambda: part.taken, "the new secret is in force")
    task.cancel()
    await asyncio.wait([task])
    assert part.taken[0].sources["aws"].verify.token[0].get_secret_value() == "new"  # type: ignore[union-attr]


async def test_what_is_the_same_is_not_put_in_place_again(file: Path) -> None:
    reloader = Reloader(file, environment={})
    part = Part(reloader)

    assert await reloader.reload()
    assert part.taken == []


@pytest.mark.parametrize("fault", [RuntimeError("bug"), ConfigError([])])
async def test_a_part_that_cannot_take_it_stops_all_of_them(file: Path, write: Write, fault: Exception) -> None:
    """All or none: no part may decide by another configuration than its neighbour."""
    reloader = Reloader(file, environment={})
    first, second = Part(reloader), Part(reloader)
    second.fault = fault
    write(heartbeats={"job": {"id": "m", "open": True}})

    assert not await reloader.reload()
    assert first.taken == []
    assert reloader.running.heartbeats == {}


async def test_what_belongs_to_a_process_stays_as_it_was_started_and_is_told(file: Path, write: Write) -> None:
    reloader = Reloader(file, environment={})
    part = Part(reloader)
    write(
        ingress={"port": 9090},
        redis={"url": "redis://127.0.0.1:7000/0"},
        templates=[{"title": "{{ title }}"}],
    )

    assert await reloader.reload()

    (taken,) = part.taken
    assert (taken.ingress.port, taken.redis.url, len(taken.templates)) == (8080, None, 1)
    assert reloader.state.needs_restart == ("ingress", "redis")


async def test_new_sources_are_checked_against_what_stays(file: Path, write: Write) -> None:
    """A longer window for duplicates comes with a restart; a proof that needs it does too."""
    sns = {"method": "sns", "topic_arns": ["arn:aws:sns:eu-west-1:000000000000:alarms"], "max_age": "2h"}
    write(delivery={"duplicate_window": "1h"})
    reloader = Reloader(file, environment={})
    write(delivery={"duplicate_window": "2h"}, sources={"aws": {"kind": "aws", "verify": sns}})

    assert not await reloader.reload()
    assert "until a restart" in reloader.state.faults[0]


async def test_development_credentials_do_not_slip_in(file: Path, write: Write) -> None:
    """Web pages are kept from them by a guard that is put up at start."""
    reloader = Reloader(file, environment={})
    write(sources={"aws": {"kind": "aws", "verify": {"method": "token", "token": "dev-token"}}})

    assert not await reloader.reload()
    assert "development credentials need a restart" in reloader.state.faults[0]


async def test_no_secret_is_in_a_fault(file: Path, write: Write) -> None:
    reloader = Reloader(file, environment={})
    write(sources={"aws": {"kind": "aws", "verify": {"method": "s3cret", "token": "s3cret"}}})

    assert not await reloader.reload()
    assert "s3cret" not in str(reloader.state.faults)


@pytest.mark.parametrize(
    "change",
    [
        {"sources": {"aws": {"kind": "aws", "verify": {"method": "token", "token": "other"}}}},
        {"routes": [{"name": "all", "to": [{"webhook": "other"}]}]},
        {"severity": {"words": {"low": ["P4"]}}},
        {"enrichment": [{"set": {"service": "a"}}]},
        {"templates": [{"title": "a"}]},
        {"heartbeats": {"job": {"id": "m", "open": True}}},
    ],
    ids=RELOADED,
)
def test_the_version_names_everything_that_decides(change: dict[str, Any]) -> None:
    """Secrets too: another webhook is another decision."""
    assert version_of(Settings.model_validate(document(**change))) != version_of(Settings.model_validate(document()))


def test_the_version_does_not_depend_on_where_things_run() -> None:
    """`explain` on a laptop and a worker behind `up` name the same one."""
    elsewhere = document(redis={"url": "redis://127.0.0.1:7000/0"}, ingress={"port": 1})

    assert version_of(Settings.model_validate(elsewhere)) == version_of(Settings.model_validate(document()))
    assert len(version_of(Settings.model_validate(elsewhere))) == 12
