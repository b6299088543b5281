"""One test alert, followed through every link of the bridge: which one fails, and what to do about it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import aiohttp

from bridge import wiring
from bridge.domain.errors import Unavailable
from bridge.pinghome.client import Pinghome
from bridge.pinghome.errors import PinghomeError, Unauthorized
from bridge.provisioning import needs
from bridge.settings import Settings
from bridge.settings.verify import BasicVerify, TokenVerify
from bridge.store.health import StoreHealth
from bridge.trials import TRIALS, trial

TIMEOUT: Final = 5.0
PATIENCE: Final = 15.0
"""Seconds for the test alert to be planned, and again to be delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain: what was found, and what to do where it failed."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    words: str
    took_ms: float = 0.0


class Broken(Exception):
    """A link that fails; its text says why and what to do."""


class Skipped(Exception):
    """A link that cannot be tried; its text says why."""


@dataclass(slots=True)
class Visit:
    """What the links share."""

    settings: Settings
    session: aiohttp.ClientSession
    ingress: str
    admin: str
    source: str | None
    event: dict[str, Any] = field(default_factory=dict)
    delivery: str | None = None


def listener(host: str, port: int) -> str:
    """Where a listener of this machine is reached."""
    reached = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


async def tried(name: str, check: Callable[[Visit], Awaitable[str]], visit: Visit) -> Link:
    began = time.perf_counter()
    state: Literal["ok", "failed", "skipped"] = "ok"
    try:
        words = await check(visit)
    except Broken as broken:
        state, words = "failed", str(broken)
    except Skipped as skipped:
        state, words = "skipped", str(skipped)
    return Link(name=name, state=state, words=words, took_ms=round((time.perf_counter() - began) * 1000, 1))


async def _redis(visit: Visit) -> str:
    if visit.settings.redis.url is None:
        raise Skipped("`up` has a Valkey of its own, which only its parts can reach; the ingress tells of it below")
    async with AsyncExitStack() as stack:
        store = wiring.open_store(stack, visit.settings)
        try:
            facts = await StoreHealth(store.queries).facts()
        except Unavailable as error:
            raise Broken(f"{error}. Is redis.url right, and Redis running?") from None
    if facts.hazards:
        raise Broken(f"{'; '.join(facts.hazards)}. See config/valkey.conf")
    return facts.guarantee


async def _ingress(visit: Visit) -> str:
    status, document = await _get(visit, f"{visit.ingress}/readyz", "Is `serve` or `up` running there?")
    if status != 200:
        raise Broken(f"it is not ready: {_reason(document)}")
    return f"ready at {visit.ingress}"


async def _admin(visit: Visit) -> str:
    status, document = await _get(
        visit, f"{visit.admin}/v1/config", "Is admin.port right? --admin-url says another.", _bearer(visit)
    )
    if status == 401:
        raise Broken("it refuses the token. admin.token here and there differ")
    if status != 200:
        raise Broken(f"it answers {status}: {_reason(document)}")
    return f"answers at {visit.admin}"


async def _pinghome(visit: Visit) -> str:
    async with _client(visit) as pinghome:
        await pinghome.incidents.health_check()
    return f"answers at {visit.settings.pinghome.template()}"


async def _account(visit: Visit) -> str:
    if visit.settings.pinghome.email is None or visit.settings.pinghome.password is None:
        raise Skipped("no pinghome.email and pinghome.password: relaying needs none")
    async with _client(visit) as pinghome:
        teams = await pinghome.teams.list()
    return f"signed in; {len(teams)} teams"


async def _webhooks(visit: Visit) -> str:
    if visit.settings.pinghome.email is None or visit.settings.pinghome.password is None:
        raise Skipped("without an account only a delivery can show whether the ids are good")
    wanted = needs(visit.settings)
    async with _client(visit) as pinghome:
        known = {webhook.id for webhook in await pinghome.webhooks.list()}
    missing = sorted({route for webhook, route in wanted.webhooks.items() if webhook not in known})
    if missing:
        raise Broken(f"the webhook of the routes {', '.join(missing)} is unknown to Pinghome. `provision` makes one")
    return f"{len(wanted.webhooks)} known to Pinghome"


async def _accept(visit: Visit) -> str:
    name, headers = _provable(visit)
    kind = visit.settings.sources[name].kind
    url = f"{visit.ingress}/v1/alerts/{name}"
    with _calls("The ingress stopped answering. Look at its log"):
        async with asyncio.timeout(TIMEOUT), visit.session.post(
            url, data=trial(kind, datetime.now(UTC)), headers={**headers, "Content-Type": "application/json"}
        ) as answer:  # fmt: skip
            document = await _document(answer)
            if answer.status != 202:
                raise Broken(
                    f"source {name} answers {answer.status}: {_reason(document)}. {_REMEDIES.get(answer.status, '')}"
                )
    visit.delivery = str(document.get("id"))
    return f"a test alert is stored as {visit.delivery}, source {name}"


