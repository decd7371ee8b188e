"""The OpenAPI document: each operation with the scope that it needs and the problems that it may answer."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from switchhook.web.api.bearer import Bearer

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
_ALWAYS = {400: "Malformed", 401: "No token that works", 403: "The token lacks a scope", 429: "Too many requests"}
_WITH_BODY = {413: "Larger than 1 MiB", 415: "Not JSON", 422: "It cannot be done as asked: see errors"}


class Document(OpenAPISchema):
    """ninja's, with more in it."""

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        found = super().operation_security(operation)
        scopes = [one.scope.value for one in operation.auth_callbacks if isinstance(one, Bearer)]
        return [{"Bearer": scopes}] if found else found

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        problems = dict(_ALWAYS)
        if "{" in operation.path:
            problems[404] = "There is no such thing"
        if self.request_body(operation) or self.operation_parameters(operation):
            problems |= _WITH_BODY
        if "PATCH" in operation.methods or "DELETE" in operation.methods:
            problems[412] = "Changed meanwhile (If-Match)"
        told = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        return super().responses(operation) | {
            status: {"description": words, "content": told} for status, words in sorted(problems.items())}

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        more = []
        if "POST" in operation.methods:
            more.append(_header("Idempotency-Key", "The same key within 24 hours: done once, answered the same."))
        if "PATCH" in operation.methods or "DELETE" in operation.methods:
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


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "schema": {"type": "string"}, "description": description}
