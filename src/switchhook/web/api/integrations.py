"""Integrations over the API: what the form can do, and the buttons beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.catalogue import EventType
from switchhook.domain.checks import Mistake
from switchhook.domain.errors import CannotOpen
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.errands import ErrandShape, asked
from switchhook.web.api.etags import check_match, stamp
from switchhook.web.api.integration_shapes import (
    Created,
    IntegrationChange,
    IntegrationShape,
    NewIntegration,
    applied,
    shape_of,
)
from switchhook.web.api.paging import by_id
from switchhook.web.api.problems import Problem, invalid, not_found
from switchhook.web.api.recoveries import RecoveryShape, started
from switchhook.web.api.shapes import Moment, Page, PagingById, Shape
from switchhook.web.deliveries.recovery import enable_and_catch_up
from switchhook.web.errands import ask
from switchhook.web.integrations import actions
from switchhook.web.integrations.forms import blank
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Integration, Service
from switchhook.web.tenancy import Access

router = Router()
_ONE = "/integrations/{uuid:integration_id}"


class Narrowed(PagingById):
    """Which integrations, and which page of them."""

    service_id: UUID | None = None
    event_type: EventType | None = None
    enabled: bool | None = None


class Rotated(Shape):
    """The new signing secret, which is not told again. The one before signs along until `old_until`."""

    signing_secret: str
    old_until: datetime


class Enabling(Shape):
    """How to enable it."""

    catch_up_from: Moment | None = Field(
        default=None, description="Also send what was missed and what failed since then. null: from the next event on.")


class Enabled(IntegrationShape):
    """The integration, and the recovery that catches up; null: nothing is caught up."""

    recovery: RecoveryShape | None


@router.get("/integrations", response=Page[IntegrationShape], auth=READ)
def list_integrations(request: HttpRequest, narrowed: Query[Narrowed]) -> Page[IntegrationShape]:
    """The integrations of the account and of its PBXs."""
    found = access_of(request).integrations()
    for name in ("service_id", "event_type", "enabled"):
        if (value := getattr(narrowed, name)) is not None:
            found = found.filter(**{name: value})
    rows, following = by_id(found, narrowed, newest_first=False)
    return Page(data=[shape_of(row) for row in rows], next=following)


@router.post("/integrations", response={201: Created}, auth=INTEGRATIONS)
def create_integration(request: HttpRequest, wanted: NewIntegration, response: HttpResponse) -> Created:
    """Create an integration. The signing secret is in this answer and in no other."""
    access = access_of(request)
    service = place_for(access, wanted.service_id)
    order = replace(applied(blank(access.account.id, wanted.service_id), wanted), enabled=wanted.enabled)
    row = actions.create(access.account, service, order, signed=bool(wanted.signed), by=asked_by(request))
    response["Location"] = f"{request.path}/{row.id}"
    return with_secret(row, response)


@router.get(_ONE, response=IntegrationShape, auth=READ)
def get_integration(request: HttpRequest, integration_id: UUID, response: HttpResponse) -> IntegrationShape:
    """One integration."""
    return stamped(one_integration(access_of(request), integration_id), response)


@router.patch(_ONE, response=IntegrationShape, auth=INTEGRATIONS)
def change_integration(
    request: HttpRequest, integration_id: UUID, change: IntegrationChange, response: HttpResponse,
) -> IntegrationShape:
    """Change an integration; also what it still owes is sent as it stands then."""
    row = locked_integration(access_of(request), integration_id)
    check_match(request, shape_of(row))
    before = opened(row, timezone.now()).integration
    signed = bool(row.signing_secrets) if change.signed is None else change.signed
    actions.change(row, applied(before, change), signed=signed, by=asked_by(request))
    return stamped(row, response)


@router.delete(_ONE, response={204: None}, auth=INTEGRATIONS)
def delete_integration(request: HttpRequest, integration_id: UUID) -> None:
    """Delete an integration. Its deliveries can still be read."""
    row = locked_integration(access_of(request), integration_id)
    check_match(request, shape_of(row))
    actions.delete(row)


@router.post(f"{_ONE}/enable", response=Enabled, auth=INTEGRATIONS)
def enable_integration(
    request: HttpRequest, integration_id: UUID, response: HttpResponse, wanted: Enabling | None = None,
) -> Enabled:
    """Send again, from the next event on; with `catch_up_from` also what was missed and what failed since then."""
    access = access_of(request)
    row = locked_integration(access, integration_id)
    recovery = None
    if wanted is None or wanted.catch_up_from is None:
        actions.enable(row, by=asked_by(request))
    elif wanted.catch_up_from > timezone.now():
        raise invalid([Mistake(where="catch_up_from", message="This is yet to come: choose a moment in the past.")])
    else:
        recovery = started(
            access, enable_and_catch_up(access, row, wanted.catch_up_from, by=asked_by(request)), response)
    return Enabled(**stamped(row, response).model_dump(), recovery=recovery)


@router.post(f"{_ONE}/disable", response=IntegrationShape, auth=INTEGRATIONS)
def disable_integration(request: HttpRequest, integration_id: UUID, response: HttpResponse) -> IntegrationShape:
    """Send nothing any more; its events stay known."""
    row = locked_integration(access_of(request), integration_id)
    token = request.api_token  # type: ignore[attr-defined]  # manners.py put it there
    actions.disable(row, f"Disabled over the API by {token}.", by=asked_by(request))
    return stamped(row, response)


@router.post(f"{_ONE}/duplicate", response={201: Created}, auth=INTEGRATIONS)
def duplicate_integration(request: HttpRequest, integration_id: UUID, response: HttpResponse) -> Created:
    """A disabled copy, with a signing secret of its own."""
    twin = actions.duplicate(one_integration(access_of(request), integration_id), by=asked_by(request))
    response["Location"] = request.path.replace(f"{integration_id}/duplicate", str(twin.id))
    return with_secret(twin, response)


@router.post(f"{_ONE}/rotate-secret", response=Rotated, auth=INTEGRATIONS)
def rotate_secret(request: HttpRequest, integration_id: UUID) -> Rotated:
    """Sign with a new secret, and for 24 hours also with the one before."""
    row = locked_integration(access_of(request), integration_id)
    if not row.signing_secrets:
        raise Problem(409, "This integration does not sign: change `signed` to true first.", code="not_signed")
    actions.rotate_signing_secret(row, by=asked_by(request))
    return Rotated(signing_secret=actions.signing_secret(row), old_until=timezone.now() + actions.ROTATION_OVERLAP)


@router.post(f"{_ONE}/test", response={202: ErrandShape}, auth=INTEGRATIONS)
def test_integration(request: HttpRequest, integration_id: UUID, response: HttpResponse) -> ErrandShape:
    """Have the engine send a test. The errand's result has the delivery's id."""
    access = access_of(request)
    row = one_integration(access, integration_id)
    return asked(ask("send_test", access.account, {"integration_id": str(row.id)}, access.asker), response)


def place_for(access: Access, service_id: UUID | None, *, needed: bool = False) -> Service | None:
    """Where a new integration is to be: of that service, or None: of the account. Raises Problem 422."""
    if service_id is not None:
        service = access.services().filter(id=service_id).first()
        if service is None:
            raise invalid([Mistake(where="service_id", message="There is no such service.")])
        return service
    if access.only is not None:
        raise invalid([Mistake(where="service_id", message="This token is limited to services: name one of them.")])
    if needed:
        raise invalid([Mistake(where="service_id", message="Name the service (the PBX) whose events these are.")])
    return None


def asked_by(request: HttpRequest) -> str:
    """Who asks, for the history."""
    return f"API token {request.api_token}"  # type: ignore[attr-defined]  # manners.py put it there


def one_integration(access: Access, integration_id: UUID) -> Integration:
    """The integration. Raises Problem 404."""
    return _found(access.integrations(), integration_id)


def locked_integration(access: Access, integration_id: UUID) -> Integration:
    """The integration, which nobody else changes until we are through with it."""
    return _found(access.integrations().select_for_update(of=("self",)), integration_id)


def _found(among: QuerySet[Integration], integration_id: UUID) -> Integration:
    row = among.select_related("service", "account").filter(id=integration_id).first()
    if row is None:
        raise not_found("integration")
    return row


def stamped(row: Integration, response: HttpResponse) -> IntegrationShape:
    """The integration as it is answered, with its ETag."""
    shape = shape_of(row)
    stamp(response, shape)
    return shape


def with_secret(row: Integration, response: HttpResponse) -> Created:
    """A new integration as it is answered. Raises Problem."""
    shape = stamped(row, response)
    try:
        secret = actions.signing_secret(row) or None
    except CannotOpen as error:
        raise Problem(500, str(error)) from error
    return Created(**shape.model_dump(), signing_secret=secret)
