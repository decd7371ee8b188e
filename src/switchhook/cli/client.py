"""The client of the REST API: requests with the token, pages, errands, and errors in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import requests

from switchhook import __version__
from switchhook.cli.exits import BadData, Busy, CommandError, NotAllowed, NotFound, Unavailable
from switchhook.cli.login import Login

#: A JSON object of the API, as /api/v1/openapi.json describes it.
Record = dict[str, Any]

TIMEOUT_SECONDS = 30.0
PAGE_ROWS = 200
ERRAND_SECONDS = 60.0
LOOK_SECONDS = 0.3
BUSY_TRIES, LONGEST_WAIT_SECONDS = 3, 70.0

_ERRORS: dict[int, type[CommandError]] = {
    400: BadData, 401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: CommandError, 413: BadData, 422: BadData,
    429: Busy}


class _Bearer(requests.auth.AuthBase):
    """The token, whatever ~/.netrc says of the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """A program with a token at a server."""

    def __init__(self, login: Login, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = login.url
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = _Bearer(login.token)
        self._session.headers["User-Agent"] = f"switchhook-cli/{__version__}"

    def get(self, path: str, **query: object) -> Record:
        """What stands at the path below /api/v1. Raises CommandError."""
        return self._ask("GET", path, {name: value for name, value in query.items() if value not in (None, "", [])})

    def send(self, method: str, path: str, body: Record | None = None) -> Record:
        """Have something done, once also when an answer is lost. Raises CommandError."""
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        return self._ask(method, path, {}, body, headers)

    def pages(self, path: str, *, most: int | None = None, **query: object) -> Iterator[Record]:
        """The items of a list, page by page, at most so many. Raises CommandError."""
        cursor, told = "", 0
        while True:
            limit = PAGE_ROWS if most is None else min(PAGE_ROWS, most - told)
            page = self.get(path, cursor=cursor, limit=limit, **query)
            yield from page["data"]
            told += len(page["data"])
            cursor = page["next"]
            if not cursor or told == most:
                return

    def done(self, errand: Record) -> Record:
        """The result of an errand, when the engine has done it. Raises CommandError when it cannot or does not."""
        end = time.monotonic() + ERRAND_SECONDS
        while errand["state"] not in ("done", "failed", "cancelled"):
            if time.monotonic() > end:
                raise Unavailable(f"The engine has not taken it up within {ERRAND_SECONDS:.0f} s: does it run?")
            self._sleep(LOOK_SECONDS)
            errand = self.get(f"/errands/{errand['id']}")
        result: Record = errand["result"]
        if errand["state"] != "done":
            raise CommandError(str(result.get("detail") or f"It was {errand['state']}."))
        return result

    def _ask(
        self, method: str, path: str, query: Record, body: Record | None = None, headers: dict[str, str] | None = None,
    ) -> Record:
        for tried in range(1, BUSY_TRIES + 1):
            try:
                answer = self._session.request(
                    method, f"{self.url}/api/v1{path}", params=query, json=body, headers=headers,
                    timeout=TIMEOUT_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                raise Unavailable(f"{self.url} cannot be reached: {_in_words(error)}.") from None
            if answer.status_code != 429 or tried == BUSY_TRIES:
                break
            self._sleep(min(_seconds(answer.headers.get("Retry-After")), LONGEST_WAIT_SECONDS))
        return self._told(answer)

    def _told(self, answer: requests.Response) -> Record:
        if 300 <= answer.status_code < 400:
            raise Unavailable(f"{self.url} sends us on to {answer.headers.get('Location')}: use that address.")
        if answer.status_code == 204:
            return {}
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Unavailable(f"What answers at {self.url} (status {answer.status_code}) is no Switchhook.")
        if answer.status_code >= 400:
            raise _problem(answer.status_code, told)
        return told


def _problem(status: int, told: Record) -> CommandError:
    """A problem+json as an error: its sentence, and where several things are wrong, each with its place."""
    lines = [str(told.get("detail") or told.get("title") or f"The server answered {status}.")]
    errors = told.get("errors") or []
    if errors:
        lines = [f"{one.get('where', '')}: {one.get('message', '')}" for one in errors]
    if status >= 500:
        lines.append(f"(request {told.get('request_id')})")
    kind = _ERRORS.get(status, Unavailable if status >= 500 else CommandError)
    return kind("\n".join(lines))


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS:.0f} s"
    text = str(error)
    for sign, words in (("refused", "nothing listens there"), ("resolve", "there is no such host"),
                        ("No route", "there is no route to it"), ("unreachable", "the network is unreachable")):
        if sign in text:
            return words
    return type(error).__name__


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.isdecimal() else 1.0
