"""`switchhook deliveries`: what is owed and was sent, attempt by attempt; and redelivering."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from switchhook.cli.opening import AsJson, Most, Since, Yes, confirmed, known_types, opened, since_when

app = typer.Typer(name="deliveries", no_args_is_help=True, help="What is owed and was sent; sending it again.")

AT_ONCE = 500


class State(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


Wanted = Annotated[State | None, typer.Option(help="Only those in this state.")]
Of = Annotated[str, typer.Option("--integration", "-i", help="Only this integration's (name or UUID).")]
OfEvent = Annotated[
    str, typer.Option("--event", "-e", help="Only of this event type.", autocompletion=known_types)]


@app.command("list")
def list_(
    state: Wanted = None, integration: Of = "", event: OfEvent = "",
    number: Annotated[str, typer.Option(help="Only of calls from or to this number.")] = "",
    since: Since = "", limit: Most = 50, as_json: AsJson = False,
) -> None:
    """The newest deliveries."""
    from switchhook.cli import naming
    from switchhook.cli.output import clock

    client, output = opened(as_json)
    integrations = {one["id"]: one["name"] for one in client.pages("/integrations")} if not output.as_json else {}
    found = list(client.pages(
        "/deliveries", most=limit, state=state, type=event, number=number, since=since_when(since),
        integration_id=naming.integration_named(client, integration)["id"] if integration else ""))
    output.table(found, ("Created", "Event", "Integration", "State", "Attempts", "Answer", "Id"), (
        (clock(one["created_at"]), one["event_type"], integrations.get(one["integration_id"], "(deleted)"),
         one["state"], one["attempts"], one["last_status"] or one["last_problem"], one["id"]) for one in found))


@app.command()
def show(delivery: Annotated[str, typer.Argument(help="Its id.")], as_json: AsJson = False) -> None:
    """One delivery: each attempt with what was sent and what came back."""
    from rich.markup import escape

    from switchhook.cli import naming
    from switchhook.cli.output import clock

    client, output = opened(as_json)
    told = client.get(f"/deliveries/{naming.id_of(delivery, 'delivery')}")
    lines = [f"[bold]{told['event_type']}[/]  {told['state']}  event {told['event_id']}"]
    for attempt in reversed(told["attempt_log"]):
        request, answer = attempt["request"], attempt["answer"]
        lines.append(f"\n[bold]Attempt {attempt['number']}[/]  {clock(attempt['started_at'])}  "
                     f"[dim]{attempt['duration_ms']} ms[/]  {escape(attempt['said'])}")
        lines += [escape(attempt["advice"])] if attempt["advice"] else []
        if request:
            lines += [escape(f"> {request['method']} {request['url']}"),
                      *(escape(f"> {name}: {value}") for name, value in request["headers"])]
            lines += [escape(f"> {request['body']}")] if request["body"] else []
        if answer:
            lines += [escape(f"< {answer['status']}"), *(escape(f"< {line}") for line in answer["body"].splitlines())]
    output.record(told, *lines)


@app.command()
def redeliver(
    deliveries: Annotated[list[str] | None, typer.Argument(help="Their ids; or say which by the options.")] = None,
    state: Wanted = None, integration: Of = "", event: OfEvent = "", since: Since = "",
    limit: Most = 1000, yes: Yes = False, as_json: AsJson = False,
) -> None:
    """One more attempt of each, at once, with the integration as it stands now."""
    from rich.progress import track

    from switchhook.cli import naming

    client, output = opened(as_json)
    ids = [str(naming.id_of(one, "delivery")) for one in deliveries or ()]
    if bool(ids) == bool(state or integration or event or since):
        raise typer.BadParameter("say which: by their ids, or by --state, --integration, --event or --since.")
    if not ids:
        found = client.pages(
            "/deliveries", most=limit, state=state, type=event, since=since_when(since),
            integration_id=naming.integration_named(client, integration)["id"] if integration else "")
        with output.waiting("Looking for them …"):
            ids = [one["id"] for one in found]
        if not ids:
            output.record({"count": 0}, "There are none.")
            return
        if not confirmed(f"Redeliver {len(ids)} deliveries?", yes):
            raise typer.Abort
    count = 0
    chunks = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    for chunk in track(chunks, "Redelivering", disable=output.as_json or len(chunks) == 1, transient=True):
        count += client.done(client.send("POST", "/deliveries/redeliver", {"delivery_ids": chunk}))["count"]
    output.record({"count": count}, f"{count} of {len(ids)} are sent again.")
