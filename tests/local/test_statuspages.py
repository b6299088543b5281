from __future__ import annotations

from typing import Any

import pytest

from bridge.local.pages import page_parts
from tests.local.fixtures import StartWorld
from tests.local.kept import COMPONENT_ID, DOMAIN, MONITOR_ID, PAGE, PAGE_ID, page, prepare_world
from tests.local.world import COLLEAGUE, DEMO, STRANGER, UNKNOWN_ID, World

SECRET = "correct horse battery staple"
PRIVATE = page(type="private", password=SECRET)


async def create(world: World, **changes: Any) -> dict[str, Any]:
    answer = await world.call("statuspage.create", json=page(**changes))
    assert answer.status == 201
    data: dict[str, Any] = answer.data
    return data


async def update(world: World, page_id: str, **changes: Any) -> dict[str, Any]:
    body = {name: value for name, value in page().items() if name not in ("components", "groups")}
    answer = await world.call("statuspage.update", path={"id": page_id}, json={**body, **changes})
    assert answer.status == 200
    data: dict[str, Any] = answer.data
    return data


def part(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "resource", **more}


def names(parts: list[dict[str, Any]]) -> list[str]:
    return [entry["name"] for entry in parts]


async def test_a_page_is_kept_and_what_is_left_out_of_a_change_stays(start_world: StartWorld) -> None:
    world = await start_world()
    wanted = {"domain": "status.example.org", "dark_theme": True, "website_url": "https://example.org"}
    created = await create(world, components=[part("API")], **wanted)
    changed = await update(world, created["id"], name="New", support_url="https://example.org/help")
    assert {name: changed[name] for name in wanted} == wanted
    assert (changed["name"], changed["support_url"]) == ("New", "https://example.org/help")
    assert changed["components"] == created["components"]
    world = await start_world()
    assert (await world.call("statuspage.get", path={"id": created["id"]})).data == changed


async def test_a_domain_is_given_up_by_an_empty_one(world: World) -> None:
    created = await create(world, domain="status.example.org")
    assert (await update(world, created["id"], domain=""))["domain"] is None


async def test_names_are_unique_over_all_organisations(world: World) -> None:
    await create(world, domain="status.example.org")
    body = page(domain="Status.Example.ORG")
    for token in (STRANGER, COLLEAGUE):
        answer = await world.call("statuspage.create", json=body, token=token)
        assert (answer.status, answer.fields) == (409, {"subdomain", "domain"})
    other = await create(world, subdomain="other")
    taken = await world.call("statuspage.update", path={"id": other["id"]}, json=page())
    assert (taken.status, taken.fields) == (409, {"subdomain"})
    assert (await world.call("statuspage.get", path={"id": other["id"]})).data == other


@pytest.mark.parametrize("key", ["statuspage.get", "statuspage.unified", "statuspage.components"])
async def test_a_page_is_the_whole_organisations_and_nobody_elses(world: World, key: str) -> None:
    path = {"id": (await create(world))["id"]}
    assert (await world.call(key, path=path, token=COLLEAGUE)).status == 200
    assert (await world.call(key, path=path, token=STRANGER)).status == 404


async def test_writes_to_a_page_of_another_organisation_are_404(world: World) -> None:
    path = {"id": (await create(world))["id"]}
    for key, body in (
        ("statuspage.update", page(subdomain="mine")),
        ("statuspage.set_enabled", {"enabled": False}),
        ("statuspage.delete", None),
    ):
        assert (await world.call(key, path=path, json=body, token=STRANGER)).status == 404
    assert (await world.call("statuspage.list", token=STRANGER)).data == []
    [listed] = (await world.call("statuspage.list", token=COLLEAGUE)).data
    assert (listed["subdomain"], listed["enabled"]) == ("acme", True)
    assert (await world.call("statuspage.update", path=path, json=page(), token=COLLEAGUE)).status == 200


async def test_a_password_is_stored_as_a_hash_and_never_shown(world: World) -> None:
    answer = await world.call("statuspage.create", json=PRIVATE)
    path = {"id": answer.data["id"]}
    assert (answer.status, answer.data["has_password"]) == (201, True)
    for key in ("statuspage.get", "statuspage.unified", "statuspage.list"):
        shown = await world.call(key, path=None if key == "statuspage.list" else path)
        assert not {SECRET, "argon2"} & set(str(shown.json).split("'"))
        assert "password_hash" not in str(shown.json)
    first = await stored_hash(world)
    assert first.startswith("$argon2id$")
    await update(world, path["id"], type="private", password="another")
    assert await stored_hash(world) == first
    await update(world, path["id"], type="private", password="another", update_password=True)
    assert await stored_hash(world) != first


