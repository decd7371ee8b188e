"""What this program wants of a CRM: to take a score with its recording. Whatever takes JSON can; `tryton.py` does it
with Tryton's own API. For another CRM, write a class with this method and choose it in `server.py`."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from typing import Protocol

import aiohttp

from nps.messages import Enclosed, Entry

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5)


class CrmFailed(Exception):
    """The CRM does not answer, or refuses; the text says which. Worth another try later."""


class NoContact(Exception):
    """Nobody in the CRM has the caller's number."""


class Crm(Protocol):
    """A CRM, for as long as the program runs."""

    async def add_score(self, entry: Entry, enclosed: Enclosed, *, reference: str) -> None:
        """Enter it at the caller. `reference` is unique: what is there already is not entered again.
        Raises CrmFailed, NoContact."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonCrmAccess:
    """What takes JSON, and its token, if it wants one."""

    url: str
    token: str


class JsonCrm:
    """Anything that takes a POST: one JSON object for each score. The reference goes along as `Idempotency-Key`."""

    def __init__(self, access: JsonCrmAccess) -> None:
        self._url = access.url
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self._session = aiohttp.ClientSession(headers=headers, timeout=TIMEOUT)

    async def add_score(self, entry: Entry, enclosed: Enclosed, *, reference: str) -> None:
        recordings = [
            {"name": one.name, "content_type": one.content_type, "base64": base64.b64encode(one.content).decode()}
            for one in enclosed.sounds
        ]
        told = asdict(entry) | {"recordings": recordings, "remark": enclosed.remark}
        headers = {"Idempotency-Key": reference}
        try:
            async with self._session.post(self._url, json=told, headers=headers, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    raise CrmFailed(f"the CRM answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CrmFailed(f"the CRM does not answer: {type(error).__name__} {error}") from error

    async def close(self) -> None:
        await self._session.close()
