"""Listening: each event is made into the request that production would send, and sent to a program on this machine."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from switchhook.cli.client import Record
from switchhook.cli.exits import BadData
from switchhook.domain.catalogue import EVENTS, FIELDS, EventType, Field
from switchhook.domain.delivery import Request
from switchhook.domain.errors import CannotRender
from switchhook.domain.event import Event, delivery_id
from switchhook.domain.filters import read as read_filter
from switchhook.domain.filters import unmet
from switchhook.domain.integration import BasicAuth, BodyKey, Format, Header, Integration, Method, NoAuth, TokenAuth
from switchhook.domain.rendering import render
from switchhook.domain.signing import is_secret
from switchhook.domain.validation import mistakes

LARGEST_ANSWER_BYTES = 64 * 1024
NOBODY = UUID(int=0)

_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(/|$)")

#: What stands for a secret of an integration: nobody is told those.
STAND_IN = "secret-of-the-integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of one event: the request, and the answer or in `problem` why there was none."""

    request: Request | None = None
    status: int | None = None
    body: str = ""
    problem: str = ""
    duration_ms: int = 0

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status <= 299


def standing_order(forward: str, secret: str) -> Integration:
    """What is sent when no integration says: every field as JSON, signed. Raises BadData for what is no URL."""
    forward = f"http://{forward}" if _HOST_AND_PORT.match(forward) else forward
    order = Integration(
        id=uuid5(NAMESPACE_URL, forward), account_id=NOBODY, service_id=None, name="listen",
        event_type=EventType.INBOUND_RECEIVED, request_url=forward, signing_secrets=(secret,))
    if not is_secret(secret):
        raise BadData("A signing secret is whsec_ and 24 to 64 bytes in Base64; leave it out for a new one.")
    found = [one.message for one in mistakes(order) if one.where == "request_url"]
    if found:
        raise BadData(" ".join(found))
    return order


def as_integration(order: Integration, told: Record) -> Integration:
    """The order with all that an integration of the API says, but for its URL and its secrets."""
    return replace(
        order, name=told["name"], event_type=EventType(told["event_type"]), path_arguments=told["path_arguments"],
        method=Method(told["method"]), format=Format(told["format"]), authentication=_authentication(told),
        headers=tuple(
            Header(name=one["name"], value=STAND_IN if one["secret"] else one["value"], secret=one["secret"])
            for one in told["headers"]),
        body_keys=tuple(
            BodyKey(key=one["key"], field=Field(one["field"]) if one["field"] else None, text=one["text"])
            for one in told["body_keys"]),
        filters=tuple(read_filter(one) for one in told["filters"]),
        signing_secrets=order.signing_secrets if told["signed"] else ())


def event_of(told: Record) -> Event | None:
    """An event of the API; None when its type is one of a newer release."""
    if told["type"] not in EVENTS:
        return None
    id_, call = UUID(told["id"]), told["call_uuid"]
    return Event(
        id=id_, type=EventType(told["type"]), account_id=NOBODY,
        service_id=UUID(told["service_id"]) if told["service_id"] else None, at=datetime.fromisoformat(told["at"]),
        order_key=str(call or id_), sequence=told["sequence"],
        fields={Field(name): value for name, value in told["fields"].items() if name in FIELDS},
        call_uuid=UUID(call) if call else None, native_call_id=told["native_call_id"], is_test=told["is_test"])


def why_not(order: Integration, event: Event) -> str:
    """Why the order's filters do not let the event through; empty when they do. Business hours are the account's: the
    event's Date/Time has its offset."""
    local = event.fields.get(Field.DATE_TIME)
    at = datetime.fromisoformat(local) if isinstance(local, str) else event.at
    return unmet(order.filters, replace(event, at=at), time_zone="")


def hear(order: Integration, event: Event, timeout_seconds: float) -> Heard:
    """Send the event's request, and what came of it. Never raises."""
    try:
        request = render(order, event, delivery_id=delivery_id(event.id, order.id), at=datetime.now(UTC))
    except CannotRender as error:
        return Heard(problem=str(error))
    began = time.monotonic()
    try:
        status, body = _sent(request, timeout_seconds)
    except TimeoutError:
        return Heard(request=request, problem=f"no answer within {timeout_seconds:g} s", duration_ms=_ms(began))
    except (OSError, HTTPException) as error:
        problem = "nothing listens there" if isinstance(error, ConnectionRefusedError) else str(error) or repr(error)
        return Heard(request=request, problem=problem, duration_ms=_ms(began))
    return Heard(request=request, status=status, body=body, duration_ms=_ms(began))


def record_of(told: Record, heard: Heard) -> Record:
    """All of it as one JSON object."""
    request: Any = None
    if heard.request is not None:
        body = heard.request.body
        request = {"method": heard.request.method, "url": heard.request.url, "headers": list(heard.request.headers),
                   "body": None if body is None else body.decode()}
    answer = None if heard.status is None else {"status": heard.status, "body": heard.body}
    return {"event": told, "request": request, "answer": answer, "problem": heard.problem,
            "duration_ms": heard.duration_ms}


def _authentication(told: Record) -> NoAuth | BasicAuth | TokenAuth:
    match told["authentication_type"]:
        case "basic":
            return BasicAuth(username=told["username"], password=STAND_IN)
        case "token":
            return TokenAuth(token=STAND_IN, prefix=told["token_prefix"], header=told["token_header"])
        case _:
            return NoAuth()


def _sent(request: Request, timeout_seconds: float) -> tuple[int, str]:
    """The answer's status and body. Byte for byte as it was rendered: a client that tidies URLs up would spoil the
    signature over the query string."""
    parts = urlsplit(request.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return answer.status, answer.read(LARGEST_ANSWER_BYTES).decode(errors="replace")
    finally:
        connection.close()


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
