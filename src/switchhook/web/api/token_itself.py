"""The token itself: whose it is, what it may do, and until when."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from switchhook.web.api.bearer import READ, access_of, token_of_request
from switchhook.web.api.tokens import TokenShape, shape_of

router = Router()


class ThisToken(TokenShape):
    """The token that was shown, and its account."""

    account: str
    account_name: str


@router.get("/token", response=ThisToken, auth=READ)
def get_token(request: HttpRequest) -> ThisToken:
    """What this token is: to see whether a login works, and for what."""
    account = access_of(request).account
    return ThisToken(**dict(shape_of(token_of_request(request))), account=account.slug, account_name=account.name)
