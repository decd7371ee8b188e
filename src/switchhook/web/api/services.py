"""Services over the API: the list with their UUIDs, one, and what an account may change about its PBX."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, StrictBool

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.etags import check_match, stamp
from switchhook.web.api.problems import invalid, not_found
from switchhook.web.api.shapes import Page, Paging, Shape, Text
from switchhook.web.models import Service
from switchhook.web.services import actions
from switchhook.web.services.countries import clean_country
from switchhook.web.services.state import Shown, state_of, states_of
from switchhook.web.tenancy import Access

router = Router()


class ServiceShape(Shape):
    """A PBX. `id` is the service's UUID."""

    id: UUID
    name: str
    friendly_name: str
    platform: str | None = Field(description="asterisk, freeswitch or simulator; null: fed by intake")
    applications_enabled: bool
    country: str = Field(description="Where numbers without a country's prefix are from; empty: the account's country.")
    users_from: str = Field(description="Where its users come from: portal (and this API), else the PBX itself: "
                            "freepbx, voicemail or freeswitch. Then they are created and deleted there alone.")
    connection: str = Field(description="How the connection is, in words.")
    connection_state: str = Field(description="good, busy, warn, bad or neutral")


class ServiceChange(Shape):
    """What is to change; what is left out stays."""

    friendly_name: Text | None = Field(default=None, max_length=120)
    applications_enabled: StrictBool | None = None
    country: Text | None = Field(default=None, max_length=2, description="Two letters, like AU; empty: the account's.")


@router.get("/services", response=Page[ServiceShape], auth=READ)
def list_services(request: HttpRequest, paging: Query[Paging]) -> Page[ServiceShape]:
    """The account's PBXs and their UUIDs, by name."""
    found = access_of(request).services().select_related("connection").order_by("name")
    if paging.cursor:
        found = found.filter(name__gt=paging.cursor)
    rows = list(found[: paging.limit + 1])
    states = states_of(row.connection_id for row in rows)
    shown = [_shape(row, state_of(row, states)) for row in rows[: paging.limit]]
    return Page(data=shown, next=shown[-1].name if len(rows) > paging.limit else None)


@router.get("/services/{uuid:service_id}", response=ServiceShape, auth=READ)
def get_service(request: HttpRequest, service_id: UUID, response: HttpResponse) -> ServiceShape:
    """One PBX."""
    return _stamped(service_of(access_of(request), service_id), response)


@router.patch("/services/{uuid:service_id}", response=ServiceShape, auth=INTEGRATIONS)
def change_service(
    request: HttpRequest, service_id: UUID, change: ServiceChange, response: HttpResponse,
) -> ServiceShape:
    """The friendly name, and Applications on or off (Manage Applications)."""
    service = service_of(access_of(request), service_id)
    check_match(request, shape_of(service))
    if change.friendly_name is not None or change.country is not None:
        if change.friendly_name is not None:
            service.friendly_name = change.friendly_name.strip()
        if change.country is not None:
            service.country = _country(change.country)
        actions.save_service(service)
    if change.applications_enabled is not None and change.applications_enabled != service.applications_enabled:
        actions.switch_applications(service, change.applications_enabled)
    return _stamped(service, response)


def service_of(access: Access, service_id: UUID) -> Service:
    """The service. Raises Problem 404."""
    service = access.services().select_related("connection", "account").filter(id=service_id).first()
    if service is None:
        raise not_found("service")
    return service


def known_services(access: Access, services: Sequence[UUID], where: str = "services") -> Sequence[UUID]:
    """These services. Raises Problem 422 with the places of those that are not the account's."""
    known = set(access.services().filter(id__in=services).values_list("id", flat=True))
    unknown = [place for place, id_ in enumerate(services) if id_ not in known]
    if unknown:
        raise invalid([Mistake(where=f"{where}.{place}", message="There is no such service.") for place in unknown])
    return services


def shape_of(service: Service) -> ServiceShape:
    return _shape(service, state_of(service, states_of([service.connection_id])))


def _country(typed: str) -> str:
    try:
        return clean_country(typed)
    except ValidationError as error:
        raise invalid([Mistake(where="country", message=error.messages[0])]) from error


def _stamped(service: Service, response: HttpResponse) -> ServiceShape:
    shape = shape_of(service)
    stamp(response, shape)
    return shape


def _shape(service: Service, state: Shown) -> ServiceShape:
    return ServiceShape(
        id=service.id, name=service.name, friendly_name=service.friendly_name,
        platform=None if service.connection is None else service.connection.platform,
        applications_enabled=service.applications_enabled, country=service.country,
        users_from=service.directory_source,
        connection=str(state.words), connection_state=state.kind)
