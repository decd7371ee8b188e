"""FusionPBX's database: users and menus of its domains, and whether anything was saved since, read and never written.

FusionPBX keeps everything in PostgreSQL, the registrations' passwords as well. So our login may read but a few columns
(the portal has the GRANTs to paste), and asks for no other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from switchhook.domain.detection import FoundMenu, MenuSign
from switchhook.domain.directory import Listed, listed_user
from switchhook.domain.errors import Disconnected, LoginRefused, NotPermitted, PbxError
from switchhook.domain.service import UserDatabase
from switchhook.pbx.freeswitch_inventory import OPTION

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30.0

# Versions differ: what is on or off was once the text 'true' and is a boolean now, and a mailbox was a number.
_EXTENSIONS = """
    SELECT d.domain_name, e.domain_uuid, e.extension_uuid, e.extension, e.number_alias, e.effective_caller_id_name,
        concat_ws(' ', e.directory_first_name, e.directory_last_name), e.outbound_caller_id_number
    FROM v_extensions e JOIN v_domains d ON d.domain_uuid = e.domain_uuid
    WHERE e.enabled::text = 'true' AND d.domain_enabled::text = 'true' AND e.extension IS NOT NULL
    ORDER BY e.extension ~ '^[0-9]+$', e.extension_uuid  -- of two with one number the last counts: whose own it is
"""
_MAILBOXES = """
    SELECT domain_uuid, voicemail_id::text FROM v_voicemails
    WHERE voicemail_enabled::text = 'true' AND voicemail_id::text <> ''
"""
_LOGINS = """
    SELECT x.extension_uuid, min(u.username) FROM v_extension_users x JOIN v_users u ON u.user_uuid = x.user_uuid
    WHERE u.user_enabled::text = 'true' GROUP BY x.extension_uuid
"""
_MENUS = """
    SELECT m.ivr_menu_uuid::text, m.ivr_menu_name, array_agg(o.ivr_menu_option_digits)
    FROM v_ivr_menus m JOIN v_domains d ON d.domain_uuid = m.domain_uuid
    LEFT JOIN v_ivr_menu_options o ON o.ivr_menu_uuid = m.ivr_menu_uuid
    WHERE m.ivr_menu_enabled::text = 'true' AND %(domain)s IN ('', d.domain_name) GROUP BY 1, 2
"""
_LAST_SAVED = "SELECT max(transaction_date) FROM v_database_transactions"

LATE = "changes are noticed within five minutes, and not at once."

_LEVEL = re.compile(r"\A.*?(FATAL|ERROR): +", re.DOTALL)

_Asking = psycopg.AsyncConnection[Any]


async def fusionpbx_users(database: UserDatabase) -> list[Listed]:
    """The enabled extensions of all enabled domains, as they were at one moment. Raises PbxError."""
    async with _asking(database) as asking:
        extensions = await _rows(asking, _EXTENSIONS)
        mailboxes = {(domain, number) for domain, number in await _rows(asking, _MAILBOXES)}
        logins = dict(await _rows(asking, _LOGINS))
    found: list[Listed | None] = []
    for domain_name, domain, extension_id, extension, alias, caller_name, full_name, outbound in extensions:
        number = extension if extension.isdigit() else alias or extension  # an alias is what an "ada" is dialled by
        names = (caller_name, full_name, logins.get(extension_id))
        found.append(listed_user(
            number, next((one for one in names if one and one.strip()), ""),
            outbound=outbound or "", has_voicemail=not mailboxes.isdisjoint({(domain, extension), (domain, alias)}),
            scope=domain_name or ""))
    return [one for one in found if one is not None]


async def fusionpbx_menus(database: UserDatabase, domain: str) -> list[FoundMenu]:
    """The enabled menus of a domain ("": of all), which calls name by ids only. Raises PbxError."""
    async with _asking(database) as asking:
        found = await _rows(asking, _MENUS, {"domain": domain})
    return [FoundMenu(place=id_, sign=MenuSign.PLACE, name=name or "",
                      options=tuple(sorted({one for one in digits if one and OPTION.match(one)})))
            for id_, name, digits in found]


async def last_saved(database: UserDatabase) -> str:
    """When anything was saved last, as FusionPBX's log of transactions has it; "" where it has none. Raises
    PbxError."""
    async with _asking(database) as asking:
        ((moment,),) = await _rows(asking, _LAST_SAVED)
    return "" if moment is None else str(moment)


async def user_database_lacks(database: UserDatabase) -> tuple[str, list[str]]:
    """What there is to read, in words, and what is missing. Raises PbxError."""
    users = await fusionpbx_users(database)
    domains = sorted({one.scope for one in users})
    if not users:
        return "", ["its database lists no enabled extension of an enabled domain"]
    listed = ", ".join([*domains[:8], *(["…"] if len(domains) > 8 else [])])
    told = f"Its database lists the users of {listed}."
    try:
        logged = await last_saved(database)
    except PbxError:
        return f"{told} Its log of transactions cannot be read: {LATE}", []
    return told if logged else f"{told} It logs no transactions: {LATE}", []


@asynccontextmanager
async def _asking(database: UserDatabase) -> AsyncIterator[_Asking]:
    """A connection that can only read, and sees one moment."""
    with _authority(database) as tls:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                asking = await psycopg.AsyncConnection.connect(make_conninfo(
                    host=database.host, port=database.port, dbname=database.name, user=database.username,
                    password=database.secret, application_name="switchhook", connect_timeout=CONNECT_SECONDS, **tls))
                await asking.set_read_only(True)
                await asking.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
                try:
                    yield asking
                finally:
                    await asking.close()
        except (psycopg.Error, TimeoutError) as error:
            raise _in_words(error, database) from error


async def _rows(asking: _Asking, sql: str, values: Mapping[str, str] | None = None) -> list[tuple[Any, ...]]:
    return await (await asking.execute(sql, values)).fetchall()


@contextmanager
def _authority(database: UserDatabase) -> Iterator[dict[str, str]]:
    """How to speak TLS: as libpq wants it, a private authority in a file."""
    if not database.tls:
        yield {"sslmode": "prefer"}
    elif not database.tls_ca:
        yield {"sslmode": "verify-full", "sslrootcert": "system"}
    else:
        with TemporaryDirectory(prefix="switchhook-") as directory:
            path = Path(directory) / "ca.pem"
            path.write_text(database.tls_ca)
            yield {"sslmode": "verify-full", "sslrootcert": str(path)}


def _in_words(error: psycopg.Error | TimeoutError, database: UserDatabase) -> PbxError:
    """What went wrong, for the operator: they pasted the login and the rights."""
    where = f"The database {database.name} on {database.host}:{database.port}"
    told = " ".join(_LEVEL.sub("", str(error).strip()).split())
    match error:
        case errors.InsufficientPrivilege():
            return NotPermitted(f"{where} does not let us read that: {told}. Paste the GRANTs anew.")
        case errors.UndefinedTable() | errors.UndefinedColumn():
            missing = told.partition(" LINE ")[0]
            return PbxError(f"{where} is none of a FusionPBX that we know: {missing}.")
        case errors.QueryCanceled() | errors.ConnectionTimeout() | TimeoutError():
            return Disconnected(f"{where} did not answer in time.")
        case psycopg.OperationalError() if "FATAL:" in str(error):
            return LoginRefused(f"{where} refused the login: {told}.")
        case _:
            return Disconnected(f"{where} cannot be reached: {told}.")
