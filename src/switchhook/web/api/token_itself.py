"""The token itself: whose it is, what it may do, and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.shapes import Shape
from switchhook.web.models import ApiToken

router = Router()


class TokenShape(Shape):
    """The token that was shown. `service_ids` null: all PBXs of the account; `expires_at` null: never."""

    name: str
    account: str
    account_name: str
    scopes: list[str]
    service_ids: list[UUID] | None
    expires_at: datetime | None


@router.get("/token", response=TokenShape, auth=READ)
def get_token(request: HttpRequest) -> TokenShape:
    """What this token is: to see whether a login works, and for what."""
    token: ApiToken = request.api_token  # type: ignore[attr-defined]  # manners.py put it there
    account = access_of(request).account
    return TokenShape(
        name=token.name, account=account.slug, account_name=account.name, scopes=token.scopes,
        service_ids=[UUID(one) for one in token.services] or None, expires_at=token.expires_at)
