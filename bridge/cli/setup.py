"""`pinghome-bridge setup`: a configuration of one's own, with fresh secrets, for a first start that is not on
a developer's machine."""

from __future__ import annotations

import secrets
import sys
import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from bridge.cli.common import EX_CANTCREAT, fail

CLOUDS: Final = ("aws", "azure", "gcp")


def setup(
    config_dir: Annotated[Path, typer.Option(help="Folder for bridge.yaml and its secrets.")] = Path("config"),
    redis_url: Annotated[str, typer.Option(help="Where Valkey or Redis is.")] = "redis://127.0.0.1:6379/0",
    pinghome_url: Annotated[
        str, typer.Option(help="Where Pinghome is: `cloud`, or a template with {service}.")
    ] = "http://127.0.0.1:8090/{service}",
    host: Annotated[str, typer.Option(help="The address that all listeners bind.")] = "0.0.0.0",  # noqa: S104
) -> None:
    """Write bridge.yaml with fresh tokens and ids. A configuration that is already there is left alone.

    Example: pinghome-bridge setup --config-dir /config --redis-url redis://valkey:6379/0
    """
    target = config_dir / "bridge.yaml"
    if target.exists():
        sys.stdout.write(f"{target} is already there; nothing is changed\n")
        return
    folder = config_dir / "secrets"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, secret in _secrets().items():
            _write(folder / name, secret)
        # Written last: without it a start that was cut off is simply begun again.
        _write(target, _configuration(folder.resolve(), redis_url, pinghome_url, host))
    except OSError as error:
        fail(f"{config_dir}: {error.strerror}", EX_CANTCREAT)
    sys.stdout.write(f"{target} is written; the sources' tokens are in {folder}/<source>-token\n")


def _secrets() -> dict[str, str]:
    tokens = {f"{name}-token": secrets.token_urlsafe(32) for name in (*CLOUDS, "admin", "heartbeat")}
    ids = {"webhook-id": str(uuid.uuid4()), "heartbeat-id": str(uuid.uuid4())}
    return {**tokens, **ids, "pinghome-password": secrets.token_urlsafe(24)}


def _write(path: Path, text: str) -> None:
    """Readable by its owner alone, and never half written."""
    temporary = path.with_name(path.name + ".new")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _configuration(folder: Path, redis_url: str, pinghome_url: str, host: str) -> str:
    sources = "".join(
        f"  {cloud}:\n    kind: {cloud}\n    verify: {{method: token, token_file: {folder}/{cloud}-token}}\n"
        for cloud in CLOUDS
    )
    return f"""\
# Written by `pinghome-bridge setup`; yours to change. docs/reference/settings.md names every key.
ingress:
  host: {host}
admin:
  host: {host}
  token_file: {folder}/admin-token
redis:
  url: {redis_url}
pinghome:
  url: {pinghome_url!r}
  host: {host}
  email: bridge@example.com
  password_file: {folder}/pinghome-password
sources:
{sources}routes:
  - name: everything
    to:
      - webhook_file: {folder}/webhook-id
heartbeats:
  example-job:
    id_file: {folder}/heartbeat-id
    token_file: {folder}/heartbeat-token
"""
