"""`secrets`: new ones, and a change in which both are good for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.settings import load
from bridge.settings.values import revealed
from bridge.settings.verify import TokenVerify
from tests.support.processes import run

KEY = "sources.aws.verify.token"


@pytest.fixture
async def configured(tmp_path: Path) -> Path:
    """A folder with a configuration of one's own."""
    code, _, err = await run("setup", "--config-dir", ".", cwd=tmp_path)
    assert code == 0, err
    return tmp_path


def tokens(folder: Path) -> list[str]:
    verify = load(folder / "bridge.yaml").sources["aws"].verify
    assert isinstance(verify, TokenVerify)
    return revealed(verify.token)


async def test_a_new_one_is_printed_or_written_and_never_overwrites(tmp_path: Path) -> None:
    code, out, _ = await run("secrets", "new", cwd=tmp_path)
    assert (code, len(out.strip())) == (0, 43)
    code, _, _ = await run("secrets", "new", "--file", "token", cwd=tmp_path)
    written = (tmp_path / "token").read_text()
    assert (code, len(written.strip()), (tmp_path / "token").stat().st_mode & 0o777) == (0, 43, 0o600)
    code, _, err = await run("secrets", "new", "--file", "token", cwd=tmp_path)
    assert (code, err) == (1, "pinghome-bridge: token is there already; nothing is changed\n")
    assert (tmp_path / "token").read_text() == written


async def test_two_are_good_from_rotation_to_retirement(configured: Path) -> None:
    (old,) = tokens(configured)
    code, out, err = await run("secrets", "rotate", KEY, "--config", "bridge.yaml", cwd=configured)
    assert (code, err) == (0, "")
    assert old not in out
    new, still = tokens(configured)
    assert (still, new != old) == (old, True)

    code, _, err = await run("secrets", "rotate", KEY, "--config", "bridge.yaml", cwd=configured)
    assert (code, tokens(configured)) == (1, [new, old])
    assert "holds two secrets already" in err

    code, _, _ = await run("secrets", "retire", KEY, "--config", "bridge.yaml", cwd=configured)
    assert (code, tokens(configured)) == (0, [new])
    code, _, err = await run("secrets", "retire", KEY, "--config", "bridge.yaml", cwd=configured)
    assert code == 1
    assert "there is no old one" in err


async def test_a_secret_in_the_configuration_itself_is_left_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "bridge.yaml").write_text(
        "sources: {aws: {kind: aws, verify: {method: token, token: inline-secret}}}\n"
        "routes: [{name: all, to: [{webhook: w}]}]\n"
    )
    code, out, _ = await run("secrets", "rotate", KEY, "--config", "bridge.yaml", cwd=tmp_path)
    assert code == 0
    assert "token: [" in out
    assert "inline-secret" not in out


@pytest.mark.parametrize("key", ["sources.aws.kind", "pinghome.password", "nonsense"])
async def test_what_cannot_be_rotated_is_told_with_what_can(configured: Path, key: str) -> None:
    code, _, err = await run("secrets", "rotate", key, "--config", "bridge.yaml", cwd=configured)
    assert code == 2
    assert "admin.token, heartbeats.example-job.token, sources.aws.verify.token" in err
