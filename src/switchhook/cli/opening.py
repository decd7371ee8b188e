"""What every command begins with: the login in force, and where its results go.

The commands import what they need when they are called: `switchhook engine` should not wait for their libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from switchhook.cli.client import Client
    from switchhook.cli.output import Output


def known_types(begun: str) -> list[str]:
    """The event types that begin so, for the shell's completion."""
    from switchhook.domain.catalogue import EventType

    return [one.value for one in EventType if one.value.startswith(begun)]


AsJson = Annotated[bool, typer.Option("--json", help="JSON lines, as when the output is piped.")]
Pbx = Annotated[str, typer.Option("--service", "-s", help="The PBX: its name, friendly name or UUID.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Since = Annotated[str, typer.Option(help="From then on: 10m, 2h, 3d ago, or 2026-03-04T12:00:00Z.")]
OnlyTypes = Annotated[str, typer.Option(
    "--events", "-e", help="Only these: call.inbound_answered,ivr.*", autocompletion=known_types)]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]


def opened(as_json: bool = False) -> tuple[Client, Output]:
    """The client of the server, with the token; and the output. Raises CommandError."""
    from switchhook.cli.client import Client
    from switchhook.cli.login import current_login
    from switchhook.cli.output import Output

    return Client(current_login()), Output(as_json=as_json)


def confirmed(question: str, yes: bool) -> bool:
    """Whether to go on: asked at a terminal. Raises CommandError where nobody can answer."""
    import sys

    from switchhook.cli.exits import CommandError

    if yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("Nobody is there to be asked: add --yes.")
    return typer.confirm(question, err=True)


def text_in(file: Path) -> str:
    """The text of a file, or for - of standard input. Raises NotFound."""
    import sys

    from switchhook.cli.exits import NotFound
    from switchhook.domain.text_file import text_of

    try:
        return text_of(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from None


def since_when(typed: str) -> str:
    """The moment as the API takes it; nothing for nothing."""
    from datetime import UTC, datetime

    from switchhook.cli.naming import moment

    return moment(typed, datetime.now(UTC)) if typed else ""
