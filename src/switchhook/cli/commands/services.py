"""`switchhook services`: the PBXs and their UUIDs."""

from __future__ import annotations

import typer

from switchhook.cli.opening import AsJson, opened

app = typer.Typer(name="services", no_args_is_help=True, help="The PBXs and their UUIDs.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The account's PBXs."""
    client, output = opened(as_json)
    found = list(client.pages("/services"))
    output.table(found, ("Name", "Friendly name", "Applications", "Connection", "UUID"), (
        (one["name"], one["friendly_name"], "on" if one["applications_enabled"] else "off", one["connection"],
         one["id"]) for one in found))
