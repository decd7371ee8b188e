"""The account itself over the API: what it is, and what it asks of its people."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import StrictBool

from switchhook.web.accounts.actions import save_account
from switchhook.web.accounts.models import Account
from switchhook.web.api.bearer import MEMBERS, READ, access_of, running_account
from switchhook.web.api.etags import check_match, stamp
from switchhook.web.api.shapes import Shape

router = Router()


class AccountShape(Shape):
    """The account. Times in requests are told in its time zone."""

    id: UUID
    slug: str
    name: str
    time_zone: str
    second_factor_required: bool
    granted_events: list[str]
    retention_days: int


class AccountChange(Shape):
    """What its admins may change."""

    second_factor_required: StrictBool


@router.get("/account", response=AccountShape, auth=READ)
def get_account(request: HttpRequest, response: HttpResponse) -> AccountShape:
    """The account of this token."""
    return _stamped(access_of(request).account, response)


@router.patch("/account", response=AccountShape, auth=MEMBERS)
def change_account(request: HttpRequest, change: AccountChange, response: HttpResponse) -> AccountShape:
    """Whether all who log in to it need a second factor. Tokens are not concerned."""
    account = running_account(request).account
    check_match(request, _shape(account))
    account.second_factor_required = change.second_factor_required
    save_account(account)
    return _stamped(account, response)


def _stamped(account: Account, response: HttpResponse) -> AccountShape:
    shape = _shape(account)
    stamp(response, shape)
    return shape


def _shape(account: Account) -> AccountShape:
    return AccountShape(
        id=account.id, slug=account.slug, name=account.name, time_zone=account.time_zone,
        second_factor_required=account.second_factor_required, granted_events=account.granted_events,
        retention_days=account.retention_days)
