"""Query parameters: what an operation does not know is refused. A misspelt filter would otherwise give all there is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from switchhook.domain.checks import Mistake
from switchhook.web.api.problems import invalid


def only_known(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, which refuses what it does not know. Raises Problem 422 that names it."""

    @wraps(operation)
    def checked(request: HttpRequest, *args: Any, **values: Any) -> Any:
        known = {name for value in values.values() if isinstance(value, BaseModel) for name in type(value).model_fields}
        unknown = [name for name in request.GET if name not in known or request.method != "GET"]
        if unknown:
            raise invalid([Mistake(where=name, message=f"There is no parameter “{name}” here.") for name in unknown])
        return operation(request, *args, **values)

    return checked
