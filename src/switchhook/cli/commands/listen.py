"""`switchhook listen` brings an account's events to a program on this machine, and `trigger` makes some happen."""

from __future__ import annotations

import secrets
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from switchhook.cli.opening import AsJson, OnlyTypes, Pbx, Since, known_types, opened, since_when

if TYPE_CHECKING:
    from switchhook.cli.client import Record
    from switchhook.cli.listening import Heard

SECRET = "SWITCHHOOK_LISTEN_SECRET"  # noqa: S105 - the name of a variable


class MadeUpCall(StrEnum):
    """A whole call that the engine can make up."""

    ANSWERED = "answered"
    MISSED = "missed"
    OUTBOUND = "outbound"
    MENU = "menu"
    SURVEY = "survey"
    PICKED_UP = "picked_up"
    VOICEMAIL = "voicemail"
    FORWARDED = "forwarded"


def listen(
    forward: Annotated[str, typer.Option("--forward", "-f", help="Where: http://localhost:3000/hook")],
    events: OnlyTypes = "",
    integration: Annotated[str, typer.Option(help="Send what this integration would (name or UUID).")] = "",
    service: Pbx = "",
    since: Since = "",
    secret: Annotated[str, typer.Option(help="Sign with this secret, whsec_…; else a new one.", envvar=SECRET)] = "",
    timeout: Annotated[float, typer.Option(min=0.1, max=300, help="Wait so many seconds for an answer.")] = 15.0,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="End after so many; 0: never.")] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show requests and answers whole.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have the account's events sent to a program on this machine, as in production. Ctrl-C ends it."""
    from switchhook.cli import following, listening, naming
    from switchhook.domain.signing import new_secret

    client, output = opened(as_json)
    types = naming.event_types(client, events)
    service_id = naming.service_named(client, service)["id"] if service else ""
    secret = secret or new_secret(secrets.token_bytes(32))
    order = listening.standing_order(forward, secret)
    if integration:
        told = naming.integration_named(client, integration)
        order = listening.as_integration(order, told)
        types, service_id = types or [told["event_type"]], service_id or told["service_id"] or ""
    told_events = following.follow(
        client, types=types, service_id=service_id, since=since_when(since), tell=lambda text: output.note(text, "red"))
    output.note(f"Events of {client.get('/token')['account_name']} go to {order.request_url}. Ctrl-C ends it.")
    if order.signing_secrets:
        output.note(f"They are signed; the secret is {secret}")
    try:
        for told in islice(told_events, limit or None):
            event = listening.event_of(told)
            if event is None:
                output.note(f"{told['type']} is of a newer release: left out.", "yellow")
                continue
            if why := listening.why_not(order, event):
                output.note(f"{told['type']} {told['id']} is not for {order.name}: {why}.", "dim")
                continue
            heard = listening.hear(order, event, timeout)
            output.record(listening.record_of(told, heard), *_shown(told, heard, verbose=verbose))
    except KeyboardInterrupt:
        output.note("Ended.")


def trigger(
    what: Annotated[str, typer.Argument(
        help="An event type, like ivr.option_selected.", autocompletion=known_types)] = "",
    call: Annotated[MadeUpCall | None, typer.Option(help="A whole call instead, with its events in order.")] = None,
    service: Pbx = "",
    integration: Annotated[str, typer.Option(help="To this integration alone (name or UUID).")] = "",
    as_json: AsJson = False,
) -> None:
    """Have an event happen that is marked as a test: a true example, or a whole made-up call."""
    from switchhook.cli import naming

    client, output = opened(as_json)
    if integration:
        if what or call or service:
            raise typer.BadParameter("with --integration there is nothing else to say: its own event is sent.")
        told = naming.integration_named(client, integration)
        errand = client.send("POST", f"/integrations/{told['id']}/test")
        done = "A test is under way: delivery {delivery_id}."
    elif call is not None and not what:
        pbx = naming.service_named(client, service)
        errand = client.send("POST", f"/services/{pbx['id']}/test-calls", {"kind": call.value})
        done = "The call is over: {events} events. See: switchhook calls show {call_uuid}"
    elif what and call is None:
        if naming.event_types(client, what) != [what]:
            raise typer.BadParameter(f"{what!r} is a pattern, and one event happens at a time.")
        pbx = naming.service_named(client, service)
        errand = client.send("POST", f"/services/{pbx['id']}/test-events", {"event_type": what})
        done = "It happened: event {event_id}, {deliveries} deliveries."
    else:
        raise typer.BadParameter("say either an event type or --call.")
    with output.waiting("The engine is at it …"):
        result = client.done(errand)
    output.record(result, done.format_map(result))


def _shown(told: Record, heard: Heard, *, verbose: bool) -> list[str]:
    from rich.markup import escape

    from switchhook.cli.output import clock

    answer = str(heard.status) if heard.status is not None else heard.problem
    colour = "green" if heard.succeeded else "red"
    test = " [dim](test)[/]" if told["is_test"] else ""
    lines = [f"{clock(told['at'])[11:]}  [bold]{told['type']}[/]{test} → [{colour}]{escape(answer)}[/] "
             f"[dim]{heard.duration_ms} ms  {told['id']}[/]"]
    if verbose and heard.request is not None:
        lines += [escape(f"> {heard.request.method} {heard.request.url}"),
                  *(escape(f"> {name}: {value}") for name, value in heard.request.headers)]
        lines += [escape(f"> {heard.request.body.decode()}")] if heard.request.body else []
        lines += [escape(f"< {line}") for line in heard.body.splitlines()]
    return lines
