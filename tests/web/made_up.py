"""Made-up integrations, and what the engine would have written of them, for the tests of the portal's pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from django.test import Client

from switchhook.domain.catalogue import EVENTS, EventType, Field
from switchhook.domain.event import delivery_id, timed_id
from switchhook.domain.integration import Integration as Order
from switchhook.web.integrations import actions
from switchhook.web.models import Account, Attempt, Call, Delivery, Event, Integration, Person, Service
from tests.web.conftest import World

NOON_MS = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp() * 1000)
A_CALL = UUID("8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77")


@dataclass(frozen=True, slots=True)
class House:
    """The world's account, and what happens in it."""

    world: World

    @property
    def account(self) -> Account:
        return self.world.account

    @property
    def service(self) -> Service:
        return self.world.service

    @property
    def url(self) -> str:
        return f"/a/{self.account.slug}/"

    @property
    def pbx_url(self) -> str:
        return f"{self.url}pbx/{self.service.id}/"

    def client(self, person: Person | None = None) -> Client:
        """A browser in which the admin (or the person given) is logged in."""
        client = Client()
        client.force_login(person or self.world.admin, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def integration(
        self, event_type: EventType = EventType.INBOUND_ANSWERED, *, name: str = "CRM", signed: bool = True,
        **more: Any,
    ) -> Integration:
        """A stored integration, of the PBX or of the account as its event wants it."""
        service = None if event_type.startswith("user.") else self.service
        wanted = Order(
            id=UUID(int=0), account_id=self.account.id, service_id=None if service is None else service.id, name=name,
            event_type=event_type, request_url=more.pop("request_url", "https://crm.example.com/hook"), **more)
        return actions.create(self.account, service, wanted, signed=signed)

    def event(
        self, event_type: EventType = EventType.INBOUND_ANSWERED, *, number: int = 1, unwanted: str = "",
        fields: Mapping[Field, Any] | None = None, call: UUID = A_CALL,
    ) -> Event:
        """An accepted event; `number` tells it from others and is its minute."""
        values = EVENTS[event_type].example() | dict(fields or {})
        source, destination = (
            str(values.get(field) or "") for field in (Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER))
        at_ms = NOON_MS + number * 60_000
        return Event.objects.create(
            id=timed_id(at_ms, self.account.slug, number), account_id=self.account.id, service_id=self.service.id,
            type=event_type.value, at_ms=at_ms, accepted_at_ms=at_ms + 4, order_key=str(call), sequence=2,
            call_uuid=call, native_call_id=f"1772580115.{number}", source_number=source, source_tail=source[-8:],
            destination_number=destination, destination_tail=destination[-8:],
            extension_number=str(values.get(Field.EXTENSION_NUMBER) or ""),
            fields=json.dumps({field.value: value for field, value in values.items()}), unwanted_reason=unwanted,
            is_test=False)

    def call(
        self, *notes: Mapping[str, Any], number: int = 1, id_: UUID | None = None, source: str = "12025550171",
        destination: str = "12025550101", **more: Any,
    ) -> Call:
        """A call that is over, with those notes; `number` tells it from others and is its minute."""
        began_ms = NOON_MS + number * 60_000
        values: dict[str, Any] = {
            "id": id_ or uuid5(A_CALL, str(number)), "account_id": self.account.id, "service_id": self.service.id,
            "native_call_id": f"1772580115.{number}", "began_ms": began_ms, "ended_ms": began_ms + 61_500,
            "direction": "inbound", "source_number": source, "source_tail": source[-8:],
            "destination_number": destination, "destination_tail": destination[-8:], "extension_number": "201",
            "state": "answered", "partial": False, "is_test": False,
            "notes": "".join(json.dumps({"at": began_ms} | dict(note)) + "\n" for note in notes)}
        return Call.objects.create(**values | more)

    def delivery(self, event: Event, integration: Integration, *, state: str = "delivered", attempts: int = 1,
                 **more: Any) -> Delivery:
        """A delivery of the event."""
        values: dict[str, Any] = {
            "id": delivery_id(event.id, integration.id), "event": event, "account_id": event.account_id,
            "integration_id": integration.id, "service_id": event.service_id, "event_type": event.type,
            "order_key": event.order_key, "sequence": 2, "state": state, "attempts": attempts, "tried": attempts > 0,
            "manual": False, "created_at_ms": event.accepted_at_ms, "expires_at_ms": event.accepted_at_ms + 86_400_000,
            "finished_at_ms": None if state == "pending" else event.accepted_at_ms + 90, "last_problem": "",
            "is_test": False,
        }
        return Delivery.objects.create(**values | more)


SENT = {
    "method": "POST", "url": "https://crm.example.com/hook?from=pbx", "body": '{"caller":"12025550171"}',
    "headers": [["Content-Type", "application/json"], ["Authorization", "••••"]],
}


def answered(status: int = 200, body: str = '{"ok":true}') -> dict[str, Any]:
    """An answer as the engine records it."""
    return {
        "status": status, "headers": [["Server", "made-up"]], "body": body, "truncated": False,
        "timing": {"total_ms": 84, "connect_ms": 21, "first_byte_ms": 80},
    }


def not_answered(problem: str, detail: str = "") -> dict[str, Any]:
    """No answer, as the engine records it."""
    return {
        "problem": problem, "detail": detail, "timing": {"total_ms": 15_000, "connect_ms": None, "first_byte_ms": None},
    }


def attempt(delivery: Delivery, number: int, answer: dict[str, Any], request: dict[str, Any] | None = SENT) -> Attempt:
    """An attempt that the engine recorded."""
    return Attempt.objects.create(
        delivery=delivery, number=number, started_at_ms=delivery.created_at_ms + number * 5000, duration_ms=84,
        status=answer.get("status"), problem=answer.get("problem", ""), verdict="try_again",
        request=json.dumps(request), answer=json.dumps(answer))
