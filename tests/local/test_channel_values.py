"""What may be the value of a channel, by its type."""

from __future__ import annotations

from typing import get_args

import pytest

from bridge.local.accounts.channel_values import fault_of
from bridge.pinghome.systems.channels import CHANNEL_TYPES, ChannelType
from tests.local.channels import CUSTOMER, TEAM
from tests.local.world import World
from tests.pinghome.documents import documented

GOOD = {
    "email": ["a@example.org", "First.Last+tag@mail.example.org"],
    "sms": ["+994551234567", "+1234567", "+123456789012345"],
    "call": ["+4915112345678"],
    "webhook": ["http://127.0.0.1:9/x?y=z#f", "https://127.0.0.1:9/T0/B0?token=a%20b", "http://[::1]:9/"],
    "slack": ["http://127.0.0.1:9/services/T0/B0/x"],
    "msteams": ["http://127.0.0.1:9/workflows/1/triggers?sig=x"],
    "telegram": ["123456789", "-1001234567890", "@on_call", "@Team"],
    "push-notification": ["dGVzdA:APA91b_-0123456789", "a" * 64],
}
BAD = {
    "email": ["example.org", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a@b@c.d", "a\0@b.org"],
    "sms": ["994551234567", "+0123456789", "+123456", "+1234567890123456", "+1 555 0100", "a@example.org", "+١٢٣٤٥٦٧"],
    "call": ["tel:+4915112345678", "anna"],
    "webhook": ["ftp://example.org/x", "example.org/hook", "https://", "http://a b/", "https://x:99999/", "file:///x"],
    "slack": ["#general", "slack.example.org"],
    "msteams": ["team", "javascript:x"],
    "telegram": ["on_call", "@", "@a-b", "12a", "0", "--1", "@" + "a" * 33, "1" * 17],
    "push-notification": ["two words", "schl\u00fcssel", "a\nb"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
async def test_a_value_of_the_types_form_is_taken_as_it_is(world: World, kind: str, value: str) -> None:
    answer = await CUSTOMER.call(world, "create", {"type": kind, "value": value})
    assert answer.status == 201
    assert (answer.data["type"], answer.data["value"]) == (kind, value.lower() if kind == "email" else value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
async def test_another_value_is_refused(world: World, kind: str, value: str) -> None:
    answer = await TEAM.call(world, "create", {"type": kind, "value": value})
    assert (answer.status, answer.fields) == (422, {"value"})
    assert await TEAM.listed(world) == []


async def test_a_changed_value_has_the_form_of_the_channels_type(world: World) -> None:
    await CUSTOMER.create(world, {"type": "sms", "value": "+994551234567"})
    answer = await CUSTOMER.call(world, "update", {"value": "a@example.org", "priority": 1})
    assert (answer.status, answer.fields) == (422, {"value"})


@pytest.mark.parametrize("value", ["", "   ", "x" * 2049, 7, None, ["a@example.org"]])
async def test_a_value_is_a_text_of_some_length(world: World, value: object) -> None:
    answer = await CUSTOMER.call(world, "create", {"type": "email", "value": value})
    assert (answer.status, answer.fields) == (422, {"value"})


async def test_all_faults_are_told_at_once(world: World) -> None:
    answer = await CUSTOMER.call(world, "create", {"type": "pigeon"})
    assert (answer.status, answer.fields) == (422, {"type", "value"})


def test_every_type_is_tried() -> None:
    assert set(GOOD) == set(BAD) == set(CHANNEL_TYPES) == set(get_args(ChannelType))


def test_the_documented_values_are_of_the_right_form() -> None:
    for row in documented():
        if row["title"].startswith("Create") and row["system"] in ("customer-channels", "team-channels"):
            example = row["example_body"]
            assert fault_of(example["type"], example["value"]) is None
