"""What people ask of the engine that is about PBXs: test a Connection, place a test call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from switchhook.domain.errors import LoginRefused, PbxError
from switchhook.domain.service import Connection, Platform, UserDatabase
from switchhook.pbx.asterisk_words import knows_named_filters
from switchhook.pbx.connector import try_login
from switchhook.pbx.detecting import detected
from switchhook.pbx.fusionpbx_database import user_database_lacks
from switchhook.pbx.made_up_calls import MadeUp
from switchhook.pbx.pbx_socket import CONNECT_SECONDS, LOGIN_SECONDS, in_words
from switchhook.pbx.placed_test_calls import Accept, number_of, place_test_call
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Errand

#: What a login can show. Which events it may hear, Asterisk tells nobody: only a call shows that.
LETS_US_IN = "It lets us in and lists the calls in progress. What it tells of calls, a call shows: place one."
NO_CONNECTION = "There is no such Connection, or its secret cannot be read."
OLD_FILTERS = " It is too old for the event filter by names: paste the one for older versions."

Result = Mapping[str, object]
Handler = Callable[[Errand], Awaitable[Result | None]]


class PbxErrands:
    """The errands of this subject."""

    def __init__(self, current: CurrentConfiguration) -> None:
        self._current = current
        self._accept: Accept | None = None

    def handlers(self) -> dict[str, Handler]:
        """Who does what, by the errand's kind."""
        return {"test_connection": self._test_connection, "detect": self._detect,
                "test_call": self._test_call}

    def accept_with(self, accept: Accept) -> None:
        """Have the events of test calls accepted by it (it is made after these handlers)."""
        self._accept = accept

    async def _test_connection(self, errand: Errand) -> Result:
        connection = self._connection(errand)
        if connection is None:
            return {"ok": False, "detail": NO_CONNECTION, "missing": []}
        result = await tried(connection)
        database = self._current.value.user_databases.get(connection.id)
        return result if database is None else result | await _tried_database(result, database)

    async def _detect(self, errand: Errand) -> Result:
        connection = self._connection(errand)
        if connection is None:
            return {"detail": NO_CONNECTION}
        try:
            return (await detected(connection)).as_json()
        except (PbxError, OSError, TimeoutError) as error:
            return {"detail": in_words(error, connection)}

    def _connection(self, errand: Errand) -> Connection | None:
        return self._current.value.connections.get(_uuid(errand.args.get("connection_id")))

    async def _test_call(self, errand: Errand) -> Result:
        configuration = self._current.value
        service = configuration.services.get(_uuid(errand.args.get("service_id")))
        if service is None or service.account_id != errand.account_id or self._accept is None:
            return {"detail": "There is no such PBX."}
        try:
            kind = MadeUp(str(errand.args.get("kind")))
        except ValueError:
            return {"detail": "There is no such kind of call."}
        extensions = [number for service_id, number in configuration.users if service_id == service.id]
        account = configuration.accounts.get(service.account_id)
        events = await place_test_call(
            kind, service, extensions, self._accept, number=number_of(errand.id),
            random=Random(errand.id.int),  # noqa: S311 - the same call when done twice
            granted=frozenset() if account is None else account.granted_events)
        return {"call_uuid": str(events[0].call_uuid) if events else None, "events": len(events)}


async def tried(connection: Connection) -> dict[str, object]:
    """What logging in came to: {"ok", "detail", "missing", "version"}, in plain words."""
    if connection.platform is Platform.SIMULATOR:
        return {"ok": True, "detail": "This PBX is simulated: there is nothing to log in to.", "missing": []}
    try:
        async with asyncio.timeout(CONNECT_SECONDS + LOGIN_SECONDS):
            login = await try_login(connection)
    except LoginRefused as error:
        return {"ok": False, "detail": str(error), "missing": []}
    except (PbxError, OSError, TimeoutError) as error:
        return {"ok": False, "detail": in_words(error, connection), "missing": []}
    detail = "It lets us in, but something is missing." if login.missing else LETS_US_IN
    if login.version and not knows_named_filters(login.version):
        detail += OLD_FILTERS
    return {"ok": not login.missing, "detail": detail, "missing": login.missing, "version": login.version}


async def _tried_database(result: Mapping[str, Any], database: UserDatabase) -> dict[str, object]:
    """What reading FusionPBX's database came to, put to what the login came to."""
    try:
        told, missing = await user_database_lacks(database)
    except PbxError as error:
        return {"ok": False, "detail": f"{result['detail']} {error}"}
    return {"ok": result["ok"] and not missing, "detail": f"{result['detail']} {told}",
            "missing": [*result["missing"], *missing]}


def _uuid(value: object) -> UUID:
    """The UUID in an errand's arguments; the nil UUID, which nothing has, for anything else."""
    try:
        return UUID(str(value))
    except ValueError:
        return UUID(int=0)
