"""Events, deliveries and attempts as the store's tests need them: true ones, made with few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.delivery import (
    Answer,
    Attempt,
    Delivered,
    Delivery,
    Request,
    Responded,
    Timing,
    TryAgain,
    Verdict,
)
from switchhook.domain.event import Event, delivery_id, timed_id
from switchhook.store.ports import Acceptance, Claimed, Recording, Store
from switchhook.store.rows import from_ms, to_ms

ACCOUNT = UUID("00000000-0000-4000-8000-00000000acc0")
SERVICE = UUID("00000000-0000-4000-8000-0000000005e1")
INTEGRATION = UUID("00000000-0000-4000-8000-000000001e61")
_different = count(1)


def now() -> datetime:
    return from_ms(to_ms(datetime.now(UTC)))


def event(**fields: Any) -> Event:
    """An inbound call received just now. Keywords are Event's own; `at` moves its id, too."""
    number = next(_different)
    at = fields.pop("at", now())
    call = fields.pop("call_uuid", uuid4())
    return Event(**{
        "id": timed_id(to_ms(at), "event", number), "type": EventType.INBOUND_RECEIVED, "account_id": ACCOUNT,
        "service_id": SERVICE, "at": at, "order_key": str(call), "sequence": 1, "call_uuid": call,
        "native_call_id": f"1772580115.{number}",
        "fields": {Field.SOURCE_NUMBER: "+1 (202) 555-0171", Field.DESTINATION_NUMBER: "12025550101",
                   Field.EXTENSION_NUMBER: "201", Field.HAS_VOICEMAIL: True, Field.SEQUENCE: 1, Field.NAME: None},
    } | fields)


def delivery(of: Event, integration_id: UUID = INTEGRATION, **fields: Any) -> Delivery:
    """The event owed to that integration, made just now, expiring tomorrow."""
    made = fields.pop("created_at", now())
    return Delivery(**{
        "id": delivery_id(of.id, integration_id), "event_id": of.id, "account_id": of.account_id,
        "integration_id": integration_id, "order_key": of.order_key, "created_at": made,
        "expires_at": made + timedelta(days=1),
    } | fields)


def acceptance(of: Event | None = None, integrations: Sequence[UUID] = (INTEGRATION,), **fields: Any) -> Acceptance:
    """The event with a delivery for each of those integrations."""
    of = of or event()
    return Acceptance(event=of, deliveries=[delivery(of, one) for one in integrations], **fields)


def request(**fields: Any) -> Request:
    return Request(**{
        "method": "POST", "url": "https://crm.example/hook",
        "headers": (("Content-Type", "application/json"), ("Authorization", "Bearer s3cret")),
        "body": b'{"source_number":"12025550171"}', "secret_headers": frozenset({"authorization"}),
    } | fields)


def responded(status: int = 200, **fields: Any) -> Responded:
    return Responded(**{
        "status": status, "headers": (("Server", "nginx"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), "body": b"ok",
        "body_truncated": False, "timing": Timing(total_ms=48, connect_ms=11, first_byte_ms=40),
    } | fields)


def recording(
    owner: UUID, delivery_id: UUID, verdict: Verdict | None = None, *, number: int = 1, answer: Answer | None = None,
    request: Request | None = request(),  # noqa: B008
) -> Recording:
    """That attempt, made just now, answered and judged: a 200, and so delivered, unless said otherwise."""
    attempt = Attempt(
        delivery_id=delivery_id, number=number, started_at=now(), request=request,
        answer=responded() if answer is None else answer, verdict=Delivered() if verdict is None else verdict)
    return Recording(attempt=attempt, owner=owner)


def try_again(seconds: float = 5.0) -> TryAgain:
    return TryAgain(at=now() + timedelta(seconds=seconds), why="The server answered 503 Service Unavailable.")


async def accept_one(store: Store, engine: UUID, of: Event | None = None, **fields: Any) -> Delivery:
    """Accept one event with one delivery. Returns the delivery."""
    one = acceptance(of, **fields)
    await store.accept(engine, [one])
    return one.deliveries[0]


def ids(claimed: Sequence[Claimed]) -> list[UUID]:
    return [one.delivery.id for one in claimed]
