"""Recoveries over the API: sending once more what failed in a time, and seeing how it goes on."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.catalogue import EventType
from switchhook.domain.checks import Mistake
from switchhook.domain.delivery import DeliveryState
from switchhook.web.api.bearer import EVENTS, READ, access_of
from switchhook.web.api.paging import by_id
from switchhook.web.api.problems import invalid, not_found
from switchhook.web.api.shapes import Moment, Page, PagingById, Shape, moment
from switchhook.web.deliveries import recovery
from switchhook.web.deliveries.recovery import Estimate, Recovery
from switchhook.web.deliveries.search import Filters
from switchhook.web.models import Errand
from switchhook.web.tenancy import Access

router = Router()
_ONE = "/recoveries/{uuid:recovery_id}"


class RecoveryShape(Shape):
    """A recovery: a long errand of the engine, which can be paused."""

    id: UUID
    kind: str = Field(description="catch_up or redeliver_many")
    state: str = Field(description="asked, working, paused, done, failed or cancelled")
    done: int
    total: int | None = Field(description="An estimate; null: nobody knows.")
    detail: str
    integration_id: UUID | None
    since: datetime | None
    until: datetime | None
    asked_at: datetime | None
    finished_at: datetime | None


class RecoveryWanted(Shape):
    """What to send once more: what ended undelivered, of events from `since` to before `until`."""

    since: Moment
    until: Moment | None = Field(default=None, description="null: until now")
    integration_id: UUID | None = None
    event_type: EventType | None = None
    state: DeliveryState | None = Field(default=None, description="failed, expired or cancelled; null: all three")


class EstimateShape(Shape):
    """About how many deliveries that would be. `or_more`: only the oldest 20,000 were looked at."""

    count: int
    or_more: bool


@router.get("/recoveries/estimate", response=EstimateShape, auth=READ)
def estimate_recovery(request: HttpRequest, wanted: Query[RecoveryWanted]) -> EstimateShape:
    """How much a recovery would be. Nothing is sent."""
    access = access_of(request)
    since, until, filters = _checked(access, wanted)
    found: Estimate = recovery.failed(access, filters, since, until)
    return EstimateShape(count=found.count, or_more=found.more)


@router.post("/recoveries", response={202: RecoveryShape}, auth=EVENTS)
def create_recovery(request: HttpRequest, wanted: RecoveryWanted, response: HttpResponse) -> RecoveryShape:
    """Send once more what failed in that time, at most 50 a second; `total` is the estimate."""
    access = access_of(request)
    since, until, filters = _checked(access, wanted)
    return started(access, recovery.redeliver_many(access, filters, since, until), response)


@router.get("/recoveries", response=Page[RecoveryShape], auth=READ)
def list_recoveries(request: HttpRequest, paging: Query[PagingById]) -> Page[RecoveryShape]:
    """The account's recoveries, the newest first. Finished ones are forgotten some day."""
    access = access_of(request)
    rows, following = by_id(access.errands().filter(kind__in=recovery.KINDS), paging, newest_first=True)
    return Page(data=[_shape(one) for row in rows if (one := recovery.recovery(access, row.id))], next=following)


@router.get(_ONE, response=RecoveryShape, auth=READ)
def get_recovery(request: HttpRequest, recovery_id: UUID) -> RecoveryShape:
    """How a recovery goes on."""
    return _shape(_found(access_of(request), recovery_id))


@router.post(f"{_ONE}/pause", response=RecoveryShape, auth=EVENTS)
def pause_recovery(request: HttpRequest, recovery_id: UUID) -> RecoveryShape:
    """Let it rest where it is."""
    access = access_of(request)
    recovery.pause(access, _found(access, recovery_id).errand.id)
    return _shape(_found(access, recovery_id))


@router.post(f"{_ONE}/resume", response=RecoveryShape, auth=EVENTS)
def resume_recovery(request: HttpRequest, recovery_id: UUID) -> RecoveryShape:
    """Go on where it rested."""
    access = access_of(request)
    recovery.resume(access, _found(access, recovery_id).errand.id)
    return _shape(_found(access, recovery_id))


@router.post(f"{_ONE}/cancel", response=RecoveryShape, auth=EVENTS)
def cancel_recovery(request: HttpRequest, recovery_id: UUID) -> RecoveryShape:
    """End it. What was made due already is sent."""
    access = access_of(request)
    recovery.cancel(access, _found(access, recovery_id).errand.id)
    return _shape(_found(access, recovery_id))


def started(access: Access, errand: Errand, response: HttpResponse) -> RecoveryShape:
    """The recovery that has just been asked for."""
    response["Location"] = reverse("api-1:get_recovery", kwargs={"recovery_id": errand.id})
    return _shape(_found(access, errand.id))


def _checked(access: Access, wanted: RecoveryWanted) -> tuple[datetime, datetime, Filters]:
    """From when, until when and of what. Raises Problem 422."""
    until = wanted.until or timezone.now()
    mistakes = []
    if wanted.since >= until:
        mistakes.append(Mistake(where="since", message="It begins when it is over: since must be before until."))
    if wanted.state is not None and wanted.state.value not in recovery.RECOVERABLE:
        mistakes.append(Mistake(where="state", message=f"{wanted.state.value} needs no recovery: choose failed, "
                                                       "expired or cancelled."))
    if wanted.integration_id is not None and not access.integrations().filter(id=wanted.integration_id).exists():
        mistakes.append(Mistake(where="integration_id", message="There is no such integration."))
    if wanted.integration_id is None and access.only is not None:
        mistakes.append(Mistake(where="integration_id", message=(
            "This token is limited to services: name one of their integrations.")))
    if mistakes:
        raise invalid(mistakes)
    return wanted.since, until, Filters(
        integration=str(wanted.integration_id or ""), event=wanted.event_type.value if wanted.event_type else "",
        state=wanted.state.value if wanted.state else "")


def _found(access: Access, recovery_id: UUID) -> Recovery:
    found = recovery.recovery(access, recovery_id)
    if found is None:
        raise not_found("recovery")
    return found


def _shape(found: Recovery) -> RecoveryShape:
    args = json.loads(found.errand.args)
    return RecoveryShape(
        id=found.errand.id, kind=found.errand.kind, state=found.errand.state, done=found.done, total=found.total,
        detail=found.detail, integration_id=args.get("integration_id") or None, since=moment(args.get("since_ms")),
        until=moment(args.get("until_ms")), asked_at=moment(found.errand.created_at_ms),
        finished_at=moment(found.errand.finished_at_ms))
