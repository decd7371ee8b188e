"""Detecting: ask a PBX what it has, by a login of its own, and say what that comes to."""

from __future__ import annotations

from dataclasses import replace

from switchhook.domain.detection import Detected, Inventory, detect
from switchhook.domain.errors import PbxError
from switchhook.domain.service import Connection, Platform, UserDatabase
from switchhook.pbx.ami_asking import ami_asking
from switchhook.pbx.asterisk_inventory import asterisk_inventory
from switchhook.pbx.esl_asking import esl_asking
from switchhook.pbx.freeswitch_inventory import freeswitch_inventory
from switchhook.pbx.fusionpbx_database import fusionpbx_menus


async def detected(connection: Connection, database: UserDatabase | None = None, domain: str = "") -> Detected:
    """What there is on that PBX; of FusionPBX's menus those of a domain, if one is meant. Raises LoginRefused,
    PbxError, OSError or TimeoutError."""
    match connection.platform:
        case Platform.FREESWITCH:
            async with esl_asking(connection) as ask:
                found = await freeswitch_inventory(ask)
            return detect(found if database is None else await _with_menus(found, database, domain))
        case Platform.ASTERISK:
            async with ami_asking(connection) as ask:
                return detect(await asterisk_inventory(ask))
        case _:
            return Detected(refused=("This PBX is simulated: it is read as it is, and nothing need be set.",))


async def _with_menus(found: Inventory, database: UserDatabase, domain: str) -> Inventory:
    """FreeSWITCH lists no menu of a FusionPBX: its database has them, with the names that people gave them."""
    try:
        return replace(found, menus=(*found.menus, *await fusionpbx_menus(database, domain)))
    except PbxError as error:
        return replace(found, refused=(*found.refused, str(error)))
