"""The jobs that arq runs. None of them holds the only copy of anything: a lost one is made up by the next."""

from __future__ import annotations

from typing import Any, cast

import structlog

from bridge.domain.errors import Unavailable
from bridge.pinghome.errors import PinghomeError
from workers.host import Host

HOST = "host"

log = structlog.get_logger(__name__)


async def promote(ctx: dict[str, Any]) -> None:
    """Every second: bring back the sends that have come due."""
    try:
        moved = await cast(Host, ctx[HOST]).promote()
    except Unavailable as error:
        log.warning("not_promoted", reason=str(error))
        return
    if moved:
        log.info("promoted", sends=moved)


async def tidy(ctx: dict[str, Any]) -> None:
    """Every ten seconds: forget what has expired, and what is too much."""
    try:
        await cast(Host, ctx[HOST]).tidy()
    except Unavailable as error:
        log.warning("not_tidied", reason=str(error))


async def test_channels(ctx: dict[str, Any]) -> None:
    """Every minute: test the channels that are due."""
    try:
        await cast(Host, ctx[HOST]).test_channels()
    except (Unavailable, PinghomeError) as error:
        log.warning("channels_not_tested", reason=str(error))
