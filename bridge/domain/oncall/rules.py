"""The choices that the API's texts leave open, to be settled once against the real product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

Weekday = Literal["sunday", "monday"]
Weeks = Literal["nth_weekday", "calendar_row"]
OvernightAnchor = Literal["start", "each_day"]
DateTimes = Literal["literal", "instant"]
Priority = Literal["created_asc", "created_desc", "narrowest"]


class BadRule(ValueError):
    """A choice that is none; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How entries are read. Raises BadRule.

    `zone`: the IANA zone whose wall time the entries speak; `zones` has those of members who live elsewhere.
    `weekday_zero`: which day a 0 in `week_days` is.
    `weeks`: `nth_weekday` counts 7-day blocks from the first of the month (its second Monday is in week 2);
    `calendar_row` counts the rows of a printed month, which begin on `row_start`.
    `week5_is_last`: a 5 in `weeks_of_month` is the month's last week, be it the fourth; else it is a fifth one only.
    `end_2359_is_midnight`: an end at 23:59 or 23:59:59 is midnight; else one minute a night nobody is on call.
    `overnight_anchor`: `start` tests the dates only where the shift begins; `each_day` tests its tail by itself.
    `date_times`: a date-time at 00:00:00Z or 23:59:59Z is that date (`literal`), or an instant like any other.
    `priority`: who comes first where several are on call; `created_desc` lets the newest entry override.
    `exclusive`: only the first is on call.
    `month_base`: 1 where January is 1, 0 where it is 0.
    """

    zone: str
    zones: Mapping[str, str] = field(default_factory=dict)
    weekday_zero: Weekday = "sunday"
    weeks: Weeks = "nth_weekday"
    row_start: Weekday = "sunday"
    week5_is_last: bool = False
    end_2359_is_midnight: bool = True
    overnight_anchor: OvernightAnchor = "start"
    date_times: DateTimes = "literal"
    priority: Priority = "created_asc"
    exclusive: bool = False
    month_base: Literal[0, 1] = 1

    def __post_init__(self) -> None:
        for name in (self.zone, *self.zones.values()):
            zone(name)
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise BadRule(f"{name} must be one of {', '.join(map(_word, choices))}")

    def zone_of(self, member_id: str) -> str:
        """The zone of a member's entries that name none themselves."""
        return self.zones.get(member_id, self.zone)


def _choices() -> dict[str, tuple[Any, ...]]:
    hints = get_type_hints(Rules)
    return {
        one.name: (False, True) if hints[one.name] is bool else get_args(hints[one.name])
        for one in fields(Rules)
        if one.name not in ("zone", "zones")
    }


CHOICES: Final[Mapping[str, tuple[Any, ...]]] = _choices()
"""Every rule that is a choice, with what may be chosen."""


def choose(name: str, word: str) -> Any:
    """The value of a rule that is written as a word. Raises BadRule."""
    if name not in CHOICES:
        raise BadRule(f"there is no rule {name!r}; there are {', '.join(CHOICES)}")
    for choice in CHOICES[name]:
        if _word(choice) == word:
            return choice
    raise BadRule(f"{name} must be one of {', '.join(map(_word, CHOICES[name]))}")


def _word(choice: Any) -> str:
    return str(choice).lower()


def zone(name: str) -> ZoneInfo:
    """A zone by its IANA name. Raises BadRule; the machine's own zone is never meant."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise BadRule(f"{name!r} is no IANA time zone, such as Europe/Berlin") from None
