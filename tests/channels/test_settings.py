"""The settings of channel tests, and when a worker has the job."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.errors import ConfigError
from bridge.settings import Settings, load
from workers.host import Host
from workers.options import hosted

MINIMAL = """
pinghome: {url: cloud}
routes: [{name: all, to: [{webhook: de300000-0000-4000-8000-000000000005}]}]
"""


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "bridge.yaml"
    file.write_text(MINIMAL + text)
    return load(file, {})


def jobs(settings: Settings) -> set[str]:
    options: dict[str, Any] = hosted(settings, Host(settings))
    return {job.name.partition(":")[2] for job in options["cron_jobs"]}


async def test_nothing_is_tested_unless_it_is_switched_on(tmp_path: Path) -> None:
    assert "test_channels.v1" not in jobs(settings(tmp_path, ""))
    assert "test_channels.v1" in jobs(settings(tmp_path, "channel_tests: {enabled: true}"))


def test_days_are_read_as_yaml_and_people_write_them(tmp_path: Path) -> None:
    read = settings(tmp_path, "channel_tests: {blackout: [12-24, 2026-12-31, '2027-01-04', 02-29]}").channel_tests
    blackout = read.rules().blackout
    assert blackout.yearly == {(12, 24), (2, 29)}
    assert blackout.dates == {date(2026, 12, 31), date(2027, 1, 4)}


def test_people_are_where_they_say(tmp_path: Path) -> None:
    text = "channel_tests: {people: {ann: {timezone: Asia/Baku, working_days: [sunday], consent: [sms]}}}"
    ann = settings(tmp_path, text).channel_tests.rules().inventory.people["ann"]
    assert (ann.zone, ann.working_days, ann.consent) == ("Asia/Baku", frozenset({6}), frozenset({"sms"}))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("channel_tests: {timezone: Mars/Base}", "channel_tests.timezone"),
        ("channel_tests: {blackout: [13-01]}", "channel_tests.blackout"),
        ("channel_tests: {people: {ann: {timezone: UTC, consent: [smoke]}}}", "channel_tests.people.ann.consent"),
    ],
)
def test_a_fault_names_its_key(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)
    assert fault in str(caught.value)
