"""What a FreeSWITCH tells of its gateways, users and menus, as an Inventory. Questions and reading apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from switchhook.domain.detection import FoundMenu, Inventory, MenuSign
from switchhook.domain.errors import NotPermitted
from switchhook.pbx.esl_asking import EslAsking

#: What is an option of a menu, and no pattern.
OPTION = re.compile(r"[0-9*#]{1,4}\Z")
_MOST_XML = 2_000_000


async def freeswitch_inventory(ask: EslAsking) -> Inventory:
    """Ask for all of it. What our user may not ask is left out, and named."""
    refused: list[str] = []

    async def answer(command: str) -> str:
        try:
            return await ask.api(command)
        except NotPermitted as error:
            refused.append(str(error))
            return ""

    users = {user["userid"] for user in listed_users(await answer("list_users"))}
    extensions = sorted(users | set(_registered(await answer("show registrations as json"))))
    return Inventory(
        version=_version(await answer("version")), hints={user: (user,) for user in extensions},
        trunk_signs=dict.fromkeys(_gateways(await answer("sofia status")), "It is a gateway."),
        menus=tuple(_menus(await answer("xml_locate configuration configuration name ivr.conf"))),
        refused=tuple(refused))


def listed_users(listing: str) -> list[dict[str, str]]:
    """The rows of `list_users`, each user of a domain once: it lists them once for each group."""
    names, *rows = [line.split("|") for line in listing.splitlines() if "|" in line] or [[]]
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        user = dict(zip(names, row, strict=False))
        if user.get("userid"):
            found.setdefault((user["userid"], user.get("domain", "")), user)
    return list(found.values())


def _version(answer: str) -> str:
    told = re.search(r"FreeSWITCH Version (\S+)", answer)
    return told[1] if told else ""


def _registered(registrations: str) -> Iterator[str]:
    """Whose phones are registered: of users that are made on demand, who can be seen."""
    try:
        told = json.loads(registrations)
    except (ValueError, RecursionError):
        return
    rows = told.get("rows", []) if isinstance(told, dict) else []
    yield from (str(row["reg_user"]) for row in rows if isinstance(row, dict) and row.get("reg_user"))


def _gateways(status: str) -> Iterator[str]:
    """Of `sofia status`: profile::gateway, tab, gateway, tab, …"""
    for line in status.splitlines():
        name, *columns = [column.strip() for column in line.split("\t")]
        if columns and columns[0] == "gateway":
            yield name.rpartition("::")[2]


def _menus(configuration: str) -> Iterator[FoundMenu]:
    """The menus of ivr.conf. FusionPBX gives each of its own only when it is asked for by its name."""
    if not 0 < len(configuration) <= _MOST_XML or "<!DOCTYPE" in configuration:  # FreeSWITCH's declares nothing
        return
    try:
        root = ElementTree.fromstring(configuration)  # noqa: S314 - no declarations, and bounded
    except ElementTree.ParseError:
        return
    for menu in root.iter("menu"):
        options = {entry.get("digits", "") for entry in menu.iter("entry")}
        if name := menu.get("name"):
            yield FoundMenu(place=name, sign=MenuSign.PLACE, plays=menu.get("greet-long", ""),
                            options=tuple(sorted(one for one in options if OPTION.match(one))))
