"""`switchhook users`: the users of a PBX, brought in step with a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from switchhook.cli.opening import AsJson, Pbx, Yes, confirmed, opened, text_in

if TYPE_CHECKING:
    from switchhook.cli.client import Record

app = typer.Typer(name="users", no_args_is_help=True, help="The users of a PBX, from and to a file.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(
        help="CSV: extension_number, name, outbound_phone_number, has_voicemail, enabled_calls. - is standard input.",
    )],
    service: Pbx = "",
    delete_missing: Annotated[bool, typer.Option(help="Delete users who are not in the file.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only show what would be done; exit code 2 when there is something.")]
        = False,
    yes: Yes = False, as_json: AsJson = False,
) -> None:
    """Bring a PBX's users in step with a file. It is shown first what would be done; all of it is done, or nothing."""
    from switchhook.cli import naming, user_file
    from switchhook.cli.exits import ExitCode

    client, output = opened(as_json)
    users = user_file.read(text_in(file))
    path = f"/services/{naming.service_named(client, service)['id']}/users"
    wanted: Record = {"users": users, "delete_missing": delete_missing}
    with output.waiting("Comparing …"):
        plan = client.send("PUT", path, wanted | {"dry_run": True})
    differs = bool(plan["created"] or plan["modified"] or plan["deleted"])
    if dry_run or not differs:
        output.record(plan, *_shown(plan))
        raise typer.Exit(ExitCode.DIFFERS if differs else ExitCode.DONE)
    if not yes:
        output.preview(_shown(plan))
    if not confirmed("Do it?", yes):
        raise typer.Abort
    with output.waiting("Changing …"):
        done = client.send("PUT", path, wanted)
    output.record(done, *_shown(done))


@app.command()
def export(
    service: Pbx = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else standard output.")] = None,
) -> None:
    """The users of a PBX as a file for `import`."""
    from switchhook.cli import naming, user_file

    client, _ = opened()
    text = user_file.written(client.pages(f"/services/{naming.service_named(client, service)['id']}/users"))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _shown(plan: Record) -> list[str]:
    from rich.markup import escape

    lines = [f"+ {escape(one)}" for one in plan["created"]]
    lines += [f"~ {escape(one['extension_number'])}: " + escape("; ".join(
        f"{name} {old!r} → {new!r}" for name, (old, new) in one["changes"].items())) for one in plan["modified"]]
    lines += [f"- {escape(one)}" for one in plan["deleted"]]
    counts = ", ".join(f"{len(plan[what])} {what}" for what in ("created", "modified", "deleted", "unchanged"))
    return [*lines, f"{'Would be: ' if plan['dry_run'] else ''}{counts}."]
