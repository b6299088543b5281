"""From a file and the environment to settings, or to every fault at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.domain.destination import target_of
from bridge.domain.errors import ConfigError
from bridge.settings import load
from bridge.settings.values import is_loopback

ROUTE = {"name": "all", "to": [{"webhook": "c03b02ec-244f-4d2c-8f68-3910071ed5c8"}]}
SNS = {"method": "sns", "topic_arns": ["arn:aws:sns:eu-west-1:000000000000:alarms"]}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file: text as it is, or top-level keys beside one route."""

    def writer(text: str | None = None, /, **keys: Any) -> Path:
        file = tmp_path / "bridge.yaml"
        file.write_text(yaml.safe_dump({"routes": [ROUTE], **keys}) if text is None else text, encoding="utf-8")
        return file

    return writer


def faults(file: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The faults of a configuration that has some: key path and reason."""
    with pytest.raises(ConfigError) as raised:
        load(file, environment or {})
    assert str(raised.value).count("\n") == len(raised.value.faults) - 1, "a line each"
    return {fault.key: fault.reason for fault in raised.value.faults}


def source(**changes: Any) -> dict[str, Any]:
    """A source of AWS with a token."""
    return {"kind": "aws", "verify": {"method": "token", "token": "t"}} | changes


def test_nothing_at_all_is_the_development_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, no environment: every kind of source, on loopback."""
    monkeypatch.chdir(tmp_path)

    settings = load(None, {})

    assert {"aws", "gcp", "azure"} <= settings.sources.keys()
    assert settings.heartbeats["demo-job"].open
    assert settings.public_listeners() == []
    assert settings.development_credentials()


def test_the_file_is_looked_for_in_its_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """`config/bridge.yaml` of the working folder."""
    (tmp_path / "config").mkdir()
    write(redis={"prefix": "usual"}).rename(tmp_path / "config" / "bridge.yaml")
    monkeypatch.chdir(tmp_path)

    assert load(None, {}).redis.prefix == "usual"


def test_the_file_may_be_named_by_the_environment(write: Write) -> None:
    """And the variable is no setting itself."""
    file = write(redis={"prefix": "named"})

    assert load(None, {"PINGHOME_BRIDGE_CONFIG": str(file)}).redis.prefix == "named"


def test_a_file_stands_alone(write: Write) -> None:
    """None of the development default is mixed in."""
    settings = load(write(), {})

    assert settings.sources == {}
    assert settings.heartbeats == {}
    assert settings.admin.token is None
    assert settings.development_credentials() == []


def test_every_fault_is_found_at_once(write: Write) -> None:
    """Eight different ones, a line each, with the path of the key."""
    file = write(
        ingress={"prot": 8080},
        admin={"port": 70000},
        redis={"url": "http://example.com"},
        sources={"aws": source(kind="awz"), "sns": source(verify={"method": "sns", "topic_arns": []})},
        routes=[ROUTE, {**ROUTE, "name": "b", "when": [{"key": "a[", "operator": "exists"}]}],
        heartbeats={"job": {"id": "monitor-1"}},
        delivery={"timeout": "soon"},
    )

    found = faults(file)

    assert {key: word for key, word in found.items() if not key.startswith("routes")}.keys() == {
        "ingress.prot",
        "admin.port",
        "redis.url",
        "sources.aws.kind",
        "sources.sns.verify.sns.topic_arns",
        "heartbeats.job",
        "delivery.timeout",
    }
    assert "JMESPath" in found["routes[1].when[0]"]
    assert "500ms, 15s" in found["delivery.timeout"]
    assert len(found) == 8


def test_a_fault_names_the_file(write: Write) -> None:
    """Where it was said."""
    file = write(ingress={"prot": 1})

    with pytest.raises(ConfigError) as raised:
        load(file, {})

    assert str(raised.value).startswith(f"{file}: ingress.prot: ")


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"sourcse": {}}, "sourcse"),
        ({"ingress": {"hots": "x"}}, "ingress.hots"),
        ({"sources": {"a": source(tokne="x")}}, "sources.a.tokne"),
        ({"sources": {"a": source(verify={"method": "token", "token": "t", "x": 1})}}, "sources.a.verify.token.x"),
        ({"heartbeats": {"a": {"id": "i", "open": True, "x": 1}}}, "heartbeats.a.x"),
        ({"routes": [{**ROUTE, "wehn": []}]}, "routes[0].wehn"),
    ],
)
def test_an_unknown_key_is_refused(write: Write, keys: dict[str, Any], path: str) -> None:
    """A misspelt one would be ignored in silence."""
    assert path in faults(write(**keys))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("redis: {}\nadmin: {}\nredis: {}\n", ("line 3", "'redis'", "twice")),
        ("redis:\n  prefix: a\n  prefix: b\n", ("line 3", "'prefix'", "twice")),
        ("redis: [\n", ("line", "YAML")),
        ("- a\n- b\n", ("mapping",)),
        ("just words", ("mapping",)),
    ],
)
def test_a_file_that_is_no_configuration_says_where(write: Write, text: str, words: tuple[str, ...]) -> None:
    """With the line, where there is one."""
    (reason,) = (reason for key, reason in faults(write(text)).items() if not key)

    assert all(word in reason for word in words)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """No traceback."""
    assert "No such file" in faults(tmp_path / "absent.yaml")[""]
    assert "directory" in faults(tmp_path)[""]


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    """UTF-8 is asked for."""
    file = tmp_path / "bridge.yaml"
    file.write_bytes(b"redis: \xff\xfe")

    assert "UTF-8" in faults(file)[""]


