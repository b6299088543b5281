"""The own alarm, quotas and shedding in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.settings.sources import QuotaSettings
from bridge.settings.watch import WatchSettings

EMAIL = {"host": "mail.example.com", "sender": "a@example.com", "to": ["b@example.com"]}


@pytest.mark.parametrize(
    ("watch", "word"),
    [
        ({"webhook": "https://a.example/x", "email": EMAIL}, "not both"),
        ({"webhook": "ftp://a.example/x"}, "begins with https"),
        ({"dead_man_url": "https://"}, "names a host"),
        ({"email": {**EMAIL, "user": "bridge"}}, "user and password"),
        ({"email": {**EMAIL, "user": "u", "password": "secret-word", "tls": "none"}}, "in clear"),
        ({"email": {**EMAIL, "to": []}}, "at least 1"),
        ({"repeat": "1s"}, "greater"),
        ({"worker_silence": "1s"}, "greater"),
    ],
)
def test_a_watch_that_makes_no_sense(watch: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WatchSettings.model_validate(watch)

    assert word in str(refused.value)
    assert "secret-word" not in str(refused.value)


def test_without_a_watch_there_is_one_for_the_log() -> None:
    watch = WatchSettings()

    assert (watch.webhook, watch.email, watch.dead_man_url) == (None, None, None)
    assert watch.repeat == timedelta(hours=4)


def test_where_alarms_go_is_masked() -> None:
    watch = WatchSettings.model_validate(
        {"webhook": "https://a.example/secret", "dead_man_url": "https://b.example/secret"}
    )

    assert "secret" not in str(watch.model_dump(mode="json"))


@pytest.mark.parametrize(("rate", "per_second"), [("100/s", 100), ("600/m", 10), ("36/h", 0.01), (5, 5)])
def test_a_rate_is_a_number_and_a_unit(rate: object, per_second: float) -> None:
    assert QuotaSettings.model_validate({"rate": rate, "burst": 1}).rate == pytest.approx(per_second)


@pytest.mark.parametrize("rate", ["100", "0/s", "-1/s", "1/d", "fast"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError):
        QuotaSettings.model_validate({"rate": rate, "burst": 1})
