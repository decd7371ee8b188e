"""Deliveries over the API: what is owed and was sent, attempt by attempt; redelivering and cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.domain.delivery import DeliveryState
from switchhook.web.api.attempt_shapes import AttemptShape, attempt_shape
from switchhook.web.api.bearer import EVENTS, READ, access_of
from switchhook.web.api.errands import ErrandShape, asked
from switchhook.web.api.finding import EventFilter, moments, page_of_events, window
from switchhook.web.api.problems import invalid, not_found
from switchhook.web.api.shapes import Page, Shape, moment
from switchhook.web.deliveries import actions
from switchhook.web.deliveries.recorded import attempts_of
from switchhook.web.models import Delivery
from switchhook.web.tenancy import Access

router = Router()
_ONE = "/deliveries/{uuid:delivery_id}"


class WantedDeliveries(EventFilter):
    """Which deliveries, and which page of them."""

    integration_id: UUID | None = None
    state: DeliveryState | None = None


class DeliveryShape(Shape):
    """One event owed to one integration."""

    id: UUID
    event_id: UUID
    event_type: str
    integration_id: UUID
    service_id: UUID | None
    state: str = Field(description=", ".join(one.value for one in DeliveryState))
    attempts: int
    created_at: datetime | None
    next_attempt_at: datetime | None
    expires_at: datetime | None
    finished_at: datetime | None
    last_status: int | None
    last_problem: str
    is_test: bool


class DeliveryWithAttempts(DeliveryShape):
    """A delivery with its attempts, the newest first."""

    attempt_log: list[AttemptShape]


class Several(Shape):
    """Deliveries by their ids."""

    delivery_ids: list[UUID] = Field(min_length=1, max_length=1000)


@router.get("/deliveries", response=Page[DeliveryShape], auth=READ)
def list_deliveries(request: HttpRequest, wanted: Query[WantedDeliveries]) -> Page[DeliveryShape]:
    """Deliveries, newest first. With number, extension or call_uuid a page is that of their events."""
    access = access_of(request)
    conditions: dict[str, Any] = {
        name: value for name, value in (
            ("integration_id", wanted.integration_id), ("state", wanted.state), ("event_type", wanted.type),
            ("service_id", wanted.service_id),
        ) if value is not None}
    found = access.deliveries().filter(**conditions)
    if wanted.number or wanted.extension or wanted.call_uuid:
        events, following = page_of_events(access, wanted, {})
        rows = list(found.filter(event_id__in=[one.id for one in events]).order_by("-id"))
    else:
        rows, following = window(access.deliveries(), found.filter(**moments(wanted, "created_at_ms")), wanted)
    return Page(data=[shape_of(row) for row in rows], next=following)


@router.get(_ONE, response=DeliveryWithAttempts, auth=READ)
def get_delivery(request: HttpRequest, delivery_id: UUID) -> DeliveryWithAttempts:
    """One delivery: each attempt with what was sent (secrets masked) and what came back."""
    [row] = _rows(access_of(request), [delivery_id], "")
    return DeliveryWithAttempts(
        **shape_of(row).model_dump(), attempt_log=[attempt_shape(one) for one in attempts_of(row)])


@router.post(f"{_ONE}/redeliver", response={202: ErrandShape}, auth=EVENTS)
def redeliver(request: HttpRequest, delivery_id: UUID, response: HttpResponse) -> ErrandShape:
    """One more attempt, at once, with the integration as it stands now and the same webhook-id."""
    access = access_of(request)
    return asked(actions.redeliver(access.account, _rows(access, [delivery_id], ""), access.asker), response)


@router.post(f"{_ONE}/cancel", response={202: ErrandShape}, auth=EVENTS)
def cancel(request: HttpRequest, delivery_id: UUID, response: HttpResponse) -> ErrandShape:
    """No further attempt, if it is still owed."""
    access = access_of(request)
    return asked(actions.cancel(access.account, _rows(access, [delivery_id], ""), access.asker), response)


@router.post("/deliveries/redeliver", response={202: ErrandShape}, auth=EVENTS)
def redeliver_several(request: HttpRequest, several: Several, response: HttpResponse) -> ErrandShape:
    """One more attempt of each."""
    access = access_of(request)
    rows = _rows(access, several.delivery_ids, "delivery_ids")
    return asked(actions.redeliver(access.account, rows, access.asker), response)


@router.post("/deliveries/cancel", response={202: ErrandShape}, auth=EVENTS)
def cancel_several(request: HttpRequest, several: Several, response: HttpResponse) -> ErrandShape:
    """No further attempt of those that are still owed."""
    access = access_of(request)
    rows = _rows(access, several.delivery_ids, "delivery_ids")
    return asked(actions.cancel(access.account, rows, access.asker), response)


def shape_of(row: Delivery) -> DeliveryShape:
    """The delivery as the API tells of it."""
    return DeliveryShape(
        id=row.id, event_id=row.event_id, event_type=row.event_type, integration_id=row.integration_id,
        service_id=row.service_id, state=row.state, attempts=row.attempts, created_at=moment(row.created_at_ms),
        next_attempt_at=moment(row.next_attempt_at_ms), expires_at=moment(row.expires_at_ms),
        finished_at=moment(row.finished_at_ms), last_status=row.last_status, last_problem=row.last_problem,
        is_test=row.is_test)


def _rows(access: Access, ids: Sequence[UUID], where: str) -> list[Delivery]:
    """These deliveries. Raises Problem: 404 for a single one (no `where`), 422 with the places of the unknown ones."""
    found = {row.id: row for row in access.deliveries().filter(id__in=ids)}
    unknown = [place for place, id_ in enumerate(ids) if id_ not in found]
    if unknown and not where:
        raise not_found("delivery")
    if unknown:
        raise invalid([Mistake(where=f"{where}.{place}", message="There is no such delivery.") for place in unknown])
    return list(found.values())