def test_an_empty_file_has_no_route(write: Write) -> None:
    """Nothing could ever get out."""
    assert "routes" in faults(write(""))


def test_variables_are_put_in(write: Write) -> None:
    """Anywhere in a value, several in one."""
    file = write(redis={"url": "redis://:${PASSWORD}@${HOST}/0"})

    assert load(file, {"PASSWORD": "p", "HOST": "h"}).redis.address() == "redis://:p@h/0"


def test_a_missing_variable_names_itself_and_its_key(write: Write) -> None:
    """Every one of them."""
    found = faults(write(redis={"url": "${URL}"}, admin={"token": ["${ONE}", "x"]}))

    assert found == {
        "redis.url": "the environment has no variable URL",
        "admin.token[0]": "the environment has no variable ONE",
    }


def test_what_a_variable_holds_is_not_read_again(write: Write) -> None:
    """A password may contain a dollar sign."""
    settings = load(write(redis={"url": "redis://${A}"}), {"A": "${B}", "B": "wrong"})

    assert settings.redis.address() == "redis://${B}"


def test_a_secret_may_lie_in_a_file(tmp_path: Path, write: Write) -> None:
    """Its last newline is not part of it."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    file = write(
        admin={"token_file": str(secret)},
        pinghome={"email": "a@example.com", "password_file": str(secret)},
        heartbeats={"job": {"id_file": str(secret), "open": True}},
        routes=[{"name": "all", "to": [{"webhook_file": str(secret)}]}],
        sources={"a": source(verify={"method": "basic", "user": "u", "password_file": str(secret)})},
    )

    settings = load(file, {})

    assert settings.admin.token is not None
    assert settings.admin.token[0].get_secret_value() == "s3cret"
    assert settings.heartbeats["job"].id.get_secret_value() == "s3cret"
    assert [target_of(one).id for one in settings.routes[0].route().to] == ["s3cret"]


def test_a_secret_and_its_file_are_not_given_both(tmp_path: Path, write: Write) -> None:
    """Which one would count?"""
    secret = tmp_path / "secret"
    secret.write_text("s3cret")

    assert faults(write(admin={"token": "t", "token_file": str(secret)})) == {"admin.token_file": "token is given too"}


def test_a_secret_file_that_cannot_be_read_says_why(tmp_path: Path, write: Write) -> None:
    """With the key, and what is wrong with the file."""
    assert "No such file" in faults(write(admin={"token_file": str(tmp_path / "absent")}))["admin.token_file"]

    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    assert "UTF-8" in faults(write(admin={"token_file": str(binary)}))["admin.token_file"]


def test_the_environment_comes_on_top_of_the_file(write: Write) -> None:
    """Scalars by their path."""
    file = write(redis={"prefix": "file"}, ingress={"host": "127.0.0.1"})

    settings = load(
        file,
        {
            "PINGHOME_BRIDGE_REDIS__PREFIX": "environment",
            "PINGHOME_BRIDGE_REDIS__URL": "redis://h",
            "PINGHOME_BRIDGE_INGRESS__PORT": "9000",
            "PINGHOME_BRIDGE_PINGHOME__STRICT": "true",
            "PINGHOME_BRIDGE_DELIVERY__TIMEOUT": "5s",
        },
    )

    assert (settings.redis.prefix, settings.redis.address()) == ("environment", "redis://h")
    assert (settings.ingress.host, settings.ingress.port) == ("127.0.0.1", 9000)
    assert settings.pinghome.strict
    assert settings.delivery.timeout == timedelta(seconds=5)


@pytest.mark.parametrize("name", ["aws-prod", "aws_prod", "awsprod"])
def test_a_hyphen_of_a_name_is_an_underscore_in_the_environment(write: Write, name: str) -> None:
    """A variable cannot hold a hyphen."""
    variable = f"PINGHOME_BRIDGE_SOURCES__{name.upper().replace('-', '_')}__VERIFY__TOKEN"

    settings = load(write(sources={name: source()}), {variable: "new"})

    assert settings.sources.keys() == {name}
    assert settings.sources[name].verify.token[0].get_secret_value() == "new"  # type: ignore[union-attr]


def test_a_top_level_key_may_be_given_whole(write: Write) -> None:
    """As JSON; it replaces the file's."""
    file = write(sources={"old": source()})

    settings = load(file, {"PINGHOME_BRIDGE_SOURCES": json.dumps({"new": source()})})

    assert settings.sources.keys() == {"new"}


