"""Whatever a client may send by the OpenAPI document, or beside it: the answer is never a 5xx.

A real process on a real socket; requests come from schemathesis, with a fixed seed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from bridge.local import openapi
from bridge.pinghome.demo import DEMO_EMAIL, DEMO_PASSWORD
from bridge.pinghome.endpoints import LOCAL_EXTRAS, OPERATIONS
from bridge.pinghome.operation import AnyOperation
from tests.support.processes import clean_environment

ENDS_THE_SESSION = {"auth.sign_out", "customer.delete"}
"""What would leave the rest without an account; the contract tests call them."""
ROWS = [row for row in (*OPERATIONS, *LOCAL_EXTRAS) if row.key not in ENDS_THE_SESSION]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`pinghome-bridge local-pinghome` with its demo world; its address."""
    folder = tmp_path_factory.mktemp("served")
    read_end, write_end = os.pipe()
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(
        [sys.executable, "-P", "-m", "bridge", "local-pinghome", "--data", str(folder), "--port", "0",
         "--ready-fd", str(write_end)],
        cwd=folder, env=clean_environment(), pass_fds=(write_end,), stdout=log, stderr=log,
    ) as process:  # fmt: skip
        os.close(write_end)
        try:
            assert os.read(read_end, 16)
            yield address_of(process.pid)
        finally:
            os.close(read_end)
            process.terminate()
            process.wait(10)
    assert "local Pinghome failed" not in (folder / "log").read_text()


def address_of(pid: int) -> str:
    """Where a process listens, by the kernel's tables: it was given port 0."""
    inodes = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            return f"http://127.0.0.1:{int(fields[1].partition(':')[2], 16)}"
    raise AssertionError("it listens nowhere")


@pytest.fixture(scope="module")
def token(served: str) -> str:
    answer = httpx.post(f"{served}/auth/v1/auth", json={"email": DEMO_EMAIL, "password": DEMO_PASSWORD})
    return str(answer.json()["data"]["access_token"])


SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.document("0")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_no_request_is_answered_with_a_5xx(row: AnyOperation, served: str, token: str) -> None:
    described = SCHEMA[f"/{row.service}{row.path}"][row.method]

    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy())
    def call(case: Any) -> None:
        response = case.call(base_url=served, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code < 500, response.text

    call()
