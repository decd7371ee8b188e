"""Where a PBX's users come from, over the API: from here, or from the PBX itself, which is then read by period."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.domain.service import DirectorySource
from switchhook.web.api.bearer import READ, USERS, access_of
from switchhook.web.api.problems import Problem, invalid
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape, Text, moment
from switchhook.web.models import Service
from switchhook.web.services.actions import confirm_gone
from switchhook.web.users.sources import NotOurs, choose_source, possible_sources, source_of, state_of

router = Router()
_SOURCE = "/services/{uuid:service_id}/user-source"


class UserSource(Shape):
    """The one source of a service's users, and how reading them goes where it is the PBX."""

    source: DirectorySource
    scope: str = Field(description="The voicemail context or domain that is meant, where the PBX has several.")
    possible: list[DirectorySource] = Field(description="What it can be on this kind of PBX.")
    read_at: datetime | None = Field(description="When the PBX was last read; null: it is not, or not yet.")
    users: int | None = Field(description="How many it had then.")
    problem: str = Field(description="Why it is not in step with the PBX: it could not be read, or users are too many.")
    missing: list[str] = Field(
        description="Extension numbers of users who are here and not on the PBX, when they are so many that nothing is "
        "changed until somebody confirms that they are gone.")


class UserSourceChange(Shape):
    """Another source."""

    source: DirectorySource
    scope: Text = Field(default="", max_length=120)


class Gone(Shape):
    """Users who are missing on the PBX, and truly gone."""

    extension_numbers: list[Text] = Field(max_length=100_000)


@router.get(_SOURCE, response=UserSource, auth=READ)
def get_user_source(request: HttpRequest, service_id: UUID) -> UserSource:
    """Where the users of this service come from."""
    return _shape(service_of(access_of(request), service_id))


@router.put(_SOURCE, response=UserSource, auth=USERS)
def choose_user_source(request: HttpRequest, service_id: UUID, wanted: UserSourceChange) -> UserSource:
    """Have them come from elsewhere. The first reading brings the users here in step with the PBX and fires nothing."""
    access = access_of(request)
    service = service_of(access, service_id)
    if wanted.source not in _possible(service):
        raise invalid([Mistake(where="source", message=f"Here it can be {', '.join(_possible(service))}.")])
    try:
        choose_source(access, service, wanted.source, wanted.scope)
    except NotOurs as error:
        raise Problem(403, str(error), code="others_too") from error
    return _shape(service)


@router.post(_SOURCE + "/gone", response=UserSource, auth=USERS)
def confirm_gone_users(request: HttpRequest, service_id: UUID, told: Gone) -> UserSource:
    """Say that users who are `missing` are gone: the next reading of the PBX deletes them. Who is not `missing` is left
    out; and while others are, nothing is changed yet."""
    service = service_of(access_of(request), service_id)
    state = state_of(service)
    if state is not None and state.missing:
        confirm_gone(service, sorted(set(told.extension_numbers) & set(state.missing)))
    return _shape(service)


def _possible(service: Service) -> list[DirectorySource]:
    return [DirectorySource(value) for value, _ in possible_sources(service)]


def _shape(service: Service) -> UserSource:
    state = state_of(service)
    read_at_ms = None if state is None else state.read_at_ms
    return UserSource(
        source=source_of(service), scope=service.directory_scope, possible=_possible(service),
        read_at=moment(read_at_ms), users=None if state is None or read_at_ms is None else state.users,
        problem="" if state is None else state.problem, missing=[] if state is None else state.missing)
