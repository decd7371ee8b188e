"""Who does what is done now: a person in the portal, a program with a token, or the command line."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from switchhook.web.audit.models import Via
from switchhook.web.members.models import Person

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who, and from where. `token` names the API token that was shown."""

    person_id: UUID | None = None
    who: str = ""
    by_operator: bool = False
    via: Via = Via.COMMAND
    token: str = ""
    address: str = ""
    request_id: str = ""


def actor() -> Actor:
    """Who asks in the request that this thread serves; the command line, where it serves none."""
    request = _request.get()
    if request is None:
        return Actor(who="The command line")
    token = getattr(request, "api_token", None)
    asks = Actor(
        via=Via.PORTAL if token is None else Via.API, token="" if token is None else f"{token.name} ({token.prefix}…)",
        address=request.META.get("REMOTE_ADDR", ""), request_id=getattr(request, "request_id", ""))
    if token is not None and token.of_account:
        return replace(asks, who=f"API token {token.name}")
    person = token.owner if token is not None else getattr(request, "user", None)
    return asks if person is None or not person.is_authenticated else as_person(asks, person)


def as_person(asks: Actor, person: Person) -> Actor:
    """Who asks, now that it is known who they are."""
    return replace(asks, person_id=person.id, who=person.email, by_operator=person.is_operator)


class Witness:
    """The middleware by which `actor` knows the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(before)
