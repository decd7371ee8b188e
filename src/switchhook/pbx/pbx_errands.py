"""What people ask of the engine that is about PBXs: test a Connection, place a made-up call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from switchhook.domain.errors import LoginRefused, PbxError
from switchhook.domain.service import Connection, Platform
from switchhook.pbx.connector import try_login
from switchhook.pbx.pbx_socket import CONNECT_SECONDS, LOGIN_SECONDS, in_words
from switchhook.store.current import CurrentConfiguration
from switchhook.store.ports import Errand

Result = Mapping[str, object]


def pbx_handlers(current: CurrentConfiguration) -> dict[str, Callable[[Errand], Awaitable[Result | None]]]:
    """The errands of this subject, by kind."""

    async def test_connection(errand: Errand) -> Result:
        try:
            connection = current.value.connections.get(UUID(str(errand.args.get("connection_id"))))
        except ValueError:
            connection = None
        if connection is None:
            return {"ok": False, "detail": "There is no such Connection, or its secret cannot be read.", "missing": []}
        return await tried(connection)

    return {"test_connection": test_connection}


async def tried(connection: Connection) -> dict[str, object]:
    """What logging in came to: {"ok", "detail", "missing"}, in plain words."""
    if connection.platform is Platform.SIMULATOR:
        return {"ok": True, "detail": "This PBX is simulated: there is nothing to log in to.", "missing": []}
    try:
        async with asyncio.timeout(CONNECT_SECONDS + LOGIN_SECONDS):
            missing = await try_login(connection)
    except LoginRefused as error:
        return {"ok": False, "detail": str(error), "missing": []}
    except (PbxError, OSError, TimeoutError) as error:
        return {"ok": False, "detail": in_words(error, connection), "missing": []}
    detail = "It lets us in, but something is missing." if missing else "It lets us in and tells us all that we need."
    return {"ok": not missing, "detail": detail, "missing": missing}
