"""`pinghome-bridge send-sample`: post a shipped sample to a running bridge."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bridge.cli.common import EX_UNAVAILABLE, JsonOption, fail

if TYPE_CHECKING:
    from bridge.samples import Sample

TIMEOUT: Final = 10.0


class State(StrEnum):
    """The two ends of an alert's life."""

    FIRING = "firing"
    RESOLVED = "resolved"


def send_sample(
    kind: Annotated[str, typer.Argument(help="aws, gcp, azure, or aws-sns, aws-eventbridge, gcp-pubsub, ...")],
    url: Annotated[str, typer.Option(help="The bridge's ingress.")] = "http://127.0.0.1:8080",
    state: State = State.FIRING,
    source: Annotated[str | None, typer.Option(help="The configured source, if not named like the cloud.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Post a sample alert with a fresh id. The token is $SAMPLE_TOKEN, else the development token.

    Example: pinghome-bridge send-sample aws --state resolved
    """
    from bridge.samples import ALIASES, SAMPLES, build
    from bridge.settings.model import DEV_TOKEN

    name = ALIASES.get(kind, kind)
    if name not in SAMPLES:
        fail(f"no sample {kind!r}; there are {', '.join(sorted((*ALIASES, *SAMPLES)))}", 2)
    sample = build(name, firing=state is State.FIRING, now=datetime.now(UTC))
    token = os.environ.get("SAMPLE_TOKEN", DEV_TOKEN)
    status, answer = asyncio.run(_post(url, source or sample.source, sample, token))
    sys.stdout.write(f"{answer}\n" if json_output else f"{name} {state}: {status} {answer}\n")
    if status >= 300:
        raise typer.Exit(1)


async def _post(url: str, source: str, sample: Sample, token: str) -> tuple[int, str]:
    import aiohttp

    target = f"{url.rstrip('/')}/v1/alerts/{source}"
    headers = {"Content-Type": sample.content_type, "Authorization": f"Bearer {token}"}
    try:
        async with asyncio.timeout(TIMEOUT), aiohttp.ClientSession() as session:
            return await post(session, target, sample.body, headers)
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        fail(f"no answer from {url}: {type(error).__name__}; is the bridge running?", EX_UNAVAILABLE)


async def post(session: Any, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text of one POST."""
    async with session.post(target, data=body, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text()
