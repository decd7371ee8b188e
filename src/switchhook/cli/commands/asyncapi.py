"""`switchhook asyncapi`: the document of what is sent, for generators."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def asyncapi(
    as_yaml: Annotated[bool, typer.Option("--yaml", help="YAML instead of JSON.")] = False,
) -> None:
    """Print the AsyncAPI document of all that is sent: every event with its fields. Needs no server."""
    from switchhook.domain.asyncapi import document

    if as_yaml:
        import yaml

        typer.echo(yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120), nl=False)
    else:
        typer.echo(json.dumps(document(), ensure_ascii=False, indent=2))
