"""The commands as a user types them: real processes, plain answers, no traceback for a user's mistake."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.samples import SAMPLES, build
from tests.conftest import Start
from tests.support.bridge import TOKEN
from tests.support.processes import run
from tests.support.sink import Sink
from tests.support.wait import wait_until

COMMANDS = (
    "up", "serve", "worker", "local-pinghome", "check-config", "explain", "send-sample", "demo", "setup", "healthcheck",
)  # fmt: skip


async def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    code, out, _ = await run("--help", cwd=tmp_path)
    assert code == 0
    for command in COMMANDS:
        assert command in out
        code, text, _ = await run(command, "--help", cwd=tmp_path)
        assert code == 0
        assert f"Example: pinghome-bridge {command}" in text


async def test_a_good_configuration_is_called_good(tmp_path: Path) -> None:
    await run("setup", "--config-dir", ".", cwd=tmp_path)

    code, out, err = await run("check-config", "bridge.yaml", cwd=tmp_path)

    assert (code, err) == (0, "")
    assert "good: 3 sources, 1 routes, 1 heartbeats" in out


async def test_every_fault_of_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "ingres: {}\n"
        "sources:\n  aws: {kind: aws, verify: {method: sns, topic_arns: []}}\n"
        "routes:\n  - {name: r, when: [{key: severity, operator: looks-like, values: [high]}], to: [{webhook: x}]}\n"
        "delivery: {timeout: soon}\n"
    )

    code, out, err = await run("check-config", "bad.yaml", cwd=tmp_path)

    assert (code, out) == (78, "")
    for part in ("ingres", "topic_arns", "looks-like", "delivery.timeout"):
        assert part in err
    assert "Traceback" not in err


async def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    code, _, err = await run("check-config", "nowhere.yaml", cwd=tmp_path)

    assert code == 78
    assert err == "pinghome-bridge: nowhere.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("kind", sorted(SAMPLES))
async def test_explain_shows_what_would_happen(tmp_path: Path, kind: str) -> None:
    sample = build(kind, firing=True, now=datetime.now(UTC))
    (tmp_path / "message.json").write_bytes(sample.body)

    code, out, _ = await run("explain", "--source", sample.source, "message.json", "--json", cwd=tmp_path)
    (alert,) = json.loads(out)
    shown = await run("explain", "--source", sample.source, "message.json", cwd=tmp_path)

    assert code == shown[0] == 0
    assert (alert["schema"], alert["action"]) == ("bridge.alert/v1", "trigger")
    assert alert["routing"]["route"] == "everything"
    assert "route without conditions" in shown[1]
    assert "webhook:de30…" in shown[1]


async def test_explain_of_an_unknown_message_says_why(tmp_path: Path) -> None:
    (tmp_path / "message.json").write_text('{"hello": "world"}')

    code, out, _ = await run("explain", "--source", "gcp", "message.json", cwd=tmp_path)

    assert code == 0
    assert "Not decoded" in out


async def test_explain_of_an_unknown_source_names_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "message.json").write_text("{}")

    code, _, err = await run("explain", "--source", "nagios", "message.json", cwd=tmp_path)

    assert code == 2
    assert "there are: alertmanager, aws, azure, " in err


async def test_explain_of_a_handshake_says_what_is_asked_for(tmp_path: Path) -> None:
    """It would be answered, and nothing delivered."""
    (tmp_path / "message.json").write_text('{"ConfirmationURL": "https://example.com/confirmation?token=s3cret"}')

    code, out, _ = await run("explain", "--source", "oracle", "message.json", cwd=tmp_path)

    assert code == 0
    assert out.startswith("A handshake: OCI Notifications subscription")
    assert "s3cret" not in out


async def test_a_sample_is_sent_and_resolved(start: Start, sink: Sink, tmp_path: Path) -> None:
    bridge = await start()
    url, environment = bridge.url("/"), {"SAMPLE_TOKEN": TOKEN}

    fired = await run("send-sample", "azure", "--url", url, cwd=tmp_path, environment=environment)
    resolved = await run(
        "send-sample", "azure", "--url", url, "--state", "resolved", cwd=tmp_path, environment=environment
    )

    assert fired[0] == resolved[0] == 0
    assert "202" in fired[1]
    await wait_until(lambda: len(sink.alerts) == 2, "both are delivered")
    assert [alert["action"] for alert in sink.alerts] == ["trigger", "resolve"]


async def test_a_refused_sample_is_a_failure(start: Start, tmp_path: Path) -> None:
    bridge = await start(worker=False)

    code, out, _ = await run("send-sample", "aws", "--url", bridge.url("/"), cwd=tmp_path)

    assert code == 1
    assert "401" in out


async def test_a_bridge_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    code, _, err = await run("send-sample", "aws", "--url", "http://127.0.0.1:1", cwd=tmp_path)

    assert code == 69
    assert "is the bridge running?" in err
    assert "Traceback" not in err


async def test_a_first_setup_makes_secrets_of_its_own_and_a_second_changes_nothing(tmp_path: Path) -> None:
    await run("setup", "--config-dir", "one", cwd=tmp_path)
    await run("setup", "--config-dir", "two", cwd=tmp_path)
    before = (tmp_path / "one" / "bridge.yaml").read_text()
    again = await run("setup", "--config-dir", "one", cwd=tmp_path)

    one, two = (sorted((tmp_path / name / "secrets").iterdir()) for name in ("one", "two"))
    assert [path.name for path in one] == [path.name for path in two]
    assert not {path.read_text() for path in one} & {path.read_text() for path in two}
    assert all(path.stat().st_mode & 0o077 == 0 for path in one)
    assert (tmp_path / "one" / "bridge.yaml").read_text() == before
    assert "nothing is changed" in again[1]


@pytest.mark.slow
async def test_the_demo_shows_everything_working(tmp_path: Path) -> None:
    code, out, err = await run("demo", cwd=tmp_path, within=90)

    assert code == 0, err
    assert out.count(" ok ") == 7
    assert "401, nothing stored" in out
    assert "stopped cleanly" in out
