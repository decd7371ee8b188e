"""The demo: a Tryton of one's own with a few contacts, the program beside it, and made-up calls that come in."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from crm import tryton_server
from crm.configuration import configuration
from crm.hook import Kind, sign
from crm.server import make_app
from crm.tryton import Tryton, TrytonAccess

CONTACTS = {
    "Robin Sample": "+1 202 555 0171",
    "Dana Placeholder": "+1 202 555 0172",
    "Example Bakery": "+1 202 555 0173",
}
STRANGER = "+12025550179"
COLLEAGUES = {"201": "Ada Example", "202": "Max Example"}
RINGS_SECONDS, TALKS_SECONDS, PAUSE_SECONDS = 5, 12, 8


async def set_up(access: TrytonAccess) -> None:
    """Give an empty Tryton a company, which tasks belong to, and contacts."""
    async with Tryton(access) as crm:
        if await crm.call("company.company.search", [], 0, 1, None):
            return
        currency = await crm.call("currency.currency.create", [{"name": "US Dollar", "symbol": "$", "code": "USD"}])
        party = await crm.call("party.party.create", [{"name": "Head Office"}])
        company = _first(
            await crm.call("company.company.create", [{"party": _first(party), "currency": _first(currency)}])
        )
        ours = _first(await crm.call("res.user.search", [["login", "=", access.user]], 0, 1, None))
        await crm.call("res.user.write", [ours], {"companies": [["add", [company]]], "company": company})
        for name, number in CONTACTS.items():
            mechanisms = [["create", [{"type": "phone", "value": number}]]]
            await crm.call("party.party.create", [{"name": name, "contact_mechanisms": mechanisms}])


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Sends to `url` what Switchhook would send, signed with `secret`."""

    url: str
    secret: str
    session: aiohttp.ClientSession

    async def tell(self, kind: Kind, **values: object) -> None:
        """One event, under the fields' own names."""
        stamp, id_ = str(int(time.time())), f"msg_{uuid.uuid4().hex}"
        told = {"date_time": datetime.now(UTC).astimezone().isoformat(timespec="seconds")} | values
        body = json.dumps(told).encode()
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": sign(self.secret, id_, stamp, body),
            "Switchhook-Event": kind,
        }
        async with self.session.post(f"{self.url}/hook", data=body, headers=headers) as answer:
            answer.raise_for_status()

    async def call(self, number: str, extension: str, *, is_answered: bool) -> None:
        """A call from beginning to end."""
        of_call = {"call_uuid": str(uuid.uuid4()), "source_number": number.removeprefix("+"), "source_e164": number,
                   "direction": "inbound"}
        of_user = {"extension_number": extension, "name": COLLEAGUES[extension]}
        await self.tell(Kind.RECEIVED, **of_call)
        await self.tell(Kind.RINGING, **of_call, **of_user)
        await asyncio.sleep(RINGS_SECONDS)
        if not is_answered:
            await self.tell(Kind.MISSED, **of_call, **of_user, disposition="missed")
            await self.tell(Kind.ENDED, **of_call, disposition="missed", billable_seconds=0)
            return
        await self.tell(Kind.ANSWERED, **of_call, **of_user)
        await asyncio.sleep(TALKS_SECONDS)
        await self.tell(Kind.ENDED, **of_call, **of_user, disposition="answered", billable_seconds=TALKS_SECONDS)


async def demo(listen: str = "127.0.0.1:8020", state: Path | None = None) -> None:
    """Run it all, until Ctrl-C."""
    main = asyncio.current_task()
    assert main
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)  # Tryton ends with us
    print("Tryton is installed and its database is made: a minute or two, the first time.", flush=True)
    folder = await asyncio.to_thread(tryton_server.prepare)
    state = state or folder / "demo"
    with tryton_server.running(folder, state) as access:
        await set_up(access)
        secret = f"whsec_{secrets.token_urlsafe(24).replace('-', 'a').replace('_', 'b')}"
        ours = configuration(
            {"CRM_SECRET": secret, "CRM_LISTEN": listen, "CRM_STATE": str(state), "CRM_TRYTON_URL": access.url}
        )
        async with Tryton(access) as crm, aiohttp.ClientSession() as session:
            runner = web.AppRunner(make_app(replace(ours, tryton=access), crm), access_log=None)
            await runner.setup()
            try:
                await web.TCPSite(runner, ours.host, ours.port).start()
                url = f"http://{listen}"
                print(f"Calls to 201: {url}/pop/201 · what went into the CRM: {url}/")
                print(f"Tryton: {access.url}, user {access.user}, password in {state / 'password'}; Ctrl-C ends it all")
                await _made_up(Caller(url=url, secret=secret, session=session))
            finally:
                await runner.cleanup()


async def _made_up(caller: Caller) -> None:
    """A new user, then one call after another: contacts and a stranger, taken and missed."""
    await caller.tell(Kind.USER_CREATED, extension_number="203", name="Kim Example",
                      service_friendly_name="Head Office", outbound_phone_number="12025550100", event_id="demo-user")
    numbers = [number.replace(" ", "") for number in CONTACTS.values()] + [STRANGER]
    turn = 0
    while True:
        extension = "202" if turn % 5 == 4 else "201"
        await caller.call(numbers[turn % len(numbers)], extension, is_answered=turn % 3 != 2)
        await asyncio.sleep(PAUSE_SECONDS)
        turn += 1


def _first(made: object) -> int:
    assert isinstance(made, list)
    id_: int = made[0]
    return id_
