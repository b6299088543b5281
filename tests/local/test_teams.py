"""Teams, roles and invitations."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.local.accounts.membership import LOWEST, RANKS, Right
from bridge.pinghome.demo import DEMO_CUSTOMER_ID, DEMO_SERVICE_ID, DEMO_TEAM_ID
from tests.local.people import JANE, letters
from tests.local.world import COLLEAGUE, COLLEAGUE_ID, STRANGER_ID, STRANGER_TEAM_ID, UNKNOWN_ID, World

TEAM = {"id": DEMO_TEAM_ID}
THEM = {"id": DEMO_TEAM_ID, "memberId": COLLEAGUE_ID}
ME = {"id": DEMO_TEAM_ID, "memberId": DEMO_CUSTOMER_ID}
INVITATION = {"channel_value": JANE, "channel_type": "email"}
ADDRESS = {"channel_value": JANE}
ROLES = ("user", "manager", "admin", "owner")


def change(role: str, team_id: str = DEMO_TEAM_ID) -> dict[str, str]:
    return {"role": role, "new_team_id": team_id}


async def hire(world: World, role: str, customer_id: str = COLLEAGUE_ID) -> None:
    """Make the colleague a member, past the API."""
    await world.store(
        lambda connection: (
            connection.execute(
                "INSERT OR REPLACE INTO team_members VALUES (?, ?, ?, 0)", (DEMO_TEAM_ID, customer_id, role)
            ).rowcount
        )
    )


async def roles(world: World, team_id: str = DEMO_TEAM_ID) -> dict[str, str]:
    members = (await world.call("team.members", path={"id": team_id})).data
    return {member["customer_id"]: member["role"] for member in members}


async def test_who_creates_a_team_owns_it(world: World) -> None:
    created = await world.call("team.create", json={"name": "night shift"})
    assert created.status == 201
    assert (created.data["name"], created.data["role"], created.data["member_count"]) == ("night shift", "owner", 1)
    assert created.data in (await world.call("team.list")).data
    assert await roles(world, created.data["team_id"]) == {DEMO_CUSTOMER_ID: "owner"}


async def test_a_team_is_renamed_and_goes_with_all_that_is_its(world: World) -> None:
    renamed = await world.call("team.update", path=TEAM, json={"name": "renamed"})
    assert (renamed.status, renamed.data["name"]) == (200, "renamed")
    assert (await world.call("team.list")).data == [renamed.data]
    await world.call("team.invite", path=TEAM, json=INVITATION)
    assert (await world.call("team.delete", path=TEAM)).data == TEAM
    assert (await world.call("team.list")).data == []
    assert (await world.call("service.get", path={"id": DEMO_SERVICE_ID})).status == 404
    assert (await world.call("team.delete", path=TEAM)).status == 404


Action = tuple[Right, str, dict[str, str], Any]
ACTIONS: list[Action] = [
    ("invite", "team.invite", TEAM, INVITATION),
    ("invite", "team.remind", TEAM, {"channel_value": "other@example.org"}),
    ("invite", "team.withdraw_invitation", TEAM, {"channel_value": "other@example.org"}),
    ("rename", "team.update", TEAM, {"name": "n"}),
    ("delete", "team.delete", TEAM, None),
    ("change the members of", "team.update_member", THEM, change("user")),
    ("change the members of", "team.remove_member", {**THEM, "memberId": STRANGER_ID}, None),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS, ids=[action[1] for action in ACTIONS])
async def test_who_may_do_what(world: World, action: Action, role: str) -> None:
    right, key, path, body = action
    await world.call("team.invite", path=TEAM, json={"channel_value": "other@example.org", "channel_type": "email"})
    world.clock.advance(hours=1)
    await hire(world, role)
    await hire(world, "user", STRANGER_ID)
    answer = await world.call(key, path=path, json=body, token=COLLEAGUE)
    assert (answer.status < 300) is (ROLES.index(role) >= ROLES.index(LOWEST[right]))
    assert answer.status in (200, 201, 403)
    assert (await world.call("service.get", path={"id": DEMO_SERVICE_ID}, token=COLLEAGUE)).status in (200, 404)


def test_the_roles_are_ranked_as_they_are_listed() -> None:
    assert sorted(RANKS, key=RANKS.__getitem__) == list(ROLES)


@pytest.mark.parametrize("role", ["user", "manager", "admin"])
async def test_everybody_may_leave_but_the_last_owner(world: World, role: str) -> None:
    await hire(world, role)
    assert (await world.call("team.remove_member", path=THEM, token=COLLEAGUE)).status == 200
    assert (await world.call("team.members", path=TEAM, token=COLLEAGUE)).status == 403
    assert (await world.call("team.remove_member", path=ME)).status == 409
    assert await roles(world) == {DEMO_CUSTOMER_ID: "owner"}


async def test_an_admin_neither_makes_nor_touches_an_owner(world: World) -> None:
    await hire(world, "admin")
    for path, body in ((ME, change("user")), (THEM, change("owner"))):
        answer = await world.call("team.update_member", path=path, json=body, token=COLLEAGUE)
        assert answer.status == 403
    assert (await world.call("team.remove_member", path=ME, token=COLLEAGUE)).status == 403
    assert await roles(world) == {DEMO_CUSTOMER_ID: "owner", COLLEAGUE_ID: "admin"}


async def test_a_team_keeps_an_owner(world: World) -> None:
    assert (await world.call("team.update_member", path=ME, json=change("admin"))).status == 409
    assert (await world.call("team.update_member", path=ME, json=change("owner"))).status == 200
    other = (await world.call("team.create", json={"name": "other"})).data["team_id"]
    assert (await world.call("team.update_member", path=ME, json=change("owner", other))).status == 409
    await hire(world, "manager")
    promoted = await world.call("team.update_member", path=THEM, json=change("owner"))
    assert (promoted.status, promoted.data["role"]) == (200, "owner")
    assert (await world.call("team.update_member", path=ME, json=change("user"))).status == 200
    assert await roles(world) == {DEMO_CUSTOMER_ID: "user", COLLEAGUE_ID: "owner"}
    assert (await world.call("team.update_member", path=THEM, json=change("user"))).status == 403


async def test_a_member_moves_to_another_team_of_the_organisation_and_out_of_the_schedule(world: World) -> None:
    await hire(world, "user")
    shift = {"team_member_id": COLLEAGUE_ID, "week_days": [1], "start_time": "09:00", "end_time": "17:00"}
    assert (await world.call("schedule.create", path=TEAM, json=shift)).status == 201
    other = (await world.call("team.create", json={"name": "other"})).data["team_id"]
    moved = await world.call("team.update_member", path=THEM, json=change("manager", other))
    assert (moved.status, moved.data["team_id"], moved.data["role"]) == (200, other, "manager")
    assert COLLEAGUE_ID not in await roles(world)
    assert (await roles(world, other))[COLLEAGUE_ID] == "manager"
    assert (await world.call("schedule.get", path={"id": COLLEAGUE_ID})).data == []
    await hire(world, "user")
    assert (await world.call("team.update_member", path=THEM, json=change("user", other))).status == 409


async def test_a_member_moves_nowhere_else(world: World) -> None:
    await hire(world, "owner")
    theirs = (await world.call("team.create", json={"name": "theirs"}, token=COLLEAGUE)).data["team_id"]
    for team_id, status in ((STRANGER_TEAM_ID, 404), (UNKNOWN_ID, 404), (theirs, 403)):
        answer = await world.call("team.update_member", path=THEM, json=change("user", team_id))
        assert answer.status == status
        assert status != 404 or answer.fields == {"new_team_id"}
    assert (await roles(world))[COLLEAGUE_ID] == "owner"


@pytest.mark.parametrize("key", ["team.update_member", "team.remove_member"])
async def test_who_is_no_member_is_404(world: World, key: str) -> None:
    for customer_id in (COLLEAGUE_ID, UNKNOWN_ID):
        path = {**TEAM, "memberId": customer_id}
        assert (await world.call(key, path=path, json=change("user"))).status == 404


async def test_a_change_of_a_member_names_its_faults(world: World) -> None:
    assert (await world.call("team.update_member", path=ME, json={})).fields == {"role", "new_team_id"}
    answer = await world.call("team.update_member", path=ME, json=change("boss"))
    assert (answer.status, answer.fields) == (422, {"role"})


async def test_an_invitation_is_told_and_shown(world: World) -> None:
    answer = await world.call("team.invite", path=TEAM, json=INVITATION)
    assert answer.status == 201
    assert (await world.call("team.invitations", path=TEAM)).data == [answer.data]
    assert (answer.data["channel_value"], answer.data["channel_type"], answer.data["status"]) == (
        JANE,
        "email",
        "pending",
    )
    assert answer.data["sender"]["customer_id"] == DEMO_CUSTOMER_ID
    (letter,) = await letters(world, JANE)
    assert (letter.message.purpose, letter.message.reference) == ("invitation", DEMO_TEAM_ID)
    assert "demo" in letter.message.subject


async def test_an_invitation_by_text_message_is_told_and_stays_pending(world: World) -> None:
    number = {"channel_value": "+994551234567", "channel_type": "sms"}
    assert (await world.call("team.invite", path=TEAM, json=number)).data["status"] == "pending"
    (letter,) = await letters(world, "+994551234567")
    assert letter.message.channel_type == "sms"


@pytest.mark.parametrize(
    ("channel_type", "value"),
    [("email", "+994551234567"), ("email", "a b@example.org"), ("sms", JANE), ("sms", "0551234567"), ("sms", "+1")],
)
async def test_an_address_has_to_fit_its_channel(world: World, channel_type: str, value: str) -> None:
    body = {"channel_value": value, "channel_type": channel_type}
    answer = await world.call("team.invite", path=TEAM, json=body)
    assert (answer.status, answer.fields) == (422, {"channel_value"})


async def test_who_is_invited_a_member_or_elsewhere_is_409(world: World) -> None:
    await world.call("team.invite", path=TEAM, json=INVITATION)
    profile = (await world.call("customer.get", path={"customer_id": DEMO_CUSTOMER_ID})).data
    for value in (JANE.upper(), profile["email"], f"{STRANGER_ID}@example.com"):
        answer = await world.call("team.invite", path=TEAM, json={**INVITATION, "channel_value": value})
        assert (answer.status, answer.fields) == (409, {"channel_value"})


async def test_a_colleague_joins_at_once_and_may_be_invited_again_after_leaving(world: World) -> None:
    colleague = {**INVITATION, "channel_value": f"{COLLEAGUE_ID}@example.com"}
    for _ in range(2):
        answer = await world.call("team.invite", path=TEAM, json=colleague)
        assert (answer.status, answer.data["status"]) == (201, "accepted")
        assert await roles(world) == {DEMO_CUSTOMER_ID: "owner", COLLEAGUE_ID: "user"}
        assert (await world.call("team.remove_member", path=THEM)).status == 200


async def test_a_withdrawn_invitation_is_gone_and_an_accepted_one_cannot_be(world: World) -> None:
    await world.call("team.invite", path=TEAM, json=INVITATION)
    assert (await world.call("team.withdraw_invitation", path=TEAM, json=ADDRESS)).status == 200
    assert (await world.call("team.invitations", path=TEAM)).data == []
    again = await world.call("team.withdraw_invitation", path=TEAM, json=ADDRESS)
    assert (again.status, again.fields) == (404, {"channel_value"})
    value = f"{COLLEAGUE_ID}@example.com"
    await world.call("team.invite", path=TEAM, json={**INVITATION, "channel_value": value})
    for key in ("team.withdraw_invitation", "team.remind"):
        assert (await world.call(key, path=TEAM, json={"channel_value": value})).status == 404


async def test_a_reminder_is_sent_at_most_every_ten_minutes(world: World) -> None:
    await world.call("team.invite", path=TEAM, json=INVITATION)
    world.clock.advance(minutes=4)
    early = await world.call("team.remind", path=TEAM, json=ADDRESS)
    assert (early.status, early.headers["Retry-After"]) == (429, "360")
    world.clock.advance(minutes=6)
    assert (await world.call("team.remind", path=TEAM, json=ADDRESS)).status == 200
    assert (await world.call("team.remind", path=TEAM, json=ADDRESS)).status == 429
    assert len(await letters(world, JANE)) == 2
