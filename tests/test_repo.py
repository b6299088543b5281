"""What reviewers forget: that files, lists and documents still say the same."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel
from typer.main import get_command

from bridge.cli.main import app
from bridge.domain import errors
from bridge.domain.delivery import Delivery, DeliveryId
from bridge.domain.request import AuthMethod, Principal
from bridge.pinghome import demo
from bridge.pinghome.reference import markdown
from bridge.settings import Settings, load
from bridge.settings.schema import schema
from bridge.sources import SOURCES
from bridge.store.keys import Keys
from bridge.wiring import planner

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PYTHON = sorted((*(ROOT / "bridge").rglob("*.py"), *(ROOT / "workers").rglob("*.py")))
GOLDENS = sorted(path for path in (ROOT / "tests" / "sources").glob("*/*.json") if ".expected" not in path.name)


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_a_source_has_its_four_places(kind: str) -> None:
    assert (ROOT / "bridge" / "sources" / f"{kind.replace('-', '')}.py").is_file()
    assert list((ROOT / "tests" / "sources" / kind).glob("*.expected.json"))
    assert (DOCS / "sources" / f"{kind}.md").is_file()


def test_the_example_configuration_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every `${VAR}` set and every secret's file there, it loads; and it shows every key that there is."""
    text = read("config", "bridge.example.yaml")
    for name in re.findall(r"(\S+_file): (\S+)", text):
        path = tmp_path / name[1].strip("\"'}").lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a-secret-from-a-file")
        text = text.replace(name[1].strip("\"'}"), str(path))
    file = tmp_path / "bridge.yaml"
    file.write_text(text)

    environment = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "redis://a-secret")
    load(file, environment | {"WEBHOOK_SECRET": f"whsec_{'A' * 32}"})

    missing = [key for key in settings_keys() if not re.search(rf"\b{key}(_file)?:", text)]
    assert missing == []


def settings_keys() -> set[str]:
    """The last parts of all key paths."""
    return set(_keys(Settings, set()))


def _keys(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    seen.add(model)
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in _models(field.annotation):
            if part not in seen:
                yield from _keys(part, seen)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)
    for argument in getattr(getattr(annotation, "__value__", None), "__args__", ()):
        yield from _models(argument)


def test_every_setting_is_documented() -> None:
    text = read("docs", "reference", "settings.md")

    assert [key for key in sorted(settings_keys()) if not re.search(rf"\b{key}\b", text)] == []


def test_the_schema_for_editors_is_fresh() -> None:
    """`make schema` writes it."""
    assert json.loads(read("config", "schema", "bridge.json")) == schema()


def test_the_reference_of_the_api_is_fresh() -> None:
    """`make reference` writes it."""
    assert read("docs", "reference", "pinghome-api.md") == markdown()


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_delivered_follows_the_published_schema(path: Path) -> None:
    """`bridge.alert/v1`, for every fixture of every source."""
    schema = json.loads(read("config", "schema", "alert.v1.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    delivery = Delivery(
        id=DeliveryId("01a20165-1f87-7926-be86-4d59180607f0"),
        source=path.parent.name,
        received_at=datetime(2026, 11, 22, tzinfo=UTC),
        principal=Principal(method=AuthMethod.TOKEN, name="token"),
        event_id=None,
        headers={},
        body=path.read_bytes(),
    )

    plan = planner(load(environment={})).plan(delivery)

    assert plan.sends
    for send in plan.sends:
        jsonschema.validate(json.loads(send.body), schema, format_checker=jsonschema.FormatChecker())


def test_every_command_is_documented() -> None:
    text = read("docs", "reference", "cli.md")
    commands = get_command(app).commands  # type: ignore[attr-defined]

    assert [name for name in sorted(commands) if f"`{name}" not in text and f"pinghome-bridge {name}" not in text] == []


def test_every_error_code_is_documented() -> None:
    """What each means, and what to do."""
    text = read("docs", "reference", "errors.md")
    codes = {error.code for error in _subclasses(errors.Rejected)}
    codes |= set(re.findall(r'code="(\w+)"', "".join(path.read_text() for path in PYTHON)))
    codes |= set(re.findall(r'error_response\(\s*\d+, "(\w+)"', "".join(path.read_text() for path in PYTHON)))

    assert [code for code in sorted(codes) if f"`{code}`" not in text] == []


def _subclasses(error: type[errors.Rejected]) -> Iterator[type[errors.Rejected]]:
    for one in error.__subclasses__():
        yield one
        yield from _subclasses(one)


def test_every_log_event_is_documented() -> None:
    text = read("docs", "reference", "logs.md")
    events = {name for path in PYTHON for name in _log_events(path)}

    assert [name for name in sorted(events) if f"`{name}`" not in text] == []


def _log_events(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
            and node.func.attr in ("debug", "info", "warning", "error", "exception")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def test_every_key_in_redis_is_documented() -> None:
    text = read("docs", "reference", "redis-keys.md")
    found = re.findall(r'self\.key\(f?"([a-z:]+)', inspect.getsource(Keys))

    assert len(found) > 10
    assert [key for key in found if f"`{key}" not in text] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    links = [
        (path, target)
        for path in (*DOCS.rglob("*.md"), *ROOT.glob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
        if "://" not in target
    ]

    assert links
    assert [f"{path.relative_to(ROOT)} -> {to}" for path, to in links if not (path.parent / to).exists()] == []


def test_every_promise_names_tests_that_exist() -> None:
    text = read("docs", "explanation", "delivery-guarantees.md")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)

    assert len(named) > 15
    assert [f"{path}::{name}" for path, name in named if f"def {name}(" not in read(path)] == []


def test_no_file_grew_too_long() -> None:
    """300 lines is where one asks whether a file does one thing."""
    long = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in PYTHON}

    assert {name: lines for name, lines in long.items() if lines > 300} == {}


def test_no_file_names_what_it_must_not() -> None:
    """Package registries' hosts, and paths of a developer's machine."""
    forbidden = re.compile(
        "|".join(
            (
                "pypi" + r"\.org",
                "python" + "hosted",
                "npm" + r"js\.(?:org|com)",
                "deb" + r"\.debian\.org",
                "/ro" + "ot/",
            )
        )
    )
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    guilty = [
        name
        for name in listed.stdout.decode().splitlines()
        if (ROOT / name).is_file() and forbidden.search((ROOT / name).read_text(errors="replace"))
    ]
    assert guilty == []


def test_published_credentials_stand_where_they_belong() -> None:
    """In the development default and nowhere else in the code."""
    holders = {
        path.name for path in PYTHON if demo.DEMO_PASSWORD in path.read_text() or "dev-token" in path.read_text()
    }

    assert holders == {"demo.py", "model.py"}
