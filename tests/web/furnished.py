"""A furnished world: something to be shown on every page of the portal, as it is in the middle of a working day."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import fsspec
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from switchhook.domain.catalogue import EventType, Field
from switchhook.web.errands import Kind, ask
from switchhook.web.inbox.actions import inbox_of
from switchhook.web.integrations import actions
from switchhook.web.members.invitations import invite, link_of
from switchhook.web.members.links import one_time_link
from switchhook.web.members.models import Role
from switchhook.web.models import (
    Account,
    ApiToken,
    Connection,
    ConnectionState,
    Delivery,
    Engine,
    Errand,
    Gap,
    Integration,
    Member,
    Service,
    UserDatabase,
)
from tests.web.conftest import World
from tests.web.made_up import House, answered, attempt, not_answered
from tests.web.recordings.conftest import BELOW, NAMED, SOUND
from tests.web.test_detecting import FOUND
from tests.web.test_failures import failure
from tests.web.test_figures import hour
from tests.web.test_inbox import got

#: Pages that only lead to somebody else's login, and those for who has a second factor (moments.py).
ELSEWHERE = (
    "openid_connect_login", "openid_connect_callback", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_download_recovery_codes", "mfa_edit_webauthn", "mfa_remove_webauthn", "socialaccount_login_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A page by its route in the URL configuration and its name."""

    route: str
    name: str


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[Route]:
    """Every route that is written as one; those of the API have a walk of their own."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            if not route.startswith("api/"):
                yield from routes(one.url_patterns, route)
        elif isinstance(one.pattern, RoutePattern) and one.name not in ELSEWHERE:
            yield Route(route=route, name=one.name or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """What there is, by the names of the parameters in routes; `of_page` where one page needs another."""

    values: Mapping[str, object]
    of_page: Mapping[str, Mapping[str, object]]

    def path(self, one: Route) -> str:
        """The page's path. A parameter of which there is nothing yet has to be furnished above."""
        path = "/" + one.route
        for name, value in (self.values | self.of_page.get(one.name, {})).items():  # type: ignore[operator]
            for kind in ("slug", "uuid", "str", "int"):
                path = path.replace(f"<{kind}:{name}>", str(value))
        assert "<" not in path, f"nothing is furnished for {path} (tests/web/furnished.py)"
        return path


