"""`switchhook integrations`: configuration as code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from switchhook.cli.opening import AsJson, Pbx, Yes, confirmed, opened, text_in

if TYPE_CHECKING:
    from switchhook.cli.client import Client, Record
    from switchhook.cli.output import Output

app = typer.Typer(name="integrations", no_args_is_help=True, help="Integrations as code: export, diff, apply.")

File = Annotated[Path, typer.Argument(help="The file (YAML); - is standard input.")]
OfService = Annotated[
    str, typer.Option("--service", help="The PBX (name or UUID) of those that need one and name none in the file.")]
Prune = Annotated[bool, typer.Option(help="Delete integrations that are not in the file.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The integrations of the account and its PBXs."""
    client, output = opened(as_json)
    found = list(client.pages("/integrations"))
    names = {one["id"]: one["friendly_name"] or one["name"] for one in client.pages("/services")}
    output.table(found, ("Name", "PBX", "Event", "Request URL", "State", "Id"), (
        (one["name"], names.get(one["service_id"], "(account)"), one["event_type"], one["request_url"],
         "enabled" if one["enabled"] else f"disabled: {one['disabled_reason']}", one["id"]) for one in found))


@app.command()
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else standard output.")] = None,
    service: Pbx = "",
) -> None:
    """Write the integrations as a file for `apply`. In place of secrets stand references to the environment."""
    from switchhook.cli import naming
    from switchhook.domain import integration_file

    client, notes = opened()
    only = naming.service_named(client, service)["id"] if service else ""
    names = {one["id"]: one["name"] for one in client.pages("/services")}
    found = client.pages("/integrations", service_id=only)
    in_order = sorted(found, key=lambda one: (names.get(one["service_id"], ""), one["name"], one["id"]))
    text = integration_file.written(in_order, names)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    secrets = integration_file.references(text)
    if secrets:
        notes.note(f"`apply` will want these in the environment: {', '.join(secrets)}.")


@app.command()
def diff(file: File, service: OfService = "", prune: Prune = False, as_json: AsJson = False) -> None:
    """Show what `apply` would do. Exit code 2 when there is something. Secrets that the environment does not have are
    not compared."""
    from switchhook.cli.exits import ExitCode

    client, output = opened(as_json)
    plan = _put(client, _wanted(client, output, file, service, strict=False), prune=prune, dry_run=True)
    output.record(plan, *_shown(plan, client))
    raise typer.Exit(ExitCode.DIFFERS if _differs(plan) else ExitCode.DONE)


@app.command()
def apply(
    file: File, service: OfService = "", prune: Prune = False, yes: Yes = False, as_json: AsJson = False,
) -> None:
    """Bring the integrations in step with the file. It is shown first what would be done; all of it is done, or
    nothing. New signing secrets are shown, this once."""
    client, output = opened(as_json)
    wanted = _wanted(client, output, file, service, strict=True)
    plan = _put(client, wanted, prune=prune, dry_run=True)
    if not _differs(plan):
        output.record(plan, *_shown(plan, client))
        return
    if not yes:
        output.preview(_shown(plan, client))
    if not confirmed("Do it?", yes):
        raise typer.Abort
    with output.waiting("Changing …"):
        done = _put(client, wanted, prune=prune, dry_run=False)
    output.record(done, *_shown(done, client))


def _wanted(client: Client, output: Output, file: Path, service: str, *, strict: bool) -> list[Record]:
    """The file's integrations. Raises CommandError; `strict`: also when the environment lacks a secret."""
    from switchhook.cli.exits import BadData
    from switchhook.domain.errors import WrongFile

    try:
        return _read(client, output, text_in(file), service, strict=strict)
    except WrongFile as error:
        raise BadData(str(error)) from error


def _read(client: Client, output: Output, text: str, service: str, *, strict: bool) -> list[Record]:
    from switchhook.cli import naming
    from switchhook.cli.exits import BadData
    from switchhook.domain import integration_file

    missing = [name for name in integration_file.references(text) if name not in os.environ]
    if missing and strict:
        raise BadData(f"Set {', '.join(missing)} in the environment: the file refers to it.")
    if missing:
        output.note(f"Not compared, because the environment does not have it: {', '.join(missing)}.", "yellow")
    services = list(client.pages("/services"))
    ids = {one["name"]: one["id"] for one in services} | {one["id"]: one["id"] for one in services}
    usual = str(naming.service_named(client, service)["id"]) if service else ""
    return integration_file.read(text, ids, os.environ, usual_service=usual)


def _put(client: Client, wanted: list[Record], *, prune: bool, dry_run: bool) -> Record:
    return client.send("PUT", "/integrations", {"integrations": wanted, "delete_missing": prune, "dry_run": dry_run})


def _differs(plan: Record) -> bool:
    return bool(plan["created"] or plan["changed"] or plan["deleted"])


def _shown(plan: Record, client: Client) -> list[str]:
    from rich.markup import escape

    names = {one["id"]: one["friendly_name"] or one["name"] for one in client.pages("/services")}

    def named(one: Record) -> str:
        return escape(f"{one['name']} ({names.get(one['service_id'], 'account')})")

    lines = []
    for one in plan["created"]:
        lines.append(f"[green]+ {named(one)}[/]")
        if one["signing_secret"]:
            lines.append(f"    signing secret, shown this once: [bold]{one['signing_secret']}[/]")
    for one in plan["changed"]:
        lines.append(f"[yellow]~ {named(one)}[/]")
        lines += [escape(f"    {name}: {_said(old)} → {_said(new, again=old)}")
                  for name, (old, new) in one["changes"].items()]
    lines += [f"[red]- {named(one)}[/]" for one in plan["deleted"]]
    lines += [f"[dim]? {named(one)}: not in the file; it stays without --prune[/]" for one in plan["others"]]
    counts = ", ".join(f"{len(plan[what])} {what}" for what in ("created", "changed", "deleted", "unchanged"))
    return [*lines, f"{'Would be: ' if plan['dry_run'] else ''}{counts}."]


def _said(value: object, again: object = None) -> str:
    """A value for a person. A secret is said to be one, and nothing more."""
    import json

    if isinstance(value, dict) and value.keys() == {"set"}:
        return "(none)" if not value["set"] else "(another secret)" if again == value else "(a secret)"
    return json.dumps(value, ensure_ascii=False)
