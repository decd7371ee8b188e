"""Tryton (https://www.tryton.org) as the CRM, by its JSON-RPC: contacts are parties, activities notes on them, tasks
tasks of a project, "Call-backs of …", that is the account manager's list."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp

from crm.contacts import Contact, CrmFailed, PhoneNumber, digits_of

TIMEOUT_SECONDS = 15
LATEST = 5
REFERENCE = "Reference: "

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonAccess:
    """Where a Tryton is and who we are there. `url`: with the database's name as its path."""

    url: str
    user: str
    password: str
    account_manager: str


class Tryton:
    """A connection to Tryton; `async with Tryton(access) as crm` closes it."""

    def __init__(self, access: TrytonAccess) -> None:
        self._access = access
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
        self._login: _Login | None = None
        self._logging_in = asyncio.Lock()

    async def __aenter__(self) -> Tryton:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def find_contact(self, number: PhoneNumber) -> Contact | None:
        """By the compact value, which is E.164 where Tryton knows the country; else by the last eight digits."""
        found = await self._with_number(["value_compact", "=", number.e164]) if number.e164 else []
        if not found and number.tail:
            alike = await self._with_number(["value", "like", "%" + "%".join(number.tail)])
            ending = [one for one in alike if digits_of(str(one["value"])).endswith(number.tail)]
            found = ending if len({str(one["party"]) for one in ending}) == 1 else []  # of two it would be a guess
        if not found:
            return None
        match found[0]["party."]:
            case {"id": int(id_), "rec_name": str(name)}:
                pass
            case _:
                raise CrmFailed("Tryton does not tell whose number it is")
        notes = await self._read("ir.note", [["resource", "=", f"party.party,{id_}"]], ["message"], limit=LATEST)
        where = urlsplit(self._access.url)
        return Contact(
            id=str(id_),
            name=name,
            url=f"tryton://{where.netloc}{where.path}/model/party.party/{id_}",
            latest=tuple(_without_reference(str(one["message"])) for one in notes),
        )

    async def add_task(self, title: str, text: str, contact: Contact | None, *, reference: str) -> None:
        if await self._is_there("project.work", "comment", reference):
            return
        await self.call(
            "project.work.create",
            [
                {
                    "type": "task",
                    "name": title,
                    "parent": await self._call_backs(),
                    "party": int(contact.id) if contact else None,
                    "comment": f"{text}\n{REFERENCE}{reference}",
                }
            ],
        )

    async def add_activity(self, text: str, contact: Contact, *, reference: str) -> None:
        if await self._is_there("ir.note", "message", reference):
            return
        message = f"{text}\n{REFERENCE}{reference}"
        await self.call("ir.note.create", [{"resource": f"party.party,{contact.id}", "message": message}])

    async def call(self, method: str, *parameters: object) -> object:
        """Call a method of a model. Raises CrmFailed."""
        login = self._login or await self._log_in(None)
        try:
            return await self._post(f"model.{method}", *parameters, login.context, headers=login.headers)
        except _LoggedOut:
            login = await self._log_in(login)
        try:
            return await self._post(f"model.{method}", *parameters, login.context, headers=login.headers)
        except _LoggedOut as error:
            raise CrmFailed("Tryton ends every session at once") from error

    async def _log_in(self, ended: _Login | None) -> _Login:
        """Begin a session in place of the one that has ended, unless another task has done so meanwhile."""
        access = self._access
        async with self._logging_in:
            if self._login and self._login is not ended:
                return self._login
            try:
                told = await self._post("common.db.login", access.user, {"password": access.password}, "en")
            except _LoggedOut as error:
                raise CrmFailed("Tryton refuses the user or the password") from error
            if not isinstance(told, list) or len(told) < 2:
                raise CrmFailed("Tryton refuses the user or the password")
            session = base64.b64encode(f"{access.user}:{told[0]}:{told[1]}".encode()).decode()
            headers = {"Authorization": f"Session {session}"}
            try:
                context = await self._post("model.res.user.get_preferences", True, {}, headers=headers)
            except _LoggedOut as error:
                raise CrmFailed("Tryton ends every session at once") from error
            self._login = _Login(headers, context)
            return self._login

    async def _post(self, method: str, *parameters: object, headers: Mapping[str, str] | None = None) -> object:
        request = {"id": 0, "method": method, "params": parameters}
        try:
            async with self._session.post(f"{self._access.url}/rpc/", json=request, headers=headers) as answer:
                if answer.status == 401:
                    raise _LoggedOut
                if answer.status != 200:
                    raise CrmFailed(f"Tryton answers {answer.status} {answer.reason} to {method}")
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CrmFailed(f"Tryton does not answer: {type(error).__name__} {error}") from error
        if not isinstance(told, dict) or "result" not in told:
            raise CrmFailed(f"Tryton refuses {method}: {' '.join(str(told).split())[:200]}")
        return told["result"]

    async def _with_number(self, clause: object) -> Rows:
        kinds = ["type", "in", ["phone", "mobile", "fax"]]
        names = ["value", "party", "party.rec_name"]
        return await self._read("party.contact_mechanism", [clause, kinds], names, order="ASC")

    async def _is_there(self, model: str, field: str, reference: str) -> bool:
        ending = REFERENCE + reference
        alike = await self._read(model, [[field, "like", "%" + re.sub(r"([%_\\])", r"\\\1", ending)]], [field])
        return any(str(one[field]).endswith(ending) for one in alike)

    async def _call_backs(self) -> int:
        """The account manager's project; it is made for the first task."""
        name = f"Call-backs of {self._access.account_manager}"
        found = await self._read("project.work", [["type", "=", "project"], ["name", "=", name]], ["name"])
        made = found[0]["id"] if found else await self.call("project.work.create", [{"type": "project", "name": name}])
        id_ = made[0] if isinstance(made, list) and made else made
        if not isinstance(id_, int):
            raise CrmFailed("Tryton does not tell which project it made")
        return id_

    async def _read(
        self, model: str, where: object, names: Sequence[str], *, limit: int = 100, order: str = "DESC"
    ) -> Rows:
        rows = await self.call(f"{model}.search_read", where, 0, limit, [["id", order]], names)
        wanted = {f"{name.partition('.')[0]}." if "." in name else name for name in names}
        if not isinstance(rows, list) or not all(isinstance(one, dict) and one.keys() >= wanted for one in rows):
            raise CrmFailed(f"Tryton tells no list of {model}")
        return rows


@dataclass(frozen=True, slots=True)
class _Login:
    """A session. `context`: the user's preferences, among them the company, which go along with every call."""

    headers: Mapping[str, str]
    context: object


class _LoggedOut(Exception):
    """401: not logged in, or no longer."""


def _without_reference(message: str) -> str:
    return message.partition(f"\n{REFERENCE}")[0]
