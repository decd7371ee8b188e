"""Tryton (https://www.tryton.org) as the CRM, by its JSON-RPC: a score is a note on the caller's party, and each
recording an attachment of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from nps.crm import TIMEOUT, CrmFailed, NoContact
from nps.messages import Enclosed, Entry, Sound

TAIL_DIGITS = 8

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonAccess:
    """Where a Tryton is and who we are there. `url`: with the database's name as its path."""

    url: str
    user: str
    password: str


class Tryton:
    """A connection to Tryton."""

    def __init__(self, access: TrytonAccess) -> None:
        self._access = access
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        self._login: _Login | None = None

    async def add_score(self, entry: Entry, enclosed: Enclosed, *, reference: str) -> None:
        party = await self._find(entry.source_number or "")
        if party is None:
            raise NoContact
        for sound in enclosed.sounds:
            await self._attach(party, sound)
        await self._note(party, _text(entry, enclosed), reference)

    async def close(self) -> None:
        await self._session.close()

    async def call(self, method: str, *parameters: object) -> object:
        """Call a method of a model. Raises CrmFailed."""
        if self._login is None:
            self._login = await self._log_in()
        try:
            return await self._post(f"model.{method}", *parameters, self._login.context, headers=self._login.headers)
        except _LoggedOut:
            self._login = await self._log_in()  # the session has ended
        try:
            return await self._post(f"model.{method}", *parameters, self._login.context, headers=self._login.headers)
        except _LoggedOut as error:
            raise CrmFailed("Tryton ends every session at once") from error

    async def _find(self, number: str) -> int | None:
        """Who has the number. Its last eight digits say so, if all who share them are one; else all its digits."""
        digits = _digits(number)
        if len(digits) < TAIL_DIGITS:
            return None
        tail = digits[-TAIL_DIGITS:]
        alike = await self._read(
            "party.contact_mechanism",
            [["value", "like", "%" + "%".join(tail)], ["type", "in", ["phone", "mobile", "fax"]]],
            ["value", "party"],
        )
        owners = [(one["party"], _digits(str(one["value"]))) for one in alike]
        by_tail = {party for party, value in owners if value.endswith(tail)}
        found = by_tail if len(by_tail) == 1 else {party for party, value in owners if value == digits}
        (only,) = found if len(found) == 1 else (None,)  # of two it would be a guess
        return only if isinstance(only, int) else None

    async def _attach(self, party: int, sound: Sound) -> None:
        resource = f"party.party,{party}"
        there = await self._read("ir.attachment", [["resource", "=", resource], ["name", "=", sound.name]], ["name"])
        if not there:
            data = {"__class__": "bytes", "base64": base64.b64encode(sound.content).decode()}
            attachment = {"resource": resource, "name": sound.name, "type": "data", "data": data}
            await self.call("ir.attachment.create", [attachment])

    async def _note(self, party: int, text: str, reference: str) -> None:
        resource, ending = f"party.party,{party}", f"\nReference: {reference}"
        like = "%" + re.sub(r"([%_\\])", r"\\\1", ending)
        alike = await self._read("ir.note", [["resource", "=", resource], ["message", "like", like]], ["message"])
        if not any(str(one["message"]).endswith(ending) for one in alike):
            await self.call("ir.note.create", [{"resource": resource, "message": text + ending}])

    async def _read(self, model: str, where: object, names: Sequence[str]) -> Rows:
        rows = await self.call(f"{model}.search_read", where, 0, 100, [["id", "DESC"]], names)
        if not isinstance(rows, list) or not all(isinstance(one, dict) and one.keys() >= {*names} for one in rows):
            raise CrmFailed(f"Tryton tells no list of {model}")
        return rows

    async def _log_in(self) -> _Login:
        access = self._access
        try:
            told = await self._post("common.db.login", access.user, {"password": access.password}, "en")
        except _LoggedOut as error:
            raise CrmFailed("Tryton refuses the user or the password") from error
        if not isinstance(told, list) or len(told) < 2:
            raise CrmFailed("Tryton refuses the user or the password")
        session = base64.b64encode(f"{access.user}:{told[0]}:{told[1]}".encode()).decode()
        headers = {"Authorization": f"Session {session}"}
        try:
            return _Login(headers, await self._post("model.res.user.get_preferences", True, {}, headers=headers))
        except _LoggedOut as error:
            raise CrmFailed("Tryton ends every session at once") from error

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


@dataclass(frozen=True, slots=True)
class _Login:
    """A session. `context`: the user's preferences, among them the company, which go along with every call."""

    headers: Mapping[str, str]
    context: object


class _LoggedOut(Exception):
    """401: not logged in, or no longer."""


def _text(entry: Entry, enclosed: Enclosed) -> str:
    """What a person reads in the note."""
    answered = " · ".join(filter(None, (entry.user, entry.extension)))
    lines = (
        f"{entry.score} of 10 in the survey {entry.survey} ({entry.group})",
        f"{entry.date_time}, from {entry.source_number} to {entry.destination_number}",
        f"Answered by {answered}" if answered else "",
        enclosed.remark,
    )
    return "\n".join(filter(None, lines))


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
