"""`doctor` on a running bridge: all well, and every link broken in its turn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_up import up
from tests.support.processes import Up, run

__all__ = ["up"]


async def doctor(up: Up, folder: Path, **environment: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """The links by their names."""
    settings = {"PINGHOME_BRIDGE_PINGHOME__URL": up.pinghome + "/{service}", **environment}
    words = ("doctor", "--ingress-url", up.ingress, "--admin-url", up.admin, "--json")
    code, out, err = await run(*words, cwd=folder, environment=settings)
    return code, {link["name"]: link for link in json.loads(out)}, err


async def test_every_link_is_good_and_pages_nobody(up: Up, tmp_path: Path) -> None:
    code, links, err = await doctor(up, tmp_path)
    assert (code, err) == (0, "")
    states = {name: link["state"] for name, link in links.items()}
    assert states.pop("store") == "skipped"
    assert set(states.values()) == {"ok"}
    code, out, _ = await run(
        *("pinghome", "incident", "list", "de300000-0000-4000-8000-000000000003", "--json"),
        *("--url", up.pinghome + "/{service}"),
        cwd=tmp_path,
    )
    assert (code, json.loads(out)) == (0, [])


async def test_each_broken_link_is_named_with_a_remedy(up: Up, tmp_path: Path, unused_tcp_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    route = [{"name": "everything", "to": [{"webhook": "unknown"}]}]
    cases = {
        "store": ({"PINGHOME_BRIDGE_REDIS__URL": f"redis://127.0.0.1:{unused_tcp_port}/0"}, "Is redis.url right"),
        "admin": ({"PINGHOME_BRIDGE_ADMIN__TOKEN": "wrong"}, "refuses the token"),
        "pinghome": ({"PINGHOME_BRIDGE_PINGHOME__URL": nowhere + "/{service}"}, "Is pinghome.url right"),
        "account": ({"PINGHOME_BRIDGE_PINGHOME__PASSWORD": "wrong"}, "Are pinghome.email and pinghome.password right"),
        "webhooks": ({"PINGHOME_BRIDGE_ROUTES": json.dumps(route)}, "`provision` makes one"),
        "accept": ({"PINGHOME_BRIDGE_SOURCES__AWS__VERIFY__TOKEN": "wrong"}, "the source's token"),
    }
    for name, (environment, remedy) in cases.items():
        code, links, err = await doctor(up, tmp_path, **environment)
        assert (name, code, links[name]["state"]) == (name, 1, "failed")
        assert remedy in links[name]["words"]
        assert err.startswith(f"pinghome-bridge: {name} fails: ")
        assert "wrong" not in err


@pytest.mark.parametrize("option", ["--ingress-url"])
async def test_an_ingress_that_is_not_there(up: Up, tmp_path: Path, unused_tcp_port: int, option: str) -> None:
    words = ("doctor", option, f"http://127.0.0.1:{unused_tcp_port}", "--admin-url", up.admin, "--json")
    code, out, err = await run(*words, cwd=tmp_path)
    assert code == 1
    assert {link["name"]: link["state"] for link in json.loads(out)}["ingress"] == "failed"
    assert "Is `serve` or `up` running there?" in err