async def _planned(visit: Visit) -> str:
    event = await _until(visit, lambda event: bool(event.get("alerts")), "no worker plans it. Is `worker` running?")
    alert = event["alerts"][0]
    if alert["action"] != "test":
        raise Broken(f"it was read as {alert['type']} with action {alert['action']}, not as a test")
    return f"{alert['type']}, route {alert['route']}: {alert['reason']}"


async def _delivered(visit: Visit) -> str:
    if not visit.event.get("sends"):
        raise Skipped("its route drops it: nothing is to be delivered")
    event = await _until(
        visit,
        lambda event: all(send["state"] in ("delivered", "dead") or send["attempts"] for send in event["sends"]),
        "nobody tries to deliver it. Is `worker` running, or its destination held up by earlier alerts?",
    )
    for send in event["sends"]:
        if send["state"] != "delivered":
            last = send["attempts"][-1] if send["attempts"] else {}
            raise Broken(f"{send['target']}: {send['reason'] or last}. It is tried again; look at `pinghome.url`")
    return f"{len(event['sends'])} delivered"


async def _back(visit: Visit) -> str:
    if visit.settings.pinghome.email is None or visit.settings.pinghome.password is None:
        raise Skipped("without an account it cannot be read back from Pinghome")
    wanted = {alert["id"] for alert in visit.event.get("alerts", ())}
    if not visit.event.get("sends"):
        raise Skipped("nothing was delivered")
    async with _client(visit) as pinghome:
        for webhook in needs(visit.settings).webhooks:
            for event in await pinghome.webhooks.events(webhook, limit=50):
                if isinstance(event.body, dict) and event.body.get("id") in wanted:
                    return "Pinghome shows it among the webhook's events"
    raise Broken("Pinghome took it and does not show it among the webhook's events")


_REMEDIES: Final = {
    401: "Is the source's token here the one that the bridge runs with?",
    404: "The bridge that runs does not know this source: was it restarted?",
    503: "The store cannot take it: see Redis",
}


def _provable(visit: Visit) -> tuple[str, dict[str, str]]:
    """A source that this command can prove itself to, and the proof."""
    for name, source in visit.settings.sources.items():
        if visit.source not in (None, name) or source.kind not in TRIALS:
            continue
        if isinstance(source.verify, TokenVerify):
            return name, {"Authorization": f"Bearer {source.verify.token[0].get_secret_value()}"}
        if isinstance(source.verify, BasicVerify):
            pair = f"{source.verify.user}:{source.verify.password[0].get_secret_value()}"
            return name, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    kinds = ", ".join(sorted(TRIALS))
    raise Skipped(f"no source of the kinds {kinds} takes a token or Basic: only its sender can try the way in")


async def _until(visit: Visit, good: Callable[[dict[str, Any]], bool], otherwise: str) -> dict[str, Any]:
    """The event's record, once it is as it should be."""
    if visit.delivery is None:
        raise Skipped("no test alert was accepted")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status, document = await _get(
            visit, f"{visit.admin}/v1/events/{visit.delivery}", "It is needed to follow the alert.", _bearer(visit)
        )
        if status not in (200, 404):
            raise Skipped(f"the admin API answers {status}: the alert cannot be followed")
        if status == 200 and good(document):
            visit.event = document
            return document
        await asyncio.sleep(0.05)
    raise Broken(f"after {PATIENCE:.0f} s {otherwise}")


def _bearer(visit: Visit) -> dict[str, str]:
    token = visit.settings.admin.token
    return {} if token is None else {"Authorization": f"Bearer {token[0].get_secret_value()}"}


@asynccontextmanager
async def _client(visit: Visit) -> AsyncIterator[Pinghome]:
    """A client of Pinghome, with its errors as words."""
    try:
        async with Pinghome(visit.settings.pinghome, visit.session) as pinghome:
            yield pinghome
    except Unauthorized as error:
        raise Broken(f"{error}. Are pinghome.email and pinghome.password right?") from None
    except PinghomeError as error:
        raise Broken(f"{error}. Is pinghome.url right ({visit.settings.pinghome.template()})?") from None


async def _get(
    visit: Visit, url: str, remedy: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    with _calls(remedy):
        async with asyncio.timeout(TIMEOUT), visit.session.get(url, headers=headers) as answer:
            return answer.status, await _document(answer)


@contextmanager
def _calls(remedy: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Broken(f"no answer within {TIMEOUT:.0f} s. {remedy}") from None
    except aiohttp.ClientError as error:
        raise Broken(f"{type(error).__name__}. {remedy}") from None


async def _document(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        found = json.loads(await answer.text())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(document: dict[str, Any]) -> str:
    error = document.get("error")
    told = error.get("message") if isinstance(error, dict) else document.get("problems") or document.get("message")
    return str(told or "it does not say why")


LINKS: Final[dict[str, Callable[[Visit], Awaitable[str]]]] = {
    "store": _redis,
    "ingress": _ingress,
    "admin": _admin,
    "pinghome": _pinghome,
    "account": _account,
    "webhooks": _webhooks,
    "accept": _accept,
    "plan and route": _planned,
    "delivery": _delivered,
    "read back": _back,
}
