"""/api/v1: the REST API. It does what the portal does, by the same verbs (each subject's actions.py)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from switchhook import __version__
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.api import (
    audit,
    bulk_integrations,
    bulk_users,
    calls,
    deliveries,
    errands,
    event_types,
    events,
    feed,
    health,
    inbox,
    integration_templates,
    integration_versions,
    integrations,
    members,
    reading,
    recordings,
    recoveries,
    services,
    testing,
    token_itself,
    tokens,
    users,
)
from switchhook.web.api.document import Api
from switchhook.web.api.parameters import only_known
from switchhook.web.api.problems import Problem, answer, invalid, mistake_of
from switchhook.web.integrations.actions import Mistaken

assert bulk_users  # it adds its operation to the router of users
assert bulk_integrations  # the same with integrations

api = Api(
    title=f"{settings.SWITCHHOOK.brand_name} API", version="1", urls_namespace="api-1",
    description=f"What the portal does, for programs. Switchhook {__version__}. Times are RFC 3339, lists are pages.")
for about_tokens in (token_itself, tokens):
    api.add_router("", about_tokens.router, tags=["Tokens"])
for about_services in (services, health, reading):
    api.add_router("", about_services.router, tags=["Services"])
api.add_router("", users.router, tags=["Users"])
api.add_router("", event_types.router, tags=["Event types"])
api.add_router("", integrations.router, tags=["Integrations"])
api.add_router("", testing.router, tags=["Tests"])
api.add_router("", integration_templates.router, tags=["Integrations"])
api.add_router("", integration_versions.router, tags=["Integrations"])
api.add_router("", events.router, tags=["Events"])
api.add_router("", feed.router, tags=["Events"])
api.add_router("", deliveries.router, tags=["Deliveries"])
api.add_router("", calls.router, tags=["Calls"])
api.add_router("", recordings.router, tags=["Calls"])
api.add_router("", recoveries.router, tags=["Recoveries"])
api.add_router("", errands.router, tags=["Errands"])
api.add_router("", inbox.router, tags=["Request inbox"])
api.add_router("", members.router, tags=["Members"])
api.add_router("", audit.router, tags=["Audit log"])


api.add_decorator(only_known)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Any) -> HttpResponse:
    return answer(request, problem)


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Any) -> HttpResponse:
    return answer(request, Problem(404, str(error) or "There is no such thing."))


@api.exception_handler(Mistaken)
def _mistaken(request: HttpRequest, error: Any) -> HttpResponse:
    return answer(request, invalid(error.mistakes))


@api.exception_handler(QuotaReached)
def _quota_reached(request: HttpRequest, reached: Any) -> HttpResponse:
    if reached.retry_after_s is None:
        return answer(request, Problem(409, str(reached), code="quota_reached"))
    headers = {"Retry-After": str(reached.retry_after_s)}
    return answer(request, Problem(429, str(reached), code="quota_reached", headers=headers))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    detail = "The body is no JSON." if error.status_code == 400 else str(error)
    return answer(request, Problem(error.status_code, detail))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return answer(request, invalid([mistake_of(one) for one in error.errors]))