async def stored_hash(world: World) -> str:
    found: str = await world.store(
        lambda connection: connection.execute("SELECT password_hash FROM status_pages").fetchone()[0]
    )
    return found


async def test_a_private_page_needs_a_lock(world: World) -> None:
    answer = await world.call("statuspage.create", json=page(type="private"))
    assert (answer.status, answer.fields) == (422, {"password"})
    created = await create(world, type="private", ip_addresses=["192.0.2.0/24", "2001:db8::1"])
    body = page(type="private", ip_addresses=[])
    opened = await world.call("statuspage.update", path={"id": created["id"]}, json=body)
    assert (opened.status, opened.fields) == (422, {"password"})
    public = await create(world, subdomain="public")
    closed = await world.call("statuspage.update", path={"id": public["id"]}, json={**PRIVATE, "subdomain": "public"})
    assert (closed.status, closed.fields) == (422, {"password"})
    body = {**PRIVATE, "subdomain": "public", "update_password": True}
    assert (await world.call("statuspage.update", path={"id": public["id"]}, json=body)).status == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subdomain": "a.b"}, "subdomain"),
        ({"subdomain": "Acme"}, "subdomain"),
        ({"subdomain": "-a"}, "subdomain"),
        ({"subdomain": "a\n"}, "subdomain"),
        ({"type": "secret"}, "type"),
        ({"domain": "localhost"}, "domain"),
        ({"domain": "a b.example.com"}, "domain"),
        ({"domain": "\u212a.example.com"}, "domain"),
        ({"website_url": "javascript:alert(1)"}, "website_url"),
        ({"privacy_url": "example.com"}, "privacy_url"),
        ({"support_url": "https://example.com/\n"}, "support_url"),
        ({"ip_addresses": ["8.8.8"]}, "ip_addresses"),
        ({"dark_theme": "yes"}, "dark_theme"),
        ({"components": [{"type": "resource"}]}, "components[0].name"),
        ({"components": [part("a", status="fine")]}, "components[0].status"),
        ({"groups": [{"name": "g"}]}, "groups[0].components"),
    ],
)
async def test_what_a_page_cannot_be_is_refused_by_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    answer = await world.call("statuspage.create", json=page(**changes))
    assert (answer.status, answer.fields) == (422, {field})


async def test_a_new_password_must_be_given(world: World) -> None:
    path = {"id": (await create(world))["id"]}
    answer = await world.call("statuspage.update", path=path, json=page(update_password=True))
    assert (answer.status, answer.fields) == (422, {"password"})


async def test_components_and_groups_are_replaced_as_a_whole_and_keep_their_ids(world: World) -> None:
    created = await create(
        world,
        components=[part("API", description="d", status="degraded-performance"), part("Web")],
        groups=[{"name": "Data", "components": [part("DB"), part("Cache")]}, {"name": "Rest", "components": []}],
    )
    api, web = created["components"]
    assert (api["status"], api["description"], web["status"]) == ("degraded-performance", "d", "operational")
    data, rest = created["groups"]
    db = data["components"][0]
    assert (names(data["components"]), db["group_id"], rest["components"]) == (["DB", "Cache"], data["id"], [])
    changed = await update(
        world,
        created["id"],
        components=[part("New"), part("DB outside", id=db["id"])],
        groups=[{"name": "Data 2", "id": data["id"], "components": [part("API inside", id=api["id"])]}],
    )
    assert names(changed["components"]) == ["New", "DB outside"]
    assert changed["components"][1]["id"] == db["id"]
    [group] = changed["groups"]
    assert (group["id"], group["name"]) == (data["id"], "Data 2")
    [inside] = group["components"]
    # A status that was left out stays.
    assert (inside["id"], inside["status"]) == (api["id"], "degraded-performance")
    listed = (await world.call("statuspage.components", path={"id": created["id"]})).data
    assert {entry["id"] for entry in listed} == {inside["id"], *(entry["id"] for entry in changed["components"])}


async def test_one_of_the_two_lists_may_be_replaced_alone(world: World) -> None:
    created = await create(
        world, components=[part("API")], groups=[{"name": "Data", "components": [part("DB"), part("Cache")]}]
    )
    changed = await update(world, created["id"], components=[part("Web")])
    assert names(changed["components"]) == ["Web"]
    assert changed["groups"] == created["groups"]
    changed = await update(world, created["id"], groups=[])
    assert (names(changed["components"]), changed["groups"]) == (["Web"], [])
    assert len((await world.call("statuspage.components", path={"id": created["id"]})).data) == 1


