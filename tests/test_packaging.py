"""What ships the bridge, as far as it can be checked without a Docker engine: parsed and linted, never built here."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bridge.cli.health import Part
from bridge.pinghome import demo
from bridge.settings.model import DEV_TOKEN

ROOT: Final = Path(__file__).parents[1]
SERVICES: Final = {"setup", "valkey", "ingress", "worker", "local-pinghome"}
LASTING: Final = sorted(SERVICES - {"setup"})
PUBLISHED: Final = {"ingress": ["8080:8080", "127.0.0.1:8081:8081"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction of a Dockerfile: its word in capitals, its flags, and the rest on one line."""

    word: str
    flags: tuple[str, ...]
    rest: str


def parse_dockerfile(text: str) -> list[Instruction]:
    """As the Dockerfile reference has it, as far as ours goes: comments, continued lines, flags, exec forms."""
    instructions: list[Instruction] = []
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for joined in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        word, _, rest = joined.strip().partition(" ")
        assert re.fullmatch("[A-Z]+", word), f"no instruction: {joined!r}"
        parts = rest.split()
        flags = (
            tuple(part for part in parts if part.startswith("--")) if word in {"COPY", "HEALTHCHECK", "FROM"} else ()
        )
        if rest.lstrip().startswith("["):
            json.loads(rest)
        instructions.append(Instruction(word=word, flags=flags, rest=" ".join(rest.split())))
    return instructions


def stages(instructions: list[Instruction]) -> list[list[Instruction]]:
    """The instructions of each stage; each begins with its FROM."""
    found: list[list[Instruction]] = []
    for instruction in instructions:
        if instruction.word == "FROM":
            found.append([])
        assert found or instruction.word == "ARG", "an instruction stands before the first FROM"
        if found:
            found[-1].append(instruction)
    return found


def the(word: str, stage: list[Instruction]) -> Instruction:
    """The last instruction of that word, the one that counts."""
    return next(one for one in reversed(stage) if one.word == word)


@pytest.fixture(scope="module")
def image() -> list[list[Instruction]]:
    return stages(parse_dockerfile((ROOT / "Dockerfile").read_text()))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def test_the_image_is_built_in_stages_on_pinned_slim_bases(image: list[list[Instruction]]) -> None:
    assert len(image) >= 2
    for stage in image:
        base = stage[0].rest.split()[0]
        assert re.fullmatch(r"python:3\.\d+-slim(-[a-z]+)?", base), base


def test_the_image_runs_without_root_and_stops_by_sigterm(image: list[list[Instruction]]) -> None:
    final = image[-1]
    uid = the("USER", final).rest.partition(":")[0]
    assert int(uid) >= 10000
    assert [one.word for one in final].index("USER") > max(n for n, one in enumerate(final) if one.word == "RUN")
    assert the("STOPSIGNAL", final).rest == "SIGTERM"
    assert json.loads(the("ENTRYPOINT", final).rest) == ["pinghome-bridge"]


def test_the_image_says_when_it_is_well(image: list[list[Instruction]]) -> None:
    check = the("HEALTHCHECK", image[-1])
    command = json.loads(check.rest.partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
    assert {flag.partition("=")[0] for flag in check.flags} >= {"--interval", "--timeout", "--retries"}


def test_the_image_installs_nothing_without_its_hash(image: list[list[Instruction]]) -> None:
    installs = [
        command
        for stage in image
        for one in stage
        if one.word == "RUN"
        for command in one.rest.split("&&")
        if "pip install" in command
    ]
    assert installs
    for command in installs:
        words = shlex.split(command)
        assert "--require-hashes" in words or {"--no-deps", "--no-index"} <= set(words), command


def test_what_the_image_copies_is_there_and_is_let_through(image: list[list[Instruction]]) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for one in (one for stage in image for one in stage if one.word == "COPY" and not one.flags):
        for path in one.rest.split()[:-1]:
            assert (ROOT / path).exists(), path
            assert f"!{path}" in ignored, path


def test_compose_has_the_services_and_nothing_else(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == SERVICES


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_shut_in(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert any(str(mount).startswith("/tmp") for mount in service["tmpfs"])  # noqa: S108 - inside the container
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & service.keys()
    assert service.get("network_mode", "none") == "none"
    tag = service["image"].partition(":")[2]
    assert re.match(r"\d+\.\d+", tag), "an image is pinned to a minor version at least"


@pytest.mark.parametrize("name", LASTING)
def test_every_lasting_service_is_watched_and_started_again(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    command = service["healthcheck"]["test"][1:]
    if command[:2] == ["python", "-c"]:
        compile(command[2], name, "exec")
    elif command[0] == "pinghome-bridge":
        assert command[1] == "healthcheck"
        assert command[2] in set(Part)


def test_secrets_are_made_before_anything_reads_them(compose: dict[str, Any]) -> None:
    for name in ("ingress", "worker", "local-pinghome"):
        service = compose["services"][name]
        assert service["depends_on"]["setup"] == {"condition": "service_completed_successfully"}
        assert "config:/config:ro" in service["volumes"]


def test_only_the_ingress_is_published_and_the_admin_api_to_this_machine(compose: dict[str, Any]) -> None:
    assert {name: one["ports"] for name, one in compose["services"].items() if "ports" in one} == PUBLISHED


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_networks_and_volumes_are_declared(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert set(service.get("networks", ())) <= compose["networks"].keys()
    for volume in service.get("volumes", ()):
        source = volume.partition(":")[0]
        assert source in compose["volumes"] or (ROOT / source).is_file(), volume


@pytest.mark.parametrize("file", ["docker-compose.yml", "Dockerfile", "config/valkey.conf"])
def test_nothing_that_ships_holds_a_development_credential(file: str) -> None:
    text = (ROOT / file).read_text()
    for published in (DEV_TOKEN, demo.DEMO_PASSWORD, demo.DEMO_EMAIL, demo.DEMO_WEBHOOK_ID, demo.DEMO_HEARTBEAT_ID):
        assert published not in text
    assert "--insecure-dev" not in text


def test_the_store_keeps_what_it_took() -> None:
    lines = [line.split(maxsplit=1) for line in (ROOT / "config/valkey.conf").read_text().splitlines()]
    settings = {line[0]: line[1] for line in lines if len(line) == 2 and not line[0].startswith("#")}
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"


@pytest.mark.parametrize("file", ["run.txt", "build.txt", "dev.txt"])
def test_requirements_are_pinned_and_hashed_and_name_no_place(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text()
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ ", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