def test_a_whole_key_that_is_no_json_names_the_variable(write: Write) -> None:
    """And not its value."""
    assert faults(write(), {"PINGHOME_BRIDGE_SOURCES": "s3cret"}) == {"PINGHOME_BRIDGE_SOURCES": "must be JSON"}


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("PINGHOME_BRIDGE_REDSI__URL", "redsi"),
        ("PINGHOME_BRIDGE_REDIS__ULR", "redis.ulr"),
        ("PINGHOME_BRIDGE_REDIS__URL__X", "PINGHOME_BRIDGE_REDIS__URL__X"),
        ("PINGHOME_BRIDGE_ROUTES__0__NAME", "PINGHOME_BRIDGE_ROUTES__0__NAME"),
    ],
)
def test_an_unknown_variable_is_refused(write: Write, variable: str, path: str) -> None:
    """As an unknown key is."""
    assert path in faults(write(redis={"url": "redis://h"}), {variable: "1"})


@pytest.mark.parametrize("count", [1, 2])
def test_two_secrets_may_live_at_once(write: Write, count: int) -> None:
    """While the first is rotated out."""
    settings = load(write(admin={"token": ["one", "two"][:count]}), {})

    assert settings.admin.token is not None
    assert len(settings.admin.token) == count


@pytest.mark.parametrize("tokens", [[], ["one", "two", "three"]])
def test_no_secret_and_three_are_refused(write: Write, tokens: list[str]) -> None:
    """A rotation has two sides."""
    assert "admin.token" in faults(write(admin={"token": tokens}))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("15s", 15), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1.5s", 1.5)],
)
def test_a_duration(write: Write, text: str, seconds: float) -> None:
    """A number and a unit."""
    settings = load(write(retention={"delivered": text}), {})

    assert settings.retention.delivered == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", [15, 1.5, "15", "soon", "5 minutes", "-1s", "0s", "", "1h30m", "1w", "PT1S", "inf", "nans"]
)
def test_what_is_no_duration(write: Write, text: str | float) -> None:
    """Nor anything that is not positive."""
    assert "retention.delivered" in faults(write(retention={"delivered": text}))


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1), ("500KiB", 512_000), ("2MiB", 2 << 20), ("1GiB", 1 << 30), (10, 10)]
)
def test_a_size(write: Write, text: str | int, size: int) -> None:
    """A number and a unit, or bytes."""
    assert load(write(sources={"a": source(max_body=text)}), {}).sources["a"].max_body == size


