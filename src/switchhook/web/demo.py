"""The demo's account: a simulated PBX with users, and integrations that send to the account's own request inbox.

Everything is made up. Doing it twice changes nothing, except that the password is a new one each time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from switchhook.domain.catalogue import CALL_TYPES, EXTRA_EVENTS, EventType, Field
from switchhook.domain.integration import Authentication, BodyKey, Format, Integration, Method, NoAuth, TokenAuth
from switchhook.web.accounts.actions import save_account
from switchhook.web.inbox.actions import inbox_of
from switchhook.web.integrations.actions import create
from switchhook.web.members.links import one_time_link
from switchhook.web.models import Account, Connection, PbxUser, Person, Service
from switchhook.web.services.actions import save_connection, save_service
from switchhook.web.services.models import ConnectionPlatform

EMAIL = "demo@example.com"
_CALLS_PER_MINUTE = 20.0
_SOME_CALLS = list(CALL_TYPES[:3])
_USERS = (
    ("201", "Ada Example", "12025550101", True, list(CALL_TYPES[:4])),
    ("202", "Ben Sample", "12025550102", True, _SOME_CALLS),
    ("203", "Cora Placeholder", "12025550103", False, _SOME_CALLS),
    ("204", "Dev Specimen", "", True, _SOME_CALLS[:2]),
    ("205", "Reception Desk", "12025550101", False, list(CALL_TYPES)),
)


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """How one gets into the demo."""

    email: str
    password: str
    link: str


def seed_demo(inbox_base_url: str) -> DemoLogin:
    """Make the demo's account, or find it as it is. `inbox_base_url`: how requests reach the request inbox."""
    try:
        with transaction.atomic():
            account = Account.objects.filter(slug="example").first()
            if account is None:
                account = Account(
                    slug="example", name="Example Ltd", time_zone="America/New_York", country="US",
                    granted_events=[type_.value for type_ in EventType if type_ in EXTRA_EVENTS])
                save_account(account)
                service = _pbx(account)
                _integrations(account, service, f"{inbox_base_url}/{inbox_of(account).id}")
            return _person()
    finally:
        connections.close_all()


def _pbx(account: Account) -> Service:
    connection = Connection(
        name="Simulated PBX", platform=ConnectionPlatform.SIMULATOR, calls_per_minute=_CALLS_PER_MINUTE)
    save_connection(connection, "")
    service = Service(
        account=account, connection=connection, name="pbx-0001", friendly_name="Head Office", applications_enabled=True,
        trunks=["trunk-provider"], menus=[["ivr-nps", "NPS"], ["ivr-1", "Main menu"]])
    save_service(service)
    PbxUser.objects.bulk_create(
        PbxUser(service=service, extension_number=number, name=name, outbound_phone_number=outbound,
                has_voicemail=voicemail, enabled_calls=calls)
        for number, name, outbound, voicemail, calls in _USERS)
    return service


def _integrations(account: Account, service: Service, url: str) -> None:
    """Each kind of event, under the keys that a program of its kind might want."""
    def order(
        name: str, event_type: EventType, *fields: tuple[str, Field], method: Method = Method.POST,
        format_: Format = Format.JSON, authentication: Authentication = NoAuth(), of_pbx: bool = True,  # noqa: B008
    ) -> None:
        wanted = Integration(
            id=UUID(int=0), account_id=account.id, service_id=service.id if of_pbx else None, name=name,
            event_type=event_type, request_url=url, method=method, format=format_, authentication=authentication,
            body_keys=tuple(BodyKey(key=key, field=field) for key, field in fields))
        create(account, service if of_pbx else None, wanted, signed=True)

    call = (("caller", Field.SOURCE_NUMBER), ("called", Field.DESTINATION_NUMBER), ("callId", Field.CALL_UUID))
    at = ("at", Field.DATE_TIME)
    agent = (("agent.extension", Field.EXTENSION_NUMBER), ("agent.name", Field.NAME))
    order("CRM: who is calling", EventType.INBOUND_RECEIVED, *call, ("direction", Field.DIRECTION), at)
    order("CRM: screen pop", EventType.INBOUND_ANSWERED, *call, *agent, at)
    order("CRM: log outbound calls", EventType.OUTBOUND_PLACED, *call, *agent, at)
    order("Menu statistics", EventType.IVR_RECEIVED, ("menu", Field.IVR_NAME), *call, at)
    order("Net Promoter Score", EventType.IVR_OPTION, ("survey", Field.IVR_NAME), ("score", Field.OPTION_SELECTED),
          *call, at)
    order("Billing feed (legacy)", EventType.OUTBOUND_PLACED, ("ext", Field.EXTENSION_NUMBER),
          ("src", Field.SOURCE_NUMBER), ("dst", Field.DESTINATION_NUMBER), ("when", Field.DATE_TIME),
          method=Method.GET, format_=Format.QUERY, authentication=TokenAuth(token=secrets.token_urlsafe(16)))
    order("Welcome call for new users", EventType.USER_CREATED, *agent, ("service", Field.SERVICE_FRIENDLY_NAME), at,
          of_pbx=False)
    order("Directory sync", EventType.USER_MODIFIED, of_pbx=False)
    order("Call-back list", EventType.MISSED, ("number", Field.SOURCE_E164), ("why", Field.DISPOSITION), *agent, at)
    order("Call log", EventType.ENDED, *call, *agent, ("outcome", Field.DISPOSITION), ("seconds", Field.DURATION), at)
    order("Billing feed", EventType.LEG_ENDED, ("leg", Field.LEG_ID), ("trunk", Field.TRUNK),
          ("ext", Field.EXTENSION_NUMBER), ("dst", Field.DESTINATION_E164), ("seconds", Field.BILLABLE_SECONDS), at)
    order("Alarm: an integration was disabled", EventType.INTEGRATION_DISABLED, of_pbx=False)


def _person() -> DemoLogin:
    """The demo's operator, with a new password."""
    person = Person.objects.filter(email=EMAIL).first() or Person.objects.create_superuser(EMAIL, name="Demo Operator")
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.save()
    return DemoLogin(EMAIL, password, one_time_link(person))
