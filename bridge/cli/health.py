"""`pinghome-bridge healthcheck`: for containers, with no other tool in the image."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bridge.cli.common import ConfigOption, configuration_faults, fail

if TYPE_CHECKING:
    from bridge.settings import Settings

TIMEOUT: Final = 3.0
QUIET_FOR: Final = 20.0
"""Seconds: a worker asks for work twice a second, unless all its slots are taken by slow sends."""


class Part(StrEnum):
    """What can be asked."""

    INGRESS = "ingress"
    WORKER = "worker"
    PINGHOME = "pinghome"


def healthcheck(
    part: Annotated[Part, typer.Argument(help="Which part of this machine to ask.")], config: ConfigOption = None
) -> None:
    """Exit 0 if the part does its work, 1 if not.

    Example: pinghome-bridge healthcheck worker
    """
    from bridge.settings import load

    with configuration_faults():
        settings = load(config)
    problem = asyncio.run(_worker(settings) if part is Part.WORKER else _listener(settings, part))
    if problem is not None:
        fail(f"{part}: {problem}")
    sys.stdout.write(f"{part}: well\n")


async def _listener(settings: Settings, part: Part) -> str | None:
    import aiohttp

    port = settings.ingress.port if part is Part.INGRESS else settings.pinghome.port
    # Alive, not ready: a container that is restarted because Redis is away only makes things worse.
    url = f"http://127.0.0.1:{port}/livez"
    try:
        async with asyncio.timeout(TIMEOUT), aiohttp.ClientSession() as session, session.get(url) as response:
            return None if response.status == 200 else f"answered {response.status}"
    except (TimeoutError, aiohttp.ClientError) as error:
        return type(error).__name__


async def _worker(settings: Settings) -> str | None:
    from bridge.domain.errors import Unavailable
    from bridge.wiring import worker_silence

    async with AsyncExitStack() as stack:
        try:
            silence = await worker_silence(stack, settings)
        except Unavailable as error:
            return str(error)
    if silence is None:
        return "no worker of this host is alive"
    return None if silence < QUIET_FOR else f"has not asked for work for {silence:.0f} s"
