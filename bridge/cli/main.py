"""The command `pinghome-bridge`. Commands import what they need when they run: `--help` stays fast."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from bridge.cli import check, demo, health, routes, samples, serve, setup, up

app = typer.Typer(
    name="pinghome-bridge",
    help="Takes alerts, proves who sent them, stores them durably and delivers them to Pinghome.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("local-pinghome")(serve.local_pinghome)
app.command("check-config")(check.check_config)
app.command("explain")(check.explain)
app.command("send-sample")(samples.send_sample)
app.command("demo")(demo.demo)
app.command("setup")(setup.setup)
app.add_typer(routes.app, name="routes")
app.command("healthcheck")(health.healthcheck)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        sys.stdout.write(f"pinghome-bridge {version('pinghome-bridge')}\n")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Takes alerts, proves who sent them, stores them durably and delivers them to Pinghome."""


def main() -> None:
    """Entry point of the script."""
    app()
