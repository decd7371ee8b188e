"""The demo's integration for the Net Promoter Score example: the one that leaves the house."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.integration import BodyKey, Format, Integration, Method, NoAuth
from switchhook.web.accounts.actions import save_account
from switchhook.web.configuration import touch
from switchhook.web.demo import EMAIL
from switchhook.web.integrations import models
from switchhook.web.integrations.actions import create, signing_secret
from switchhook.web.members.models import Role
from switchhook.web.models import Account, ApiToken, Person, Service
from switchhook.web.tenancy import Access
from switchhook.web.tokens.actions import make_token, revoke
from switchhook.web.tokens.models import Scope

NAME = "Net Promoter Score dashboard"
#: As examples/nps/README.md says. Without body keys the request would have these and more.
FIELDS = (Field.IVR_NAME, Field.OPTION_SELECTED, Field.CALL_UUID, Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER,
          Field.DATE_TIME, Field.NAME, Field.EXTENSION_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class NpsAccess:
    """What the program is told of us: a secret, a token for the recordings, and the account's time zone."""

    signing_secret: str
    api_token: str
    time_zone: str


def seed_nps(nps_url: str) -> NpsAccess:
    """See that the demo's account tells the program at `nps_url` of scores. The token is a new one each time.

    The program listens on this machine's loopback, which no integration may call unless the operator has granted it
    to the account. Grants are the account's, not one integration's: whoever logs in to this demo may call whatever
    listens on 127.0.0.1, so only the demo does this, on the machine of the person who runs it.
    """
    try:
        with transaction.atomic():
            account = Account.objects.get(slug="example")
            account.allowed_networks = ["127.0.0.1/32"]
            save_account(account)
            service = Service.objects.filter(account=account).order_by("created_at").first()
            row = models.Integration.objects.filter(account=account, name=NAME).first()
            if row is None:
                row = create(account, service, _integration(account, service, f"{nps_url}/hook"), signed=True)
            elif row.request_url != f"{nps_url}/hook":  # another port than last time
                row.request_url = f"{nps_url}/hook"
                row.save()
                touch()
            return NpsAccess(
                signing_secret=signing_secret(row), api_token=_token(account), time_zone=account.time_zone)
    finally:
        connections.close_all()


def _token(account: Account) -> str:
    """A token of the account's own for the program; that of last time ends."""
    for old in ApiToken.objects.filter(account=account, name=NAME, revoked_at=None):
        revoke(old)
    person = Person.objects.get(email=EMAIL)
    access = Access(person, account, Role.ADMIN)
    return make_token(access, NAME, (Scope.READ, Scope.RECORDINGS), of_account=True)[1]


def _integration(account: Account, service: Service | None, url: str) -> Integration:
    return Integration(
        id=UUID(int=0), account_id=account.id, service_id=service.id if service else None, name=NAME,
        event_type=EventType.IVR_OPTION, request_url=url, method=Method.POST, format=Format.JSON,
        authentication=NoAuth(), body_keys=tuple(BodyKey(key=field.value, field=field) for field in FIELDS))
