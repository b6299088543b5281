"""`pinghome-beat` with real processes and real signals: it reports, and it never changes the job."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.support.bridge import TOKEN
from tests.support.processes import clean_environment
from tests.support.sink import Sink
from tests.support.wait import wait_until

BEAT = (sys.executable, "-I", "-S", str(Path(__file__).parents[2] / "bridge" / "beat.py"))
NOWHERE = "http://127.0.0.1:1"


def python(code: str) -> tuple[str, ...]:
    """A job."""
    return ("--", sys.executable, "-c", code)


async def beat(*arguments: str, url: str = NOWHERE, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run the sidecar to its end: exit code, stdout, stderr."""
    environment = clean_environment({"PINGHOME_BEAT_URL": url, "PINGHOME_BEAT_TOKEN": TOKEN})
    process = await asyncio.create_subprocess_exec(
        *BEAT, *arguments, env=environment, cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def url(start: Start) -> str:
    """A bridge with the heartbeat `job`."""
    heartbeats = {"job": {"id": "906a3444-15ce-4410-8041-89a238e9e91f", "token": TOKEN}}
    bridge = await start(heartbeats=heartbeats)
    return bridge.url("/")


def results(sink: Sink) -> list[str]:
    return [one.query["result"] for one in sink.received]


@pytest.mark.parametrize("result", ["tick", "run", "complete", "fail"])
async def test_each_result_is_reported(url: str, sink: Sink, result: str) -> None:
    code, _, err = await beat(result, "job", "--message", "50 % done ✓", url=url)

    assert (code, err) == (0, "")
    await wait_until(lambda: sink.received, "it arrives")
    assert sink.received[0].query == {"result": result, "message": "50 % done ✓"}


async def test_a_job_is_reported_from_its_start_to_its_end(url: str, sink: Sink) -> None:
    code, out, err = await beat("run", "job", *python("print('hello')"), url=url)

    assert (code, out, err) == (0, "hello\n", "")
    await wait_until(lambda: len(sink.received) == 2, "both reports arrive")
    assert results(sink) == ["run", "complete"]
    assert sink.received[1].query["message"].startswith("exit 0 after ")


async def test_a_failing_job_fails_as_itself(url: str, sink: Sink) -> None:
    code, _, _ = await beat("run", "job", *python("raise SystemExit(3)"), url=url)

    assert code == 3
    await wait_until(lambda: len(sink.received) == 2, "both reports arrive")
    assert results(sink) == ["run", "fail"]


async def test_the_job_runs_although_the_bridge_is_down(tmp_path: Path) -> None:
    """An outage of the monitoring must not become an outage of the jobs."""
    code, out, err = await beat("run", "job", *python("print('done'); raise SystemExit(7)"))

    assert (code, out) == (7, "done\n")
    assert err.count("was not reported") == 2
    assert "Traceback" not in err


async def test_streams_and_arguments_are_the_jobs_own(tmp_path: Path) -> None:
    job = "import sys, os; print(sys.argv[1:], os.getcwd()); print('oops', file=sys.stderr)"
    code, out, err = await beat("run", "job", *python(job), "a b", "--message", "$HOME", cwd=tmp_path)

    assert code == 0
    assert out == f"{['a b', '--message', '$HOME']} {tmp_path}\n"
    assert err.startswith("oops\n") or "\noops\n" in err


@pytest.mark.parametrize(("job", "expected"), [("/nowhere/at-all", 127), ("/", 126)])
async def test_a_job_that_cannot_be_started_says_so(job: str, expected: int) -> None:
    code, _, err = await beat("run", "job", "--", job)

    assert code == expected
    assert err.startswith(f"pinghome-beat: {job}: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
async def test_signals_reach_the_job_and_its_death_is_reported(url: str, sink: Sink, number: signal.Signals) -> None:
    job = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print('up', flush=True); time.sleep(60)"
    environment = clean_environment({"PINGHOME_BEAT_URL": url, "PINGHOME_BEAT_TOKEN": TOKEN})
    process = await asyncio.create_subprocess_exec(
        *BEAT, "run", "job", *python(job), env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"up\n"
    await wait_until(lambda: results(sink) == ["run"], "the run is reported")

    process.send_signal(number)
    async with asyncio.timeout(20):
        await process.communicate()

    assert process.returncode == 128 + number
    await wait_until(lambda: len(sink.received) == 2, "the end is reported")
    assert sink.received[1].query["message"].startswith(f"killed by {number.name} after ")


async def test_a_wrong_token_is_one_line(url: str, sink: Sink) -> None:
    environment = clean_environment({"PINGHOME_BEAT_URL": url, "PINGHOME_BEAT_TOKEN": "secret-but-wrong"})
    process = await asyncio.create_subprocess_exec(
        *BEAT, "tick", "job", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()

    assert process.returncode == 69
    assert err.decode() == "pinghome-beat: job: tick was not reported: the bridge answered 401\n"


@pytest.mark.parametrize("arguments", [(), ("sleep", "job"), ("tick",), ("tick", "job", "--massage", "x")])
async def test_a_mistake_is_answered_with_the_usage(arguments: tuple[str, ...]) -> None:
    code, _, err = await beat(*arguments)

    assert code == 64
    assert err.startswith("usage: pinghome-beat")