async def test_ids_of_other_pages_and_ids_given_twice_are_refused_and_nothing_changes(world: World) -> None:
    await prepare_world(world)
    created = await create(world, components=[part("API")], groups=[{"name": "Data", "components": [part("DB")]}])
    api, data = created["components"][0]["id"], created["groups"][0]["id"]
    inside = {"name": "Data", "components": [part("a", id=UNKNOWN_ID)]}
    for status, field, lists in (
        (404, "components[1].id", {"components": [part("a"), part("b", id=COMPONENT_ID)]}),
        (404, "groups[0].components[0].id", {"groups": [inside]}),
        (404, "groups[0].id", {"groups": [{"name": "g", "id": UNKNOWN_ID, "components": []}]}),
        (422, "components[1].id", {"components": [part("a", id=api), part("b", id=api)]}),
        (422, "groups[1].id", {"groups": [{"name": "g", "id": data, "components": []}] * 2}),
        (404, "components[0].resource_id", {"components": [part("a", resource_id=UNKNOWN_ID)]}),
    ):
        answer = await world.call("statuspage.update", path={"id": created["id"]}, json={**page(), **lists})
        assert (answer.status, answer.fields) == (status, {field})
    assert (await world.call("statuspage.get", path={"id": created["id"]})).data == created


async def test_a_component_shows_a_monitor_of_the_organisation(world: World) -> None:
    await prepare_world(world)
    created = await create(world, components=[part("API", resource_id=MONITOR_ID)])
    assert created["components"][0]["resource_id"] == MONITOR_ID
    body = page(subdomain="foreign", components=[part("API", resource_id=MONITOR_ID)])
    foreign = await world.call("statuspage.create", json=body, token=STRANGER)
    assert (foreign.status, foreign.fields) == (404, {"components[0].resource_id"})
    await world.call("uptime.delete", path={"id": MONITOR_ID})
    shown = (await world.call("statuspage.get", path={"id": created["id"]})).data
    assert shown["components"][0]["resource_id"] is None


async def test_a_page_has_a_bounded_number_of_components(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_parts, "COMPONENT_LIMIT", 2)
    created = await create(world, components=[part("a"), part("b")])
    await update(world, created["id"], components=[part("c"), part("d")])
    groups = [{"name": "g", "components": [part("e")]}]
    answer = await world.call("statuspage.update", path={"id": created["id"]}, json={**page(), "groups": groups})
    assert answer.status == 200
    del (body := page(groups=groups))["components"]
    await update(world, created["id"], components=[part("a"), part("b")], groups=[])
    assert (await world.call("statuspage.update", path={"id": created["id"]}, json=body)).fields == {"components"}


async def test_the_unified_view_tells_the_worst_of_the_components(world: World) -> None:
    created = await create(world, favicon="org/icon.png")
    path = {"id": created["id"]}
    assert (await world.call("statuspage.unified", path=path)).data["status"] is None
    grouped = [{"name": "g", "components": [part("b", status="partial-outage")]}]
    await update(world, created["id"], components=[part("a", status="maintenance")], groups=grouped)
    unified = (await world.call("statuspage.unified", path=path)).data
    assert (unified["status"], unified["theme"]["favicon"]) == ("partial-outage", "org/icon.png")
    assert names(unified["groups"][0]["components"]) == ["b"]


async def test_a_domain_must_point_at_the_page_and_nobody_looked(world: World) -> None:
    await prepare_world(world)
    for domain, token, target in (
        (DOMAIN, DEMO, "prepared.status.local"),
        (DOMAIN.upper(), COLLEAGUE, "prepared.status.local"),
        (DOMAIN, STRANGER, None),
        ("www.example.com", DEMO, None),
    ):
        answer = await world.call("statuspage.cname", path={"domain": domain}, token=token)
        assert answer.data == {"domain": domain, "cname": target, "verified": None}
    assert (await world.call("statuspage.cname", path={"domain": "no domain"})).status == 404


async def test_a_page_is_hidden_and_deleted(world: World) -> None:
    await prepare_world(world)
    assert (await world.call("statuspage.set_enabled", path=PAGE, json={"enabled": "no"})).fields == {"enabled"}
    assert (await world.call("statuspage.set_enabled", path=PAGE, json={"enabled": False})).data["enabled"] is False
    assert (await world.call("statuspage.delete", path=PAGE)).data == {"id": PAGE_ID}
    assert (await world.call("statuspage.delete", path=PAGE)).status == 404
    assert (await world.call("statuspage.component_statistics", path={"id": COMPONENT_ID})).status == 404
