"""The demo's integration for the Net Promoter Score example: the one that leaves the house."""

from __future__ import annotations

from uuid import UUID

from django.db import connections, transaction

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.integration import BodyKey, Format, Integration, Method, NoAuth
from switchhook.web.accounts.actions import save_account
from switchhook.web.configuration import touch
from switchhook.web.integrations import models
from switchhook.web.integrations.actions import create, signing_secret
from switchhook.web.models import Account, Service

NAME = "Net Promoter Score dashboard"
#: As examples/nps/README.md says. Without body keys the request would have these and more.
FIELDS = (Field.IVR_NAME, Field.OPTION_SELECTED, Field.CALL_UUID, Field.SOURCE_NUMBER, Field.DESTINATION_NUMBER,
          Field.DATE_TIME, Field.NAME, Field.EXTENSION_NUMBER)


def seed_nps(nps_url: str) -> tuple[str, str]:
    """See that the demo's account tells the program at `nps_url` of scores; the signing secret and the time zone.

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
            return signing_secret(row), account.time_zone
    finally:
        connections.close_all()


def _integration(account: Account, service: Service | None, url: str) -> Integration:
    return Integration(
        id=UUID(int=0), account_id=account.id, service_id=service.id if service else None, name=NAME,
        event_type=EventType.IVR_OPTION, request_url=url, method=Method.POST, format=Format.JSON,
        authentication=NoAuth(), body_keys=tuple(BodyKey(key=field.value, field=field) for field in FIELDS))
