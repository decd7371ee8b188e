"""`switchhook events`: what happens, as it happens."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from switchhook.cli.opening import AsJson, OnlyTypes, Pbx, Since, opened, since_when

app = typer.Typer(name="events", no_args_is_help=True, help="What happens, as it happens.")


@app.command()
def tail(
    events: OnlyTypes = "", service: Pbx = "", since: Since = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="End after so many; 0: never.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show the account's events as they happen. Ctrl-C ends it."""
    from rich.markup import escape

    from switchhook.cli import following, naming
    from switchhook.cli.output import clock

    client, output = opened(as_json)
    types = naming.event_types(client, events)
    service_id = naming.service_named(client, service)["id"] if service else ""
    told_events = following.follow(
        client, types=types, service_id=service_id, since=since_when(since), tell=lambda text: output.note(text, "red"))
    try:
        for told in islice(told_events, limit or None):
            fields = told["fields"]
            numbers = "" if fields.get("call_uuid") is None else (
                f"  {fields.get('source_number') or 'withheld'} → {fields.get('destination_number') or ''}")
            unwanted = f"  ({told['unwanted_reason']})" if told["unwanted_reason"] else ""
            more = " ".join(str(fields[name]) for name in ("extension_number", "name", "ivr_name", "option_selected")
                            if fields.get(name))
            output.record(told, f"{clock(told['at'])}  [bold]{told['type']:<22}[/]{escape(numbers)}  {escape(more)}"
                                f"[dim]{escape(unwanted)}  {told['id']}[/]")
    except KeyboardInterrupt:
        output.note("Ended.")
