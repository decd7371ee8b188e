"""`switchhook calls`: calls with their timelines, and why a webhook did or did not fire."""

from __future__ import annotations

from typing import Annotated

import typer

from switchhook.cli.opening import AsJson, Most, Pbx, Since, opened, since_when

app = typer.Typer(name="calls", no_args_is_help=True, help="Calls, and why a webhook did or did not fire.")


@app.command("list")
def list_(
    number: Annotated[str, typer.Option(help="From or to this number.")] = "",
    extension: Annotated[str, typer.Option(help="Of the user with this extension.")] = "",
    service: Pbx = "", since: Since = "", limit: Most = 50, as_json: AsJson = False,
) -> None:
    """The newest calls."""
    from switchhook.cli import naming
    from switchhook.cli.output import clock

    client, output = opened(as_json)
    found = list(client.pages(
        "/calls", most=limit, number=number, extension=extension, since=since_when(since),
        service_id=naming.service_named(client, service)["id"] if service else ""))
    output.table(found, ("Began", "Direction", "From", "To", "Extension", "State", "Call UUID"), (
        (clock(one["began_at"]), one["direction"], one["source_number"] or "withheld", one["destination_number"],
         one["extension_number"], one["state"], one["id"]) for one in found))


@app.command()
def show(
    call: Annotated[str, typer.Argument(help="The Call UUID, or the PBX's own id of the call.")],
    as_json: AsJson = False,
) -> None:
    """One call: what happened, what fired and to whom, what did not and why."""
    from rich.markup import escape

    from switchhook.cli import naming
    from switchhook.cli.exits import BadData, NotFound
    from switchhook.cli.output import clock

    client, output = opened(as_json)
    try:
        id_ = str(naming.id_of(call, "call"))
    except BadData:
        found = list(client.pages("/calls", most=1, native_call_id=call))
        if not found:
            raise NotFound(f"There is no call {call!r}.") from None
        id_ = found[0]["id"]
    told = client.get(f"/calls/{id_}")
    names = {one["id"]: one["name"] for one in client.pages("/integrations")} if not output.as_json else {}
    lines = [f"[bold]{escape(told['source_number'] or 'withheld')} → {escape(told['destination_number'])}[/]  "
             f"{told['direction']}  {told['state']}  [dim]{told['id']}[/]"]
    owed = {event["id"]: event["deliveries"] for event in told["events"]}
    for entry in told["timeline"]:
        mark = {"told": "[green]●[/]", "withheld": "[yellow]○[/]"}.get(entry["kind"], "[dim]·[/]")
        text = f"{entry['event_type']}  {entry['text']}".strip()
        lines.append(f"{clock(entry['at'])[11:]}  {mark} {escape(text)}")
        lines += [f"            → {escape(names.get(one['integration_id'], '(deleted)'))}: {one['state']}  "
                  f"[dim]{one['id']}[/]" for one in owed.get(entry["event_id"], ())]
    if told["not_fired"]:
        lines.append("\n[bold]Not sent[/]")
        lines += [f"  {one['event_type']}: {escape(one['reason'])}" for one in told["not_fired"]]
    output.record(told, *lines)
