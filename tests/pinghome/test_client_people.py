"""Accounts, customers, teams and services: the typed client on the local Pinghome."""

from __future__ import annotations

import aiohttp
import pytest

from bridge.pinghome.client import Pinghome
from bridge.pinghome.connection import Connection
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_TEAM_ID
from bridge.pinghome.errors import Conflict, Invalid, NotFound, RateLimited, Unauthorized
from bridge.pinghome.systems.auth import NewAccount
from tests.local.people import JANE, PASSWORD, code_for
from tests.local.world import World
from tests.pinghome.test_client_local import address_of, pinghome, session

__all__ = ["pinghome", "session"]

NEW = "second-Passw0rd"
JANES = NewAccount(name="Jane", surname="Doe", email=JANE, password=PASSWORD)


async def test_a_life_with_an_account(world: World, pinghome: Pinghome, session: aiohttp.ClientSession) -> None:
    auth, teams = pinghome.auth, pinghome.teams
    await teams.invite(DEMO_TEAM_ID, JANE)
    [invitation] = await teams.invitations(DEMO_TEAM_ID)
    assert (invitation.channel_value, invitation.status, invitation.extra) == (JANE, "pending", {})
    world.clock.advance(minutes=10)
    await teams.remind(DEMO_TEAM_ID, JANE)
    await teams.invite(DEMO_TEAM_ID, "+994551234567", "sms")
    await teams.withdraw_invitation(DEMO_TEAM_ID, "+994551234567")

    await auth.sign_up(JANES)
    world.clock.advance(minutes=1)
    await auth.resend_code(JANE)
    await auth.confirm(JANE, await code_for(world, JANE))
    assert (await auth.sign_in(JANE, PASSWORD)).access_token is not None
    await auth.recover_password(JANE)
    await auth.reset_password(JANE, await code_for(world, JANE), NEW)

    member = next(one for one in await teams.members(DEMO_TEAM_ID) if one.email == JANE)
    assert member.team_member_id is not None
    night = await teams.create("night shift")
    assert night.team_id is not None
    await teams.update(night.team_id, "day shift")
    await teams.update_member(DEMO_TEAM_ID, member.team_member_id, "owner", night.team_id)
    service = await pinghome.services.create("shop", night.team_id)
    assert service.id is not None
    await pinghome.services.update(service.id, "store")
    assert (await pinghome.services.get(service.id)).name == "store"

    connection = Connection(url=address_of(world).template, email=JANE, password=NEW)
    async with Pinghome(connection, session) as janes:
        await use_ones_own(janes, world)
        assert [(team.name, team.role) for team in await janes.teams.list()] == [("day shift", "owner")]
        await pinghome.services.delete(service.id)
        await pinghome.teams.delete(night.team_id)
        await janes.customers.delete("poor-features")
    with pytest.raises(Unauthorized):
        await auth.sign_in("jane@new.example.org", PASSWORD)

    await the_rest(pinghome, world)


async def use_ones_own(janes: Pinghome, world: World) -> None:
    await janes.customers.update("Janet", "Doe")
    await janes.customers.send_feedback("Good experience")
    await janes.customers.change_username("jane@new.example.org")
    await janes.customers.confirm_username(await code_for(world, "jane@new.example.org"))
    await janes.auth.change_password(NEW, PASSWORD)


async def the_rest(pinghome: Pinghome, world: World) -> None:
    me = (await pinghome.auth.sign_in(DEMO_EMAIL, DEMO_PASSWORD)).customer
    assert me is not None
    assert (await pinghome.customers.get(me["customer_id"])).email == DEMO_EMAIL
    with pytest.raises(Conflict):
        await pinghome.teams.remove_member(DEMO_TEAM_ID, me["customer_id"])
    await pinghome.auth.sign_out()


async def test_refusals_have_their_kinds(world: World, pinghome: Pinghome) -> None:
    with pytest.raises(Conflict):
        await pinghome.teams.invite(DEMO_TEAM_ID, DEMO_EMAIL)
    with pytest.raises(NotFound):
        await pinghome.teams.remind(DEMO_TEAM_ID, JANE)
    with pytest.raises(Invalid) as refused:
        await pinghome.auth.change_password("guess", NEW)
    assert [fault.field for fault in refused.value.fields] == ["previous_password"]
    await pinghome.teams.invite(DEMO_TEAM_ID, JANE)
    with pytest.raises(RateLimited) as limited:
        await pinghome.teams.remind(DEMO_TEAM_ID, JANE)
    assert limited.value.retry_after == 600
