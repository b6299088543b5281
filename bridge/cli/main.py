"""The command `pinghome-bridge`. Commands import what they need when they run: `--help` stays fast."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from bridge.cli import (
    channels,
    check,
    demo,
    doctor,
    health,
    local,
    oncall,
    provision,
    routes,
    samples,
    secrets,
    serve,
    setup,
    up,
)
from bridge.cli.pinghome import Systems

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
app.add_typer(local.app, name="local-pinghome")
app.command("check-config")(check.check_config)
app.command("explain")(check.explain)
app.command("send-sample")(samples.send_sample)
app.add_typer(secrets.app, name="secrets", help="Secrets: new ones, and a change without a gap.")
app.command("provision")(provision.provision)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("setup")(setup.setup)
app.add_typer(routes.app, name="routes")
app.command("healthcheck")(health.healthcheck)
app.add_typer(channels.app, name="channels", help="Tests of notification channels, and what they prove.")
app.add_typer(oncall.app, name="oncall", help="Who is on call, from a file of schedule entries.")
app.add_typer(
    typer.Typer(cls=Systems, no_args_is_help=True, rich_markup_mode=None),
    name="pinghome",
    help="Any operation of the Pinghome API, from the command line.",
)


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
