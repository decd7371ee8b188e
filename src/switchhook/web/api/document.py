"""The OpenAPI document: each operation with the scope that it needs and the problems that it may answer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.responses import Response

from switchhook.web.api.bearer import Bearer
from switchhook.web.api.etags import HEED_MATCH
from switchhook.web.api.examples import BODIES
from switchhook.web.branding.views import brand_of

_PROBLEM = {
    "type": "object", "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "For people."},
        "request_id": {"type": "string"}, "scope": {"type": "string", "description": "The scope that is missing."},
        "errors": {"type": "array", "items": {
            "type": "object", "required": ["where", "message"],
            "properties": {"where": {"type": "string"}, "message": {"type": "string"}}}},
    },
}
_WORDS = {
    "400": "malformed", "401": "no token that works", "403": "the token lacks the scope",
    "404": "there is no such thing",
    "409": "not in this state", "412": "changed meanwhile (If-Match)", "413": "larger than 1 MiB", "415": "no JSON",
    "422": "cannot be done as asked, see `errors`", "429": "too many requests, see Retry-After",
}
_ANY_PROBLEM = {
    "description": "A problem. " + ". ".join(f"{status}: {words}" for status, words in _WORDS.items()) + ".",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


#: What is left of this minute, with every answer (limits.py).
_ALLOWANCE = {
    f"RateLimit-{name}": {"description": words, "schema": {"type": "integer"}} for name, words in (
        ("Limit", "Requests a minute."), ("Remaining", "How many are left of this minute."),
        ("Reset", "In so many seconds the next minute begins."))}


class Document(OpenAPISchema):
    """ninja's, with more in it."""

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        found = super().operation_security(operation)
        scopes = [one.scope.value for one in operation.auth_callbacks if isinstance(one, Bearer)]
        return [{"Bearer": scopes}] if found else found

    def responses(self, operation: Operation) -> dict[Any, dict[str, Any]]:
        good = {status: one | {"headers": _ALLOWANCE} for status, one in super().responses(operation).items()}
        return good | {"4XX": _ANY_PROBLEM}

    def request_body(self, operation: Operation) -> dict[str, Any]:
        body: dict[str, Any] = super().request_body(operation)
        example = BODIES.get(operation.view_func.__name__)
        if body and example is not None:
            body["content"]["application/json"]["example"] = example
        return body

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        more = []
        if "POST" in operation.methods:
            more.append(_header("Idempotency-Key", "The same key within 24 hours: done once, answered the same.",
                                pattern="^[ -~]{1,255}$"))
        if operation.view_func.__name__ in HEED_MATCH:
            more.append(_header("If-Match", "The ETag that you know: 412 when it is another by now."))
        return super().operation_parameters(operation) + more

    def get_components(self) -> dict[str, Any]:
        components: dict[str, Any] = super().get_components()
        components.setdefault("schemas", {})["Problem"] = _PROBLEM
        return components


class Api(NinjaAPI):
    """The API, described by our Document."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None,
    ) -> OpenAPISchema:
        return Document(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)


@login_not_required
def openapi(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """The document, under the brand's name; anybody may read it."""
    document = api.get_openapi_schema(path_params={})
    document["info"]["title"] = f"{brand_of(request).name} API"
    return Response(document)


def _header(name: str, description: str, **schema: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "schema": {"type": "string", **schema},
            "description": description}
