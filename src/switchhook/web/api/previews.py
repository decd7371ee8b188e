"""Previews over the API: exactly the request that an integration would send, a saved one or one that is not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.domain.integration import Integration
from switchhook.domain.validation import warnings
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.integration_shapes import NewIntegration, applied
from switchhook.web.api.integrations import one_integration, place_for
from switchhook.web.api.problems import invalid
from switchhook.web.api.shapes import Shape
from switchhook.web.deliveries.recorded import event_of
from switchhook.web.integrations.actions import check
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.preview import example, passing, preview
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Service
from switchhook.web.tenancy import Access

router = Router()


class PassingShape(Shape):
    """What the filters would have done to the last events of this type."""

    looked_at: int
    passed: int


class PreviewShape(Shape):
    """Exactly what would be sent, secrets masked; or in `problem` why it cannot be."""

    http: str
    curl: str
    problem: str
    warnings: list[str]
    passing: PassingShape | None = Field(description="null: there are no filters, or no events to try them on")


class Sample(Shape):
    """Which event the preview is of."""

    event_id: UUID | None = Field(default=None, description="Without: the catalogue's example.")


class Unsaved(NewIntegration):
    """An integration that is not created, and which event the preview is of."""

    event_id: UUID | None = Field(default=None, description="Without: the catalogue's example.")


@router.get("/integrations/{uuid:integration_id}/preview", response=PreviewShape, auth=READ)
def preview_integration(request: HttpRequest, integration_id: UUID, sample: Query[Sample]) -> PreviewShape:
    """Exactly the request that would be sent for an event, secrets masked. Nothing is sent."""
    access, now = access_of(request), timezone.now()
    row = one_integration(access, integration_id)
    return _shown(access, opened(row, now).integration, row.service, bool(row.signing_secrets), sample.event_id, now)


@router.post("/integrations/preview", response=PreviewShape, auth=INTEGRATIONS)
def preview_new_integration(request: HttpRequest, wanted: Unsaved) -> PreviewShape:
    """The same of an integration before it is created: its mistakes are told as creating it would tell them. Nothing is
    created and nothing is sent."""
    access = access_of(request)
    service = place_for(access, wanted.service_id)
    order = applied(blank(access.account.id, wanted.service_id), wanted)
    check(access.account, order)
    return _shown(access, order, service, bool(wanted.signed), wanted.event_id, timezone.now())


def _shown(
    access: Access, wanted: Integration, service: Service | None, signed: bool, event_id: UUID | None, now: datetime,
) -> PreviewShape:
    event = example(wanted, service, now)
    if event_id is not None:
        found = access.events().filter(id=event_id, type=wanted.event_type.value).first()
        if found is None:
            raise invalid([Mistake(where="event_id", message="There is no such event of this integration's type.")])
        event = event_of(found)
    shown, tried = preview(wanted, event, signed=signed, at=now), passing(access, wanted)
    return PreviewShape(
        http=shown.http, curl=shown.curl, problem=shown.problem, warnings=[one.message for one in warnings(wanted)],
        passing=None if tried is None else PassingShape(looked_at=tried.looked_at, passed=tried.passed))
