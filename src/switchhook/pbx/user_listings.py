"""The users that a PBX lists, by each way in which PBXs do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from switchhook.domain.directory import Listed, listed_user
from switchhook.domain.errors import PbxError
from switchhook.domain.service import Connection, DirectorySource, UserDatabase
from switchhook.pbx.ami import Message
from switchhook.pbx.ami_asking import ami_asking
from switchhook.pbx.esl_asking import esl_asking
from switchhook.pbx.freeswitch_inventory import listed_users
from switchhook.pbx.fusionpbx_database import fusionpbx_users

NO_VOICEMAIL = frozenset({"", "novm", "disabled"})


NO_DATABASE = "Nobody has said yet how to read this FusionPBX's database: the operator does, at its connection."


async def list_users(
    connection: Connection, source: DirectorySource, database: UserDatabase | None = None
) -> list[Listed]:
    """All users that the PBX lists. Raises LoginRefused, PbxError, OSError or TimeoutError."""
    match source:
        case DirectorySource.FREEPBX:
            async with ami_asking(connection) as ask:
                return freepbx_users(await ask.all("DBGetTree", Family="AMPUSER"))
        case DirectorySource.VOICEMAIL:
            async with ami_asking(connection) as ask:
                return voicemail_users(await ask.all("VoicemailUsersList"))
        case DirectorySource.FREESWITCH:
            async with esl_asking(connection) as esl:
                return freeswitch_users(await esl.api("list_users"))
        case DirectorySource.FUSIONPBX:
            if database is None:
                raise PbxError(NO_DATABASE)
            return await fusionpbx_users(database)
        case DirectorySource.PORTAL:
            return []


def freepbx_users(entries: Iterable[Message]) -> list[Listed]:
    """Of FreePBX's AstDB: /AMPUSER/201/cidname and the like. What has no name is no user, but a rest of one."""
    details: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in entries:
        parts = entry.get("Key").split("/")
        if len(parts) == 4 and parts[1] == "AMPUSER":
            details[parts[2]][parts[3]] = entry.get("Val")
    return _users(
        listed_user(extension, known["cidname"], outbound=known.get("outboundcid", ""),
                    has_voicemail=known.get("voicemail", "") not in NO_VOICEMAIL)
        for extension, known in details.items() if "cidname" in known)


def voicemail_users(mailboxes: Iterable[Message]) -> list[Listed]:
    """A plain Asterisk's mailboxes: who has one is a user."""
    return _users(
        listed_user(mailbox.get("VoiceMailbox"), mailbox.get("Fullname"), has_voicemail=True,
                    scope=mailbox.get("VMContext"))
        for mailbox in mailboxes)


def freeswitch_users(listing: str) -> list[Listed]:
    """FreeSWITCH's list_users, FusionPBX's too."""
    return _users(
        listed_user(user["userid"], user.get("effective_caller_id_name", ""), scope=user.get("domain", ""))
        for user in listed_users(listing))


def _users(found: Iterable[Listed | None]) -> list[Listed]:
    return [one for one in found if one is not None]
