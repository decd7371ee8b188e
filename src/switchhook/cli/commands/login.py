"""`switchhook login` and `logout`."""

from __future__ import annotations

from typing import Annotated

import typer

from switchhook.cli.opening import AsJson


def login(
    url: Annotated[str, typer.Argument(help="The portal's address.", envvar="SWITCHHOOK_URL")] = "",
    token: Annotated[str, typer.Option(
        help="A token (My Admin → API tokens); asked for when it is not given.", envvar="SWITCHHOOK_TOKEN")] = "",
    as_json: AsJson = False,
) -> None:
    """Remember a server and a token, once both work."""
    from switchhook.cli.client import Client
    from switchhook.cli.login import Login, keep, server_url
    from switchhook.cli.output import Output

    wanted = server_url(url or typer.prompt("The portal's address", default="http://127.0.0.1:8000", err=True))
    text = token or typer.prompt("Token (it is not shown)", hide_input=True, err=True)
    found = Login(url=wanted, token=text.strip())
    told = Client(found).get("/token")
    path = keep(found)
    Output(as_json=as_json).record(
        told | {"url": wanted}, f"Logged in to {told['account_name']} at {wanted}, as “{told['name']}”: "
        f"{', '.join(told['scopes'])}. It stands in {path}.")


def logout() -> None:
    """Forget the server and the token. The token itself goes on working: revoke it in the portal."""
    from switchhook.cli.login import forget

    typer.echo("Forgotten." if forget() else "Nobody was logged in.", err=True)
