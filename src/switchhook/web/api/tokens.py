"""API tokens over the API: for admins of all the account. What a token makes never may more than it may itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from switchhook.domain.checks import Mistake
from switchhook.web.api.bearer import READ, TOKENS, running_account, token_of_request
from switchhook.web.api.paging import by_id
from switchhook.web.api.problems import invalid, not_found
from switchhook.web.api.services import known_services
from switchhook.web.api.shapes import Moment, Page, PagingById, Shape, Text
from switchhook.web.models import ApiToken
from switchhook.web.tokens import actions
from switchhook.web.tokens.models import Scope

router = Router()


class TokenShape(Shape):
    """A token. Nobody is told the token itself again."""

    id: UUID
    name: str
    begins_with: str = Field(description="Its first characters, to tell it from others.")
    owner: str | None = Field(description="The e-mail of the member whose own it is; null: it is the account's.")
    scopes: list[str]
    service_ids: list[UUID] | None = Field(description="The services that it is limited to; null: to none.")
    created_at: datetime
    expires_at: datetime | None = Field(description="Null: never.")
    last_used_at: datetime | None = Field(description="Noted once a minute.")
    revoked_at: datetime | None


class NewToken(Shape):
    """A token to be made. It belongs to whom the token that makes it belongs: the account, or a member."""

    name: Text = Field(min_length=1, max_length=120, description="What will use it.")
    scopes: list[Scope] = Field(min_length=1, description="None that the token that makes it has not.")
    service_ids: list[UUID] | None = Field(
        default=None, min_length=1, description="The services that it is limited to; null: all of the account.")
    expires_at: Moment | None = Field(
        default=None, description="Null: never, or when the token that makes it does, where that ends.")


class MadeToken(TokenShape):
    """A new token."""

    token: str = Field(description="The token itself, told this once.")


@router.get("/tokens", response=Page[TokenShape], auth=READ)
def list_tokens(request: HttpRequest, paging: Query[PagingById]) -> Page[TokenShape]:
    """All tokens for the account, the account's own and its members'; revoked and expired ones, too."""
    rows, following = by_id(running_account(request).tokens().select_related("made_by"), paging, newest_first=False)
    return Page(data=[shape_of(row) for row in rows], next=following)


@router.post("/tokens", response={201: MadeToken}, auth=TOKENS)
def create_token(request: HttpRequest, wanted: NewToken) -> MadeToken:
    """A new token. The answer has it, this once."""
    access, maker = running_account(request), token_of_request(request)
    expires_at = maker.expires_at if wanted.expires_at is None else wanted.expires_at
    if mistakes := [*_beyond(wanted, maker), *_untimely(expires_at, maker)]:
        raise invalid(mistakes)
    row, text = actions.make_token(
        access, wanted.name, wanted.scopes, of_account=maker.of_account, expires_at=expires_at,
        services=known_services(access, wanted.service_ids or [], "service_ids"))
    return MadeToken(**dict(shape_of(row)), token=text)


@router.delete("/tokens/{uuid:token_id}", response={204: None}, auth=TOKENS)
def revoke_token(request: HttpRequest, token_id: UUID) -> None:
    """It works no more, from the next request on. A token may revoke itself."""
    row = running_account(request).tokens().filter(id=token_id).first()
    if row is None:
        raise not_found("token")
    actions.revoke(row)


def shape_of(row: ApiToken) -> TokenShape:
    """The token as it is answered."""
    return TokenShape(
        id=row.id, name=row.name, begins_with=row.prefix, owner=None if row.owner is None else row.owner.email,
        scopes=row.scopes, service_ids=[UUID(one) for one in row.services] or None, created_at=row.created_at,
        expires_at=row.expires_at, last_used_at=row.last_used_at, revoked_at=row.revoked_at)


def _beyond(wanted: NewToken, maker: ApiToken) -> list[Mistake]:
    return [
        Mistake(where=f"scopes.{place}", message=f"This token has not the scope “{scope.value}” itself.")
        for place, scope in enumerate(wanted.scopes) if scope.value not in maker.scopes]


def _untimely(expires_at: datetime | None, maker: ApiToken) -> list[Mistake]:
    if expires_at is None:
        return []
    if expires_at <= timezone.now():
        return [Mistake(where="expires_at", message="This moment is over.")]
    if maker.expires_at is not None and expires_at > maker.expires_at:
        return [Mistake(where="expires_at", message=f"This token itself ends at {maker.expires_at.isoformat()}.")]
    return []
