"""A view of one integration: `@integration_view` finds it among those that the reader may see, or answers 404."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, overload
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from switchhook.web.members.models import Role
from switchhook.web.tenancy import Access, View, account_view


@overload
def integration_view(view: View, /) -> View: ...
@overload
def integration_view(*, needs: Role) -> Callable[[View], View]: ...
def integration_view(view: View | None = None, /, *, needs: Role = Role.VIEWER) -> View | Callable[[View], View]:
    """`view(request, access, row, …)`. The URL names the account and the integration."""

    def decorate(view: View) -> View:
        @account_view(needs=needs)
        @wraps(view)
        def found(request: HttpRequest, access: Access, integration_id: UUID, **rest: Any) -> HttpResponseBase:
            row = get_object_or_404(access.integrations().select_related("service", "account"), id=integration_id)
            request.of_service = row.service is not None  # type: ignore[attr-defined]  # where the sidebar stands
            return view(request, access, row, **rest)

        return found

    return decorate(view) if view is not None else decorate
