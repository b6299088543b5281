"""`secrets`: new ones, and a change of one in which no sender is locked out."""

from __future__ import annotations

import secrets as chance
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bridge.cli.common import ConfigOption, configuration_faults, fail

BYTES: Final = 32
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

KeyArgument = Annotated[str, typer.Argument(help="A key of the configuration, such as sources.aws.verify.token.")]


@app.command()
def new(
    file: Annotated[Path | None, typer.Option(help="Write it there instead; an existing file is left alone.")] = None,
) -> None:
    """Make a fresh secret of 256 random bits.

    Example: pinghome-bridge secrets new --file secrets/aws-token
    """
    secret = chance.token_urlsafe(BYTES)
    if file is None:
        sys.stdout.write(secret + "\n")
        return
    if file.exists():
        fail(f"{file} is there already; nothing is changed")
    _write(file, [secret])
    sys.stdout.write(f"{file} is written\n")


@app.command()
def rotate(key: KeyArgument, config: ConfigOption = None) -> None:
    """Put a new secret beside the present one: both are good until `secrets retire`.

    Example: pinghome-bridge secrets rotate sources.aws.verify.token
    """
    file = _file_of(key, config)
    secret = chance.token_urlsafe(BYTES)
    if file is None:
        sys.stdout.write(
            f"{key} stands in the configuration itself. Put the new secret before the present one:\n"
            f"  {key.rpartition('.')[2]}: [{secret}, <the present one>]\n"
            "Restart the bridge, give the sender the new one, then take the old one out.\n"
        )
        return
    lines = _lines(file)
    if len(lines) > 1:
        fail(f"{file} holds two secrets already: `secrets retire {key}` drops the old one first")
    _write(file, [secret, *lines])
    sys.stdout.write(
        f"{file} now holds the new secret in its first line and the old one in its second.\n"
        f"Restart the bridge, give the sender the new one, then: pinghome-bridge secrets retire {key}\n"
    )


@app.command()
def retire(key: KeyArgument, config: ConfigOption = None) -> None:
    """Drop the old secret of a key that was rotated.

    Example: pinghome-bridge secrets retire sources.aws.verify.token
    """
    file = _file_of(key, config)
    if file is None:
        fail(f"{key} stands in the configuration itself: take the second entry of its list out")
    lines = _lines(file)
    if len(lines) < 2:
        fail(f"{file} holds one secret: there is no old one")
    _write(file, lines[:1])
    sys.stdout.write(f"{file} holds the new secret alone. Restart the bridge.\n")


def _file_of(key: str, config: Path | None) -> Path | None:
    """The file that holds a key's secrets; None where it stands in the configuration itself."""
    from bridge.domain.errors import ConfigError, ConfigFault
    from bridge.settings.load import ROTATED_KEYS, configured_file, load, read_document

    with configuration_faults():
        load(config)
    path = configured_file(config)
    if path is None:
        fail("there is no configuration file: the development default has published tokens only", 2)
    faults: list[ConfigFault] = []
    document = read_document(path, faults)
    if faults:
        with configuration_faults():
            raise ConfigError(faults)
    rotatable = dict(_rotatable(document, (), ROTATED_KEYS))
    if key not in rotatable:
        fail(f"{path} has no such key that can be rotated; it has: {', '.join(sorted(rotatable)) or 'none'}", 2)
    return rotatable[key]


def _rotatable(value: Any, place: tuple[str, ...], names: frozenset[str]) -> list[tuple[str, Path | None]]:
    """Every key that may hold two secrets, with its file if it has one. Pinghome's password is one of a kind."""
    if not isinstance(value, Mapping) or place == ("pinghome",):
        return []
    found: list[tuple[str, Path | None]] = []
    for name, member in value.items():
        base = str(name).removesuffix("_file")
        if base in names and not isinstance(member, Mapping):
            found.append((".".join((*place, base)), None if base == name else Path(str(member))))
        else:
            found += _rotatable(member, (*place, str(name)), names)
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {getattr(error, 'strerror', None) or 'is no UTF-8 text'}")


def _write(file: Path, lines: list[str]) -> None:
    from bridge.settings.files import write_secret

    try:
        write_secret(file, "\n".join(lines))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
