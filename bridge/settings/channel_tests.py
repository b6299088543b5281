"""Tests of notification channels: whose, when, and by which kinds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from bridge.channels.plan import Blackout
from bridge.channels.rules import InventoryRules, PersonRules, RunRules
from bridge.domain.oncall.rules import BadRule, zone
from bridge.settings.values import Model, NonEmpty

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFICE: Final[tuple[Weekday, ...]] = ("monday", "tuesday", "wednesday", "thursday", "friday")
_LEAP_YEAR: Final = 2000


def _zone(name: str) -> str:
    try:
        return zone(name).key
    except BadRule:
        raise ValueError("is no IANA time zone, such as Europe/Berlin") from None


Zone = Annotated[str, AfterValidator(_zone)]


def _written(value: Any) -> Any:
    """YAML reads 2026-12-31 as a date, and 12-31 as a text."""
    return value.isoformat() if isinstance(value, date) else value


Day = Annotated[str, BeforeValidator(_written)]


class TestedPerson(Model):
    """Where a person lives and works, and the kinds they agreed to: sms, call and push-notification need it."""

    timezone: Zone
    working_days: tuple[Weekday, ...] = _OFFICE
    consent: tuple[Literal["sms", "call", "push-notification"], ...] = ()

    def rules(self) -> PersonRules:
        """As the planner knows it."""
        days = frozenset(_WEEKDAYS.index(day) for day in self.working_days)
        return PersonRules(zone=self.timezone, working_days=days, consent=frozenset(self.consent))


class ChannelTestSettings(Model):
    """Off unless switched on: `enabled: false` is the kill switch. Without `dry_run` the first week is a dry run.

    `people` by customer id; everybody else, and teams, live in `timezone`. Without `teams` all of the account's.
    `blackout`: days without tests, as 2026-12-31 or, of every year, as 12-31.
    """

    enabled: bool = False
    dry_run: bool | None = None
    timezone: Zone = "UTC"
    teams: tuple[NonEmpty, ...] = ()
    people: dict[str, TestedPerson] = Field(default_factory=dict)
    blackout: tuple[Day, ...] = ("12-24", "12-25", "12-26", "01-01")

    @field_validator("blackout")
    @classmethod
    def _days(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            try:
                _day(day)
            except ValueError:
                raise ValueError("a day is written 2026-12-31 or, for every year, 12-31") from None
        return days

    def rules(self) -> RunRules:
        """As the runner knows them."""
        inventory = InventoryRules(
            default=PersonRules(zone=self.timezone),
            people={person: settings.rules() for person, settings in self.people.items()},
            teams=frozenset(self.teams),
        )
        days = [_day(day) for day in self.blackout]
        blackout = Blackout(
            dates=frozenset(day for day in days if isinstance(day, date)),
            yearly=frozenset(day for day in days if isinstance(day, tuple)),
        )
        return RunRules(inventory=inventory, blackout=blackout, dry_run=self.dry_run)


def _day(text: str) -> date | tuple[int, int]:
    if len(text) == len("12-31"):
        day = date.fromisoformat(f"{_LEAP_YEAR}-{text}")
        return day.month, day.day
    return date.fromisoformat(text)
