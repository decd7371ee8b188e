"""/api/v1: the REST API. It does what the portal does, by the same verbs (each subject's actions.py)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from switchhook import __version__
from switchhook.web.accounts.quotas import QuotaReached
from switchhook.web.api import (
    account_itself,
    audit,
    bulk_integrations,
    bulk_users,
    calls,
    deliveries,
    detections,
    errands,
    event_types,
    events,
    feed,
    health,
    inbox,
    integration_health,
    integration_templates,
    integration_versions,
    integrations,
    members,
    previews,
    reading,
    recordings,
    recoveries,
    services,
    signature_checks,
    testing,
    token_itself,
    tokens,
    user_source,
    users,
)
from switchhook.web.api.document import Api
from switchhook.web.api.parameters import only_known
from switchhook.web.api.problems import Problem, answer, invalid, mistake_of
from switchhook.web.integrations.actions import Mistaken

assert bulk_users  # it adds its operation to the router of users
assert bulk_integrations  # the same with integrations

api = Api(
    title="API", version="1", urls_namespace="api-1",
    description=(
        f"What the portal does, for programs. Switchhook {__version__}. Times are RFC 3339, lists are pages.\n\n"
        "To try it here, **Authorize** with a token (*My Admin*, or *Your profile* → *API tokens*)."),
    openapi_extra={"externalDocs": {"description": "The handbook on the API", "url": "/docs/api.html"}})
#: Each subject with the routers that it is made of.
_SUBJECTS = {
    "Account": (account_itself,), "Tokens": (token_itself, tokens),
    "Services": (services, health, reading, detections), "Users": (users, user_source), "Event types": (event_types,),
    "Integrations": (previews, integrations, integration_health, integration_templates, integration_versions,
                     signature_checks),
    "Tests": (testing,), "Events": (events, feed), "Deliveries": (deliveries,), "Calls": (calls, recordings),
    "Recoveries": (recoveries,), "Errands": (errands,), "Request inbox": (inbox,), "Members": (members,),
    "Audit log": (audit,),
}
for subject, modules in _SUBJECTS.items():
    for module in modules:
        api.add_router("", module.router, tags=[subject])


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
