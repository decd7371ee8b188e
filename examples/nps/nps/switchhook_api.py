"""Switchhook's REST API, as far as recordings go: where a call's recordings are, and the sound of one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp

ASK_AGAIN_SECONDS = 30.0  # when we are not told
LEAST_SECONDS, MOST_SECONDS = 1.0, 300.0
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=20)
PROBLEM = "application/problem+json"
KINDS = ("audio/", "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAccess:
    """Where the API is (`…/api/v1`), and a token that may read and listen to recordings."""

    url: str
    token: str


class ApiFailed(Exception):
    """The API does not answer, or refuses us; the text says which. Worth another try later."""


@dataclass(frozen=True, slots=True)
class There:
    """The call's recordings can be had: these, of this PBX (`service_id`)."""

    service_id: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """The recording may come: the call goes on, or the file is on its way. Ask again after so long."""

    why: str
    again_seconds: float = ASK_AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Absent:
    """There is none, and none will come."""

    why: str


class SwitchhookApi:
    """A connection to the API."""

    def __init__(self, access: ApiAccess) -> None:
        self._url = access.url
        headers = {"Authorization": f"Bearer {access.token}", "Accept-Encoding": "identity"}
        self._session = aiohttp.ClientSession(headers=headers, timeout=TIMEOUT)

    async def close(self) -> None:
        await self._session.close()

    async def find(self, call_uuid: str) -> There | NotYet | Absent:
        """The recordings of a call. Raises ApiFailed."""
        try:
            id_ = UUID(call_uuid)
        except ValueError:
            return Absent("The request named no Call UUID.")
        try:
            return await self._find(id_)
        except (KeyError, TypeError, ValueError) as error:
            raise ApiFailed(f"this is no answer of Switchhook ({error!r}): does the URL end with /api/v1?") from error

    @asynccontextmanager
    async def media(self, service_id: str, call_uuid: str, number: int, *, range_: str = "") -> AsyncIterator[Media]:
        """The answer to a request for one recording, its content still to be read. Raises ApiFailed."""
        url = f"{self._url}{_of_call(service_id, UUID(call_uuid))}/{number}/media"
        try:
            async with self._session.get(url, headers={"Range": range_} if range_ else {}) as answer:
                if answer.status not in (200, 206, 404, 409, 410, 416):
                    raise ApiFailed(f"Switchhook answers {answer.status} {answer.reason}")
                yield Media(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiFailed(f"Switchhook does not answer: {type(error).__name__} {error}") from error

    async def _find(self, id_: UUID) -> There | NotYet | Absent:
        """The same. Raises KeyError, TypeError and ValueError where something else answers."""
        call = await self._ask(f"/calls/{id_}")
        if not isinstance(call, Mapping):
            return call
        service_id = str(call["service_id"])
        told = await self._ask(_of_call(service_id, id_))
        if not isinstance(told, Mapping):
            return told
        found, reasons = [], []
        for one in told["data"]:
            match one["state"]:
                case "ready":
                    found.append(int(one["number"]))
                case "pending":
                    waits = await self._ask(f"{_of_call(service_id, id_)}/{one['number']}/media", first_byte=True)
                    return waits if isinstance(waits, NotYet) else NotYet(str(one["reason"]), LEAST_SECONDS)
                case _:
                    reasons.append(str(one["reason"]))
        if found:
            return There(service_id, tuple(found))
        if not reasons and call.get("began_at") and not call.get("ended_at"):
            return NotYet("The call goes on.")
        return Absent(" ".join(dict.fromkeys(reasons)) or "This call was not recorded.")

    async def _ask(self, path: str, *, first_byte: bool = False) -> Mapping[str, Any] | NotYet | Absent:
        """What is told under that path. `first_byte`: it leads to sound; all that matters is whether it is there."""
        headers = {"Range": "bytes=0-0"} if first_byte else {}
        try:
            async with self._session.get(self._url + path, headers=headers) as answer:
                if answer.status in (200, 206):
                    return {} if first_byte else _object(await answer.json(content_type=None))
                is_ours = answer.content_type == PROBLEM  # a proxy on the way says 404 and 503, too
                why = _detail(await answer.json(content_type=None)) if is_ours else str(answer.reason)
                again = answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiFailed(f"Switchhook does not answer: {type(error).__name__} {error}") from error
        match answer.status:
            case 409 | 429 | 503:
                seconds = float(again) if again.isascii() and again.isdigit() else ASK_AGAIN_SECONDS
                return NotYet(why, min(MOST_SECONDS, max(LEAST_SECONDS, seconds)))
            case 404 | 410 if is_ours:
                return Absent(why)
            case _:
                raise ApiFailed(f"Switchhook answers {answer.status}: {why}")


class Media:
    """What came back of a recording: whole (200), a part (206), or not (404, 409, 410, 416)."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.status = answer.status

    @property
    def content_type(self) -> str:
        """Never anything that a browser would run."""
        told = self._answer.content_type
        return told if told.startswith(KINDS) else "application/octet-stream"

    @property
    def ending(self) -> str:
        """What the PBX's name of the file ends with: `.wav`; empty when it is not told."""
        told = self._answer.content_disposition
        found = re.search(r"\.[a-zA-Z0-9]{1,5}$", (told and told.filename) or "")
        return found[0] if found else ""

    @property
    def headers(self) -> Mapping[str, str]:
        """What a player needs to know."""
        names = ("Accept-Ranges", "Content-Length", "Content-Range", "Retry-After")
        told = {name: self._answer.headers[name] for name in names if name in self._answer.headers}
        return told | {"Content-Type": self.content_type}

    async def read(self, most: int) -> bytes | None:
        """All of it; None when it has more than `most` bytes."""
        content = bytearray()
        async for chunk in self.chunks():
            content += chunk
            if len(content) > most:
                return None
        return bytes(content)

    def chunks(self) -> AsyncIterator[bytes]:
        return self._answer.content.iter_chunked(64 * 1024)


def _of_call(service_id: str, call: UUID) -> str:
    return f"/services/{service_id}/calls/{call}/recordings"


def _object(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    return told


def _detail(told: object) -> str:
    return str(told.get("detail", "")) if isinstance(told, dict) else ""
