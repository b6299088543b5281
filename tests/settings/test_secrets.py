"""No secret is ever shown, and development credentials stay on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.domain.errors import ConfigError
from bridge.settings import Settings, load
from bridge.settings.start import check_start

MARK = "mark3r"
PUBLIC = "0.0.0.0"  # noqa: S104 - what is to be refused


def full() -> dict[str, Any]:
    """A good configuration with a marked secret in every place that may hold one."""
    return {
        "admin": {"token": [f"{MARK}-admin", f"{MARK}-admin-old"]},
        "redis": {"url": f"redis://:{MARK}-redis@127.0.0.1/0"},
        "pinghome": {"email": "a@example.com", "password": f"{MARK}-pinghome"},
        "sources": {
            "one": {"kind": "aws", "verify": {"method": "token", "token": f"{MARK}-one"}},
            "two": {"kind": "gcp", "verify": {"method": "basic", "user": "u", "password": [f"{MARK}-two"]}},
        },
        "routes": [{"name": "all", "to": [{"webhook": f"{MARK}-webhook"}, {"webhook": f"{MARK}-other"}]}],
        "heartbeats": {"job": {"id": f"{MARK}-monitor", "token": f"{MARK}-job"}},
    }


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, one in items for inner in leaves(one, (*path, key)))]


PATHS = [path for path in leaves(full()) if path]
WRONG: list[Any] = [None, 7, "", "x", [], {}, [MARK, MARK, MARK], {MARK: MARK}, f"{MARK}-moved", ["a", {"b": MARK}]]
OPEN = {"method", "kind", "email", "user", "name"}
"""Keys whose values are no secrets and are shown."""

NAMES = ["tokne", "unknown", "token_file", "url"]


def spoilt(path: tuple[Any, ...], wrong: Any, name: str | None) -> dict[str, Any]:
    """The configuration with one place replaced, or moved under a wrong name."""
    document = full()
    where: Any = document
    for step in path[:-1]:
        where = where[step]
    if name is not None and isinstance(where, dict):
        where[name] = where.pop(path[-1])
    else:
        where[path[-1]] = wrong
    return document


def marked_keys(document: Any) -> bool:
    """Is a marked text used as a key? A key is no secret, its name is shown."""
    if isinstance(document, dict):
        return any(MARK in str(key) or marked_keys(inner) for key, inner in document.items())
    return isinstance(document, list) and any(map(marked_keys, document))


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(path=st.sampled_from(PATHS), wrong=st.sampled_from(WRONG), name=st.none() | st.sampled_from(NAMES))
def test_no_error_shows_a_secret(tmp_path: Path, path: tuple[Any, ...], wrong: Any, name: str | None) -> None:
    """Whatever is wrong, and wherever."""
    document = spoilt(path, wrong, name)
    if marked_keys(document) or path[-1] in OPEN:
        return
    file = tmp_path / "bridge.yaml"
    file.write_text(yaml.safe_dump(document))

    try:
        shown = json.dumps(load(file, {}).model_dump(mode="json"))
    except ConfigError as error:
        shown = str(error) + repr(error) + repr(error.__cause__)

    assert MARK not in shown


def test_what_the_admin_api_shows_is_masked() -> None:
    """Every secret, and nothing but secrets."""
    settings = Settings.model_validate(full())
    dumped = settings.model_dump(mode="json")

    assert MARK not in json.dumps(dumped)
    assert MARK not in repr(settings) + str(settings)
    assert dumped["pinghome"]["email"] == "a@example.com"
    assert dumped["routes"][0]["to"] == [{"webhook": "**********"}, {"webhook": "**********"}]


def test_the_models_own_error_shows_no_secret() -> None:
    """Whoever prints it."""
    with pytest.raises(ValueError, match=r"admin\.token") as raised:
        Settings.model_validate({**full(), "admin": {"token": [MARK, MARK, MARK]}})

    assert MARK not in str(raised.value)


def test_a_variable_that_is_missing_shows_no_other(tmp_path: Path) -> None:
    """Only its own name."""
    file = tmp_path / "bridge.yaml"
    file.write_text(yaml.safe_dump({"redis": {"url": "redis://${A}${B}"}}))

    with pytest.raises(ConfigError) as raised:
        load(file, {"A": MARK})

    assert MARK not in str(raised.value)


@pytest.mark.parametrize("written", [f"*{MARK}", f"!{MARK} x"])
def test_a_secret_that_yaml_takes_for_an_alias_or_a_tag_is_not_shown(tmp_path: Path, written: str) -> None:
    """A password that begins with a star and was not quoted."""
    file = tmp_path / "bridge.yaml"
    file.write_text(f"pinghome: {{password: {written}}}\n")

    with pytest.raises(ConfigError) as raised:
        load(file, {})

    assert MARK not in str(raised.value)


def test_a_secret_under_the_wrong_key_of_a_proof_is_not_shown(tmp_path: Path) -> None:
    """`method: the token`, the shorthand that somebody will try."""
    document = full()
    document["sources"]["one"]["verify"] = {"method": f"{MARK}-one"}
    file = tmp_path / "bridge.yaml"
    file.write_text(yaml.safe_dump(document))

    with pytest.raises(ConfigError) as raised:
        load(file, {})

    assert MARK not in str(raised.value)


def with_dev_token(**changes: Any) -> Settings:
    """A bridge with the development token on its one source."""
    document: dict[str, Any] = {
        "sources": {"aws": {"kind": "aws", "verify": {"method": "token", "token": "dev-token"}}},
        "routes": [{"name": "all", "to": [{"webhook": "c03b02ec-244f-4d2c-8f68-3910071ed5c8"}]}],
    }
    return Settings.model_validate(document | changes)


def refusals(settings: Settings, *, insecure_dev: bool = False) -> set[str]:
    """The keys that forbid a start."""
    try:
        check_start(settings, insecure_dev=insecure_dev)
    except ConfigError as error:
        return {fault.key for fault in error.faults}
    return set()


def test_development_credentials_work_on_loopback() -> None:
    """That is what they are for."""
    assert refusals(with_dev_token()) == set()


ADMIN = {"token": "a real one"}


@pytest.mark.parametrize(
    "listener",
    [{"ingress": {"host": PUBLIC}}, {"admin": {"host": "::", **ADMIN}}, {"pinghome": {"host": "10.0.0.1"}}],
    ids=["ingress", "admin", "pinghome"],
)
def test_development_credentials_are_refused_on_a_public_listener(listener: dict[str, Any]) -> None:
    """Whichever it is, unless it is said in so many words."""
    settings = with_dev_token(**listener)

    assert refusals(settings) == {"sources.aws.verify.token"}
    assert refusals(settings, insecure_dev=True) == set()


def test_the_second_token_of_a_rotation_counts_too() -> None:
    """It lives as well."""
    tokens = {"aws": {"kind": "aws", "verify": {"method": "token", "token": ["real", "dev-token"]}}}

    assert refusals(with_dev_token(sources=tokens, ingress={"host": PUBLIC})) == {"sources.aws.verify.token"}


def test_the_admin_token_counts_too() -> None:
    """Whichever listener is public."""
    settings = with_dev_token(sources={}, admin={"token": "dev-token"}, ingress={"host": PUBLIC})

    assert refusals(settings) == {"admin.token"}


def test_real_credentials_may_be_public() -> None:
    """Nothing to refuse."""
    real = {"aws": {"kind": "aws", "verify": {"method": "token", "token": "real"}}}

    assert refusals(with_dev_token(sources=real, ingress={"host": PUBLIC})) == set()


def test_no_proof_at_all_is_refused_even_on_loopback() -> None:
    """Unless it is said in so many words."""
    settings = with_dev_token(sources={"open": {"kind": "aws", "verify": {"method": "none"}}})

    assert refusals(settings) == {"sources.open.verify.method"}
    assert refusals(settings, insecure_dev=True) == set()


@pytest.mark.parametrize("insecure_dev", [False, True])
def test_a_public_admin_api_needs_a_token(*, insecure_dev: bool) -> None:
    """Whatever else is allowed."""
    settings = with_dev_token(sources={}, admin={"host": PUBLIC})

    assert "admin.token" in refusals(settings, insecure_dev=insecure_dev)


def test_the_default_is_refused_in_public() -> None:
    """With every key that must change."""
    settings = load_default(host=PUBLIC)

    assert {"admin.token", "sources.aws.verify.token", "sources.gcp.verify.token"} <= refusals(settings)


def load_default(*, host: str) -> Settings:
    """The built-in default, with its ingress there."""
    from bridge.settings.defaults import development  # noqa: PLC0415 - the one test that looks into it

    return Settings.model_validate({**development(), "ingress": {"host": host}})


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": {}, "heartbeats": {"job": {"id": "monitor", "token": "dev-token"}}},
        {"sources": {"a": {"kind": "aws", "verify": {"method": "basic", "user": "u", "password": "dev-token"}}}},
    ],
    ids=["heartbeat", "basic"],
)
def test_the_development_token_is_found_wherever_it_is(changes: dict[str, Any]) -> None:
    """It opens a heartbeat and a basic source just as well."""
    assert refusals(with_dev_token(ingress={"host": PUBLIC}, **changes))