@pytest.mark.parametrize("text", ["2MB", "2", "-1B", "0B", "1.5MiB", "", 0, -1])
def test_what_is_no_size(write: Write, text: str | int) -> None:
    """Nor anything that is not positive."""
    assert "sources.a.max_body" in faults(write(sources={"a": source(max_body=text)}))


@pytest.mark.parametrize(
    ("changes", "path", "word"),
    [
        ({"verify": {"method": "sns"}}, "sources.a.verify.sns.topic_arns", "required"),
        ({"verify": {**SNS, "topic_arns": []}}, "sources.a.verify.sns.topic_arns", "at least 1"),
        ({"verify": {**SNS, "signature_versions": ["3"]}}, "sources.a.verify.sns.signature_versions[0]", "'1' or '2'"),
        ({"verify": {**SNS, "max_age": "25h"}}, "sources.a.verify.sns.max_age", "days=1"),
        ({"kind": "gcp", "verify": SNS}, "sources.a", "kind aws only"),
        ({"confirm_subscriptions": True}, "sources.a", "confirm_subscriptions needs verify.method sns"),
        (
            {"verify": {"method": "telepathy"}},
            "sources.a.verify",
            "'token', 'basic', 'hmac', 'standard-webhooks', 'sns', 'oidc', 'entra', 'none'",
        ),
        ({"verify": {}}, "sources.a.verify", "method"),
        ({"default_severity": "info"}, "sources.a.default_severity", "never info"),
        ({"default_severity": "P1"}, "sources.a.default_severity", "critical"),
        ({"identity_group": "Prod!"}, "sources.a.identity_group", "pattern"),
    ],
)
def test_a_source_that_makes_no_sense(write: Write, changes: dict[str, Any], path: str, word: str) -> None:
    """The reason says what would."""
    assert word in faults(write(sources={"a": source(**changes)}))[path]


def test_subscriptions_are_confirmed_only_with_sns(write: Write) -> None:
    """There the topic is proven."""
    settings = load(write(sources={"a": source(verify=SNS, confirm_subscriptions=True)}), {})

    assert settings.sources["a"].confirm_subscriptions


@pytest.mark.parametrize(
    ("routes", "path", "word"),
    [
        ([], "routes", "at least 1"),
        ([{"name": "a", "to": []}], "routes[0].to", "at least 1"),
        ([{"name": "a", "to": [{"drop": True}]}], "", "no alert could ever get out"),
        ([ROUTE, ROUTE], "", "all"),
        ([{"name": "a", "to": [{"drop": True}, ROUTE["to"][0]]}], "routes[0]", "drop stands alone"),
        ([{**ROUTE, "when": [{"key": "a", "operator": "is"}]}], "routes[0].when[0]", "not-equal"),
        ([{**ROUTE, "when": [{"key": "a", "operator": "equal"}]}], "routes[0].when[0]", "at least one value"),
    ],
)
def test_a_route_that_makes_no_sense(write: Write, routes: list[Any], path: str, word: str) -> None:
    """The reason says what would."""
    assert word in faults(write(routes=routes))[path]


@pytest.mark.parametrize("keys", [{}, {"token": "t", "open": True}])
def test_a_heartbeat_is_either_closed_or_open(write: Write, keys: dict[str, Any]) -> None:
    """In so many words."""
    assert "open: true" in faults(write(heartbeats={"job": {"id": "i", **keys}}))["heartbeats.job"]