def furnish(world: World) -> Furnished:
    """Fill the world's account."""
    house, now_ms = House(world), time.time_ns() // 1_000_000
    Account.objects.filter(id=world.account.id).update(granted_events=["call.missed", "call.ended"])
    _engine(world, now_ms)
    calling = house.integration(EventType.INBOUND_RECEIVED, name="CRM: who is calling")
    pop = house.integration(EventType.INBOUND_ANSWERED, name="CRM: screen pop")
    survey = house.integration(EventType.IVR_OPTION, name="Net Promoter Score")
    house.integration(EventType.USER_MODIFIED, name="Directory sync")
    old = house.integration(EventType.OUTBOUND_PLACED, name="Billing feed (legacy)")
    actions.disable(old, "The receiver answered 410 Gone: it wants no more.")
    failed = None
    for number in range(12):
        failed = _call(house, number, calling, pop, survey) or failed
    for number, state in ((13, "ringing"), (14, "menu")):
        house.call({"kind": "fact", "text": "201 rings"}, number=number, began_ms=now_ms - number * 4_000,
                   ended_ms=None, state=state, extension_number="201" if state == "ringing" else "")
    assert failed is not None
    for row in (calling, pop, survey):
        for hours_ago in reversed(range(24 * 30)):  # no hour twice, should the next one begin meanwhile
            busy = 8 <= hours_ago % 24 <= 17
            delivered = 23 + hours_ago % 7 if busy else 3
            hour(row, hours_ago, delivered=delivered, failed=int(hours_ago % 11 == 0), up_to_100_ms=delivered * 2 // 3,
                 up_to_250_ms=delivered - delivered * 2 // 3)
    failure(pop, "503", 214)
    failure(pop, "name_not_found", 3, said="The name crm.example.com does not exist.")
    actions.rotate_signing_secret(pop, by="Ada Example")
    inbox = inbox_of(world.account)
    for number in range(3):
        got(inbox, number=number, body=b'{"caller":"12025550171","called":"12025550101"}',
            headers=[["Host", "127.0.0.1"], ["Content-Type", "application/json"]])
    token = ApiToken.objects.create(
        account=world.account, made_by=world.admin, name="Directory script", prefix="swh_ab12", hash="0" * 64,
        scopes=["read", "users"], of_account=True)
    own = ApiToken.objects.create(
        account=world.account, made_by=world.operator, name="A look at the figures", prefix="swh_cd34", hash="1" * 64,
        scopes=["read"], services=[str(world.service.id)])
    invitation = invite(world.account.id, "newcomer@example.com", Role.VIEWER, (), world.admin)
    fusionpbx = Connection.objects.create(name="fusionpbx.example", host="fusionpbx.example", platform="freeswitch")
    Service.objects.create(
        account=world.account, connection=fusionpbx, name="branch", friendly_name="Warehouse",
        tenant_key="branch.example")
    UserDatabase.objects.create(connection=fusionpbx, host="fusionpbx.example")
    recovery = _errand(world, "redeliver_many", "working", {"done": 500, "total": 1284})
    return Furnished(
        values={
            "account": world.account.slug, "service_id": world.service.id, "user_id": world.users[0].id,
            "integration_id": pop.id, "connection_id": world.connection.id, "account_id": world.account.id,
            "delivery_id": failed.id, "event_id": failed.event_id, "call_id": failed.event.call_uuid,
            "token_id": token.id, "token": one_time_link(world.viewer).rstrip("/").rpartition("/")[2],
            "invitation_id": invitation.id, "session_id": 0, "number": 1,
            "member_id": Member.objects.get(person=world.viewer).id},
        of_page={
            "own-token-revoke": {"token_id": own.id},
            "join": {"token": link_of(invitation).rstrip("/").rpartition("/")[2]},
            "integration-catch-up": {"integration_id": old.id},
            **{name: {"errand_id": recovery}
               for name in ("recovery", "recovery-pause", "recovery-resume", "recovery-cancel")},
            "integration-test-result": {"errand_id": _errand(
                world, "send_test", "done", {"delivery_id": str(failed.id)}, integration_id=pop.id)},
            "operator-connection-result": {"errand_id": _errand(
                world, "test_connection", "done", {"ok": True, "detail": "Asterisk 22 answers."}, of_account=False)},
            **{f"operator-user-database{rest}": {"connection_id": fusionpbx.id} for rest in ("", "-read", "-forget")},
            "pbx-detected": {"errand_id": _errand(world, "detect", "done", FOUND.as_json())},
        })


def _engine(world: World, now_ms: int) -> None:
    """An engine that runs, and what it says of the connection."""
    Engine.objects.create(
        id=uuid4(), host="pbx.example", pid=1, started_at_ms=now_ms, heartbeat_at_ms=now_ms + 3_600_000)
    ConnectionState.objects.create(
        connection_id=world.connection.id, state="connected", since_ms=now_ms - 7_200_000, detail="",
        last_message_at_ms=now_ms, messages=48_211, reconnects=1, unclaimed=3)
    Gap.objects.create(
        id=uuid4(), connection_id=world.connection.id, begin_ms=now_ms - 7_260_000, end_ms=now_ms - 7_200_000,
        reason="the PBX closed the connection", partial_calls=2)
    fsspec.filesystem("memory").pipe_file(f"/recordings/{BELOW}", SOUND)
    Service.objects.filter(id=world.service.id).update(
        trunks=["trunk-provider"], menus=[["ivr-nps", "NPS"], ["ivr-*", "Main menu"]], intake_token_hash="0" * 64,
        recordings_root="memory://recordings")


def _call(house: House, number: int, calling: Integration, pop: Integration, survey: Integration) -> Delivery | None:
    """A call with its events and deliveries; its failed delivery, if it has one."""
    id_, source = uuid4(), f"120255501{60 + number}"
    said = {Field.SOURCE_NUMBER: source}
    received = house.event(EventType.INBOUND_RECEIVED, number=number * 4, call=id_, fields=said)
    house.delivery(received, calling, last_status=200)
    told = [(received, "the call came in over the trunk trunk-provider to 12025550101")]
    failed = None
    if number % 3 == 0:
        event = house.event(EventType.IVR_OPTION, number=number * 4 + 1, call=id_, fields=said | {
            Field.IVR_NAME: "NPS", Field.OPTION_SELECTED: str(number % 10)})
        house.delivery(event, survey, last_status=204)
        told.append((event, f"the caller chose {number % 10} in the menu NPS"))
    else:
        event = house.event(EventType.INBOUND_ANSWERED, number=number * 4 + 1, call=id_, fields=said)
        ill = number % 4 == 1
        row = house.delivery(event, pop, state="failed" if ill else "delivered", attempts=3 if ill else 1,
                             last_status=503 if ill else 200, last_problem="answered 503" if ill else "")
        for one in range(1, row.attempts):
            attempt(row, one, not_answered("timed_out", "no answer within 15 s") if one == 1 else answered(503, "busy"))
        attempt(row, row.attempts, answered(503, "Service Unavailable") if ill else answered())
        told.append((event, "201 was rung and answered"))
        failed = row if ill else None
    withheld = {"kind": "withheld", "type": "call.inbound_answered",
                "text": "picked up by 204 with **201: not rung, so not answered"}
    house.call(
        {"kind": "fact", "text": f"a call from {source} came in over trunk-provider to 12025550101"},
        *({"kind": "told", "type": event.type, "event": str(event.id), "text": text} for event, text in told),
        *([withheld] if number % 5 == 2 else []),
        id_=id_, number=number * 4, source=source, state="answered" if number % 3 else "menu",
        recordings=json.dumps([NAMED]))
    return failed


def _errand(
    world: World, kind: Kind, state: str, result: Mapping[str, object], *, of_account: bool = True, **about: UUID,
) -> UUID:
    args = {name: str(id_) for name, id_ in ({"connection_id": world.connection.id} | about).items()}
    errand = ask(kind, world.account if of_account else None, args, world.admin)
    Errand.objects.filter(id=errand.id).update(state=state, result=json.dumps(result))
    return errand.id
