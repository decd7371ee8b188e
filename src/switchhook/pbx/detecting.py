"""Detecting: ask a PBX what it has, by a login of its own, and say what that comes to."""

from __future__ import annotations

from switchhook.domain.detection import Detected, detect
from switchhook.domain.service import Connection, Platform
from switchhook.pbx.ami_asking import ami_asking
from switchhook.pbx.asterisk_inventory import asterisk_inventory
from switchhook.pbx.esl_asking import esl_asking
from switchhook.pbx.freeswitch_inventory import freeswitch_inventory


async def detected(connection: Connection) -> Detected:
    """What there is on that PBX. Raises LoginRefused, PbxError, OSError or TimeoutError."""
    match connection.platform:
        case Platform.FREESWITCH:
            async with esl_asking(connection) as ask:
                return detect(await freeswitch_inventory(ask))
        case Platform.ASTERISK:
            async with ami_asking(connection) as ask:
                return detect(await asterisk_inventory(ask))
        case _:
            return Detected(refused=("This PBX is simulated: it is read as it is, and nothing need be set.",))
