"""The request inbox over the API: how it answers, and what it got."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field, StrictInt

from switchhook.domain.headers import ALWAYS_SECRET
from switchhook.web.api.bearer import INTEGRATIONS, READ, access_of
from switchhook.web.api.problems import not_found
from switchhook.web.api.shapes import Page, Shape, moment
from switchhook.web.deliveries.recorded import shown_body
from switchhook.web.inbox import actions
from switchhook.web.inbox.actions import LONGEST_DELAY_MS, STATUSES, url_of
from switchhook.web.inbox.checking import Signer, check, headers_of, signers
from switchhook.web.models import Inbox, InboxRequest
from switchhook.web.tenancy import Access

router = Router()

MOST_KEPT = 100


class InboxShape(Shape):
    """A receiver of one's own: an integration may point there to see what it sends."""

    url: str
    answer_status: int
    answer_delay_ms: int


class InboxChange(Shape):
    """How it is to answer from the next request on; what is left out stays."""

    answer_status: StrictInt | None = Field(default=None, ge=STATUSES.start, le=STATUSES.stop - 1)
    answer_delay_ms: StrictInt | None = Field(default=None, ge=0, le=LONGEST_DELAY_MS)


class InboxRequestShape(Shape):
    """A request that it got. Credentials are masked; a body that is no UTF-8 shows U+FFFD."""

    id: UUID
    at: datetime | None
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str
    body_truncated: bool
    answered_status: int
    signature_good: bool
    signature: str = Field(description="Whose the signature is, or why it is nobody's.")


class Newest(BaseModel):
    """How many."""

    limit: int = Field(default=50, ge=1, le=MOST_KEPT, description="At most so many.")


@router.get("/inbox", response=InboxShape, auth=READ)
def get_inbox(request: HttpRequest) -> InboxShape:
    """The request inbox of the account."""
    return _shape(_inbox(access_of(request)))


@router.patch("/inbox", response=InboxShape, auth=INTEGRATIONS)
def change_inbox(request: HttpRequest, change: InboxChange) -> InboxShape:
    """Have it answer in another way: a 503 to see retries, a delay to see a time-out."""
    inbox = _inbox(access_of(request))
    status, delay_ms = (
        stored if sent is None else sent for sent, stored in (
            (change.answer_status, inbox.answer_status), (change.answer_delay_ms, inbox.answer_delay_ms)))
    actions.answer_with(inbox, status, delay_ms)
    return _shape(inbox)


@router.get("/inbox/requests", response=Page[InboxRequestShape], auth=READ)
def list_inbox_requests(request: HttpRequest, newest: Query[Newest]) -> Page[InboxRequestShape]:
    """What it got, the newest first. The last hundred are kept."""
    access = access_of(request)
    inbox = _inbox(access)
    rows = InboxRequest.objects.filter(inbox_id=inbox.id).order_by("-at_ms", "-id")[: newest.limit]
    among = signers(access.integrations().order_by("name")[:200], url_of(inbox))
    return Page(data=[_request(row, among) for row in rows])


@router.delete("/inbox/requests", response={204: None}, auth=INTEGRATIONS)
def clear_inbox(request: HttpRequest) -> None:
    """Forget what it got."""
    actions.clear(_inbox(access_of(request)))


def _inbox(access: Access) -> Inbox:
    """The account's. A token that is limited to some services has none: what comes in may be of others."""
    if access.only is not None:
        raise not_found("inbox")
    return actions.inbox_of(access.account)


def _shape(inbox: Inbox) -> InboxShape:
    return InboxShape(url=url_of(inbox), answer_status=inbox.answer_status, answer_delay_ms=inbox.answer_delay_ms)


def _request(row: InboxRequest, among: list[Signer]) -> InboxRequestShape:
    checked = check(row, among)
    return InboxRequestShape(
        id=row.id, at=moment(row.at_ms), method=row.method, url=row.url, body=shown_body(bytes(row.body)).raw,
        body_truncated=row.body_truncated, answered_status=row.answered_status, signature_good=checked.good,
        signature=checked.words, headers=[
            (name, "••••" if name.lower() in ALWAYS_SECRET else value) for name, value in headers_of(row)])
