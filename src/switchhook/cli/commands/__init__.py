"""The commands, by what they are about."""

from __future__ import annotations

import typer

from switchhook.cli.commands import asyncapi, calls, deliveries, events, integrations, listen, login, services, users

_GROUP = "For integrators, over the API"


def add_to(cli: typer.Typer) -> None:
    """Add all of them to the command line."""
    for command in (login.login, login.logout, listen.listen, listen.trigger, asyncapi.asyncapi):
        cli.command(rich_help_panel=_GROUP)(command)
    for subject in (events, deliveries, calls, integrations, users, services):
        cli.add_typer(subject.app, rich_help_panel=_GROUP)
