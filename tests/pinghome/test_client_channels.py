"""The client's typed calls for channels, on the local Pinghome."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD
from bridge.pinghome.errors import Conflict, Invalid, NotFound, RateLimited
from bridge.pinghome.systems.channels import Channels
from tests.local.channels import CUSTOMER, TEAM, Owner
from tests.local.people import wrong
from tests.local.world import STRANGER_ID, World
from tests.support.wait import wait_until

pytestmark = pytest.mark.parametrize("owner", [CUSTOMER, TEAM], ids=lambda owner: owner.kind)


@pytest.fixture
async def channels(world: World, owner: Owner) -> AsyncIterator[Channels]:
    connection = Connection(
        url=f"http://127.0.0.1:{world.client.port}/{{service}}", email=DEMO_EMAIL, password=DEMO_PASSWORD
    )
    async with Pinghome(connection) as pinghome:
        yield pinghome.customer_channels if owner == CUSTOMER else pinghome.team_channels


async def test_the_life_of_a_channel(world: World, channels: Channels, owner: Owner) -> None:
    created = await channels.create(owner.id, "pager@example.org", "email")
    assert (created.priority, created.verified, created.enabled) == (1, False, False)
    with pytest.raises(Conflict):
        await channels.test(owner.id, 1)
    code = await owner.code(world, 1)
    with pytest.raises(Invalid) as caught:
        await channels.verify(owner.id, 1, wrong(code))
    assert [fault.field for fault in caught.value.fields] == ["code"]
    await channels.verify(owner.id, 1, code)
    taken = await channels.test(owner.id, 1)
    assert taken.outbox_id == (await owner.posted(world, "test", 1))[0].id
    assert taken.nonce is not None
    with pytest.raises(RateLimited) as limited:
        await channels.test(owner.id, 1)
    assert limited.value.retry_after == 60
    await channels.set_enabled(owner.id, 1, enabled=False)
    with pytest.raises(Conflict):
        await channels.test(owner.id, 1)
    await channels.update(owner.id, 1, "other@example.org")
    with pytest.raises(Conflict):
        await channels.set_enabled(owner.id, 1, enabled=True)
    [listed] = await channels.list(owner.id)
    assert (listed.value, listed.type, listed.verified, listed.verified_at) == (
        "other@example.org",
        "email",
        False,
        None,
    )
    assert listed.extra == {}
    await channels.delete_many(owner.id, [1])
    assert await channels.list(owner.id) == []


async def test_a_list_shows_what_became_of_a_test(world: World, channels: Channels, owner: Owner) -> None:
    await owner.verified(world, {"type": "sms", "value": "+994551234567"})
    await channels.test(owner.id, 1)

    async def kept() -> bool:
        [channel] = await channels.list(owner.id)
        return channel.last_test is not None and channel.last_test["state"] == "kept"

    await wait_until(kept, "the test is kept")


async def test_lists_are_narrowed_and_deleted_by_several_values(world: World, channels: Channels, owner: Owner) -> None:
    for kind, value in (("email", "a@example.org"), ("sms", "+994551234567"), ("telegram", "@on_call")):
        await owner.create(world, {"type": kind, "value": value})
    some = await channels.list(owner.id, include_types=["telegram", "sms"])
    assert [channel.type for channel in some] == ["sms", "telegram"]
    others = await channels.list(owner.id, exclude_types=["telegram", "sms"])
    assert [channel.type for channel in others] == ["email"]
    with pytest.raises(NotFound):
        await channels.delete_many(owner.id, [1, 4])
    await channels.delete_many(owner.id, [1, 3])
    assert [channel.priority for channel in await channels.list(owner.id)] == [2]


async def test_refusals_arrive_as_errors(channels: Channels, owner: Owner) -> None:
    await channels.create(owner.id, "a@example.org", "email")
    with pytest.raises(Conflict):
        await channels.create(owner.id, "a@example.org", "email")
    with pytest.raises(Invalid) as caught:
        await channels.create(owner.id, "anna", "call")
    assert [fault.field for fault in caught.value.fields] == ["value"]
    with pytest.raises(NotFound):
        await channels.list(STRANGER_ID)