@pytest.mark.parametrize(
    ("delivery", "path", "word"),
    [
        ({"timeout": "30s", "lease": "45s"}, "delivery", "twice the timeout"),
        ({"spool_entries": 0}, "delivery.spool_entries", "greater"),
        ({"concurrency": 0}, "delivery.concurrency", "greater"),
        ({"schedule": []}, "delivery.schedule", "at least 1"),
    ],
)
def test_a_delivery_that_makes_no_sense(write: Write, delivery: dict[str, Any], path: str, word: str) -> None:
    """The reason says what would."""
    assert word in faults(write(delivery=delivery))[path]


@pytest.mark.parametrize("spool", [False, "false"])
def test_the_spool_may_be_said_to_be_off(write: Write, spool: Any) -> None:
    """By file and by environment."""
    assert load(write(delivery={"spool": spool}), {}).delivery.spool is False


def test_settings_cannot_be_changed(write: Write) -> None:
    """What was checked is what runs."""
    settings = load(write(), {})

    with pytest.raises(ValueError, match="frozen"):
        settings.redis.prefix = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("host", "stays"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
     ("", False), ("10.0.0.1", False), ("example.com", False), ("localhost.example.com", False)],
)  # fmt: skip
def test_what_stays_on_this_machine(host: str, *, stays: bool) -> None:
    """A name that anybody could point elsewhere does not count."""
    assert is_loopback(host) is stays


def test_a_fault_brings_no_false_one_along(write: Write) -> None:
    """The only route is bad, but it is there."""
    found = faults(write(routes=[{**ROUTE, "when": [{"key": "a[", "operator": "exists"}]}]))

    assert found.keys() == {"routes[0].when[0]"}


@pytest.mark.parametrize(
    "text", ["retention: {delivered: 2024-02-30}\n", "admin: {token: !!int s3cret}\n", "? [a]\n: 1\n"]
)
def test_a_value_that_yaml_cannot_make_is_a_fault(write: Write, text: str) -> None:
    """A date that does not exist, a tag that does not fit, a key that is a list."""
    with pytest.raises(ConfigError):
        load(write(text), {})


@pytest.mark.parametrize("text", ["99999999999999d", "9" * 400 + "s"])
def test_a_duration_beyond_reason_is_a_fault(write: Write, text: str) -> None:
    """No traceback."""
    assert "retention.delivered" in faults(write(retention={"delivered": text}))


def test_a_variable_nested_beyond_reason_is_a_fault(write: Write) -> None:
    """No traceback."""
    assert "PINGHOME_BRIDGE_SOURCES" in faults(write(), {"PINGHOME_BRIDGE_SOURCES": "[" * 100_000})


def test_a_secret_file_with_an_impossible_name_is_a_fault(write: Write) -> None:
    """No traceback."""
    assert "admin.token_file" in faults(write(admin={"token_file": "a\0b"}))


def test_a_fault_is_one_line(write: Write) -> None:
    """Also where the file holds a control character."""
    assert faults(write("redis: \x00\n"))


@pytest.mark.parametrize(
    "keys",
    [
        {"admin": {"token": ""}},
        {"sources": {"a": source(verify={"method": "token", "token": "${EMPTY}"})}},
        {"sources": {"a": source(verify={"method": "basic", "user": "u", "password": ""})}},
        {"heartbeats": {"job": {"id": "i", "token": ""}}},
        {"heartbeats": {"job": {"id": "", "open": True}}},
        {"routes": [{"name": "a", "to": [{"webhook": ""}]}]},
    ],
    ids=["admin", "token", "password", "heartbeat", "monitor", "webhook"],
)
def test_an_empty_secret_is_a_fault(write: Write, keys: dict[str, Any]) -> None:
    """An unset variable of a compose file is an empty text, and the check must say so, not the start."""
    assert faults(write(**keys), {"EMPTY": ""})


@pytest.mark.parametrize("text", ["14d", "30d"])
def test_a_duration_that_is_shown_can_be_configured(write: Write, text: str) -> None:
    """The admin API shows what an operator will copy."""
    shown = load(write(retention={"delivered": text}), {}).model_dump(mode="json")["retention"]

    assert load(write(retention=shown), {}).retention.delivered == timedelta(days=int(text[:-1]))
