"""What single kinds of sources are told by the configuration: mappings, routing keys, hosts to confirm at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.domain.alert import Action, Rel
from bridge.domain.errors import ConfigError
from bridge.settings import Settings, load
from bridge.settings.start import widened
from tests.sources.kit import request_of

ROUTE = {"name": "all", "to": [{"webhook": "c03b02ec-244f-4d2c-8f68-3910071ed5c8"}]}
VERIFY = {"method": "token", "token": "t"}
MAPPING = {"title": "name", "dedup_key": "id"}


ROOT = Path(__file__).parents[2]


def loaded(folder: Path, **sources: Any) -> Settings:
    file = folder / "bridge.yaml"
    file.write_text(yaml.safe_dump({"routes": [ROUTE], "sources": sources}))
    return load(file, {})


def faults(folder: Path, **sources: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as raised:
        loaded(folder, **sources)
    return {fault.key: fault.reason for fault in raised.value.faults}


def generic(**mapping: Any) -> dict[str, Any]:
    return {"kind": "generic", "verify": VERIFY, "mapping": {**MAPPING, **mapping}}


def test_the_development_default_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of source, word for word."""
    monkeypatch.chdir(tmp_path)

    assert load(ROOT / "config" / "bridge.dev.yaml", {}) == load(None, {})


def test_a_mapping_reads_what_the_source_is_sent(tmp_path: Path) -> None:
    """YAML makes numbers and truths of words that stand alone; the sender's JSON may have either."""
    settings = loaded(
        tmp_path, shop=generic(status="up", statuses={True: "resolved", 0: "firing"}, links={"runbook": "doc"})
    )
    source = settings.sources["shop"].source()

    for up, action in ((True, Action.RESOLVE), (0, Action.TRIGGER), ("0", Action.TRIGGER)):
        body = {"name": "db-1", "id": 7, "up": up, "doc": "https://wiki.example.com"}
        (alert,) = source.decode(request_of(json.dumps(body).encode()))
        assert (alert.title, alert.key, alert.action) == ("db-1", "7", action)
        assert [link.rel for link in alert.links] == [Rel.RUNBOOK]


def test_without_a_status_every_message_fires(tmp_path: Path) -> None:
    source = loaded(tmp_path, shop=generic()).sources["shop"].source()

    (alert,) = source.decode(request_of(b'{"name": "db-1", "id": 7, "status": "resolved"}'))

    assert alert.action is Action.TRIGGER


def test_every_fault_of_a_mapping_is_found_at_once(tmp_path: Path) -> None:
    bad = generic(title="a[", severity="nothing(a)", statuses={"up": "sideways"}, severities={"P1": "worst"}, tag="a",
                  labels="", links={"nowhere": "a"})  # fmt: skip

    found = faults(tmp_path, shop=bad)

    place = "sources.shop.mapping"
    assert set(found) >= {
        f"{place}.title",
        f"{place}.severity",
        f"{place}.severities.P1",
        f"{place}.tag",
        f"{place}.labels",
        f"{place}.links.nowhere.[key]",
    }
    assert any(key.startswith(f"{place}.statuses.up") for key in found)
    assert "'a['" in found[f"{place}.title"]


def test_a_mapping_needs_a_title_and_a_key(tmp_path: Path) -> None:
    found = faults(tmp_path, shop={"kind": "generic", "verify": VERIFY, "mapping": {"severity": "a"}})

    assert found == {"sources.shop.mapping.title": "field required", "sources.shop.mapping.dedup_key": "field required"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mapping": MAPPING}, "a mapping is for the kinds cloudevents, generic only"),
        ({"routing_keys": ["R1"]}, "routing_keys are for kind pagerduty only"),
        ({"confirmation_hosts": ["a"]}, "confirmation_hosts are for kind oracle"),
        ({"confirm_subscriptions": True}, "confirm_subscriptions needs verify.method sns"),
    ],
)
def test_options_of_another_kind_are_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    (found,) = faults(tmp_path, shop={"kind": "gcp", "verify": VERIFY, **changes}).values()

    assert found.startswith(reason)


def test_a_routing_key_means_one_source(tmp_path: Path) -> None:
    """And is never repeated in a fault or in what is shown of the configuration."""
    one = {"kind": "pagerduty", "verify": VERIFY, "routing_keys": ["R-secret"]}

    (reason,) = faults(tmp_path, shop=one, bank=one).values()
    shown = loaded(tmp_path, shop=one).model_dump_json()

    assert "given twice" in reason
    assert "R-secret" not in reason + shown


def test_the_development_routing_key_is_a_development_credential(tmp_path: Path) -> None:
    key = {"kind": "pagerduty", "verify": VERIFY, "routing_keys": ["dev" + "-token"]}

    assert loaded(tmp_path, shop=key).development_credentials() == ["sources.shop.routing_keys"]


def test_oracles_subscriptions_may_be_confirmed_by_any_proof(tmp_path: Path) -> None:
    """Notifications signs by a scheme that is not published; the address is pinned instead."""
    source = {"kind": "oracle", "verify": VERIFY, "confirm_subscriptions": True, "confirmation_hosts": ["127.0.0.1:9"]}

    settings = loaded(tmp_path, oci=source)

    assert settings.sources["oci"].confirm_subscriptions
    assert widened(settings) == {"oci": ("127.0.0.1:9",)}  # told at every start
