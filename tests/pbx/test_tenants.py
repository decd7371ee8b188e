"""Two tenants of one real Asterisk, both with an extension 101, behind one trunk: each call is told to its own service,
by whatever its tenant key is compared with, and what nobody claims is counted and kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchhook.domain.catalogue import EventType
from switchhook.domain.claiming import claimant
from switchhook.domain.event import Event
from switchhook.domain.facts import LegStarted
from switchhook.domain.profile import Profile
from switchhook.domain.service import PbxUser, Reading, Service
from switchhook.domain.tracker import Tracker
from switchhook.pbx.ami import Message
from switchhook.pbx.asterisk import AsteriskReader
from switchhook.pbx.unclaimed import Unclaimed
from tests.pbx.recorded import RECORDINGS, Told, by_call, messages, muddled, recorded, told

NOW = datetime(2026, 3, 4, 0, 41, 55, tzinfo=UTC)
RECORDED = {path.stem: path for path in sorted((RECORDINGS / "tenants").glob("*.json"))}
KEYS = {
    "Tenantid": {"acme": "acme", "globex": "globex"},
    "context": {"acme": "acme-*", "globex": "globex-*"},
    "account code": {"acme": "4711", "globex": "4712"},
}
every_way = pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
#: Asterisk before 18.25 knows no Tenantid: there contexts and account codes tell tenants apart.
every_recording_in_every_way = pytest.mark.parametrize(("name", "keys"), [
    pytest.param(name, keys, id=f"{name}-by-{way}") for name in RECORDED for way, keys in KEYS.items()
    if way != "Tenantid" or not name.endswith("-16")])


class OneConnection:
    """A tracker that feeds a service of each tenant, with these tenant keys."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.services = {
            tenant: Service(id=uuid4(), account_id=uuid4(), connection_id=uuid4(), name=tenant, friendly_name="",
                            tenant_key=key, reading=Reading(menus=(("*-ivr", ""),)))
            for tenant, key in keys.items()}
        users = {(one.id, "101"): PbxUser(id=uuid4(), service_id=one.id, extension_number="101", name="Desk 101")
                 for one in self.services.values()}
        self._claim = claimant(self.services.values(), users, {})
        self.unclaimed = Unclaimed()
        self.tracker = Tracker(self._ask)

    def _ask(self, leg: LegStarted) -> Profile | None:
        profile = self._claim(leg)
        self.unclaimed.hear(leg, profile)
        return profile

    def hear(self, stream: list[Message]) -> list[Event]:
        """What is told of these messages."""
        reader = AsteriskReader()
        facts = [fact for message in stream for fact in reader.facts(message, NOW)]
        return [event for fact in facts for event in self.tracker.feed(fact).events]

    def by_tenant(self, events: list[Event]) -> dict[str, dict[str, list[Told]]]:
        """What each tenant was told, call by call."""
        return {tenant: by_call(told(event) for event in events if event.service_id == service.id)
                for tenant, service in self.services.items()}


def expected(name: str) -> dict[str, dict[str, list[Told]]]:
    """What each tenant is to be told."""
    tenants = [one["tenant"] for one in json.loads(RECORDED[name].read_text())["expected"]]
    whose = list(zip(tenants, recorded(RECORDED[name]).expected, strict=True))
    return {tenant: by_call(one for owner, one in whose if owner == tenant) for tenant in ("acme", "globex")}


@every_recording_in_every_way
def test_each_tenant_is_told_its_own_calls(name: str, keys: dict[str, str]) -> None:
    pbx = OneConnection(keys)
    (stream,) = map(messages, recorded(RECORDED[name]).parts)
    assert pbx.by_tenant(pbx.hear(stream)) == expected(name)
    assert not pbx.tracker.open_calls


@every_recording_in_every_way
def test_a_connection_that_hears_no_more_of_the_dialplan_than_its_menus_tells_the_same(
    name: str, keys: dict[str, str]
) -> None:
    pbx = OneConnection(keys)
    (stream,) = map(messages, recorded(RECORDED[name]).parts)
    events = pbx.hear([one for one in stream
                       if one.get("Event") != "Newexten" or one.get("Context").endswith("-ivr")])
    assert pbx.by_tenant(events) == expected(name)


@every_way
def test_a_call_of_a_tenant_that_nobody_serves_is_counted_and_kept_with_what_tells_whose_it_is(
    keys: dict[str, str]
) -> None:
    pbx = OneConnection(keys)
    (stream,) = map(messages, recorded(RECORDED["tenants-both-101"]).parts)
    pbx.hear(stream)
    assert pbx.tracker.unclaimed == 1
    assert not pbx.unclaimed.take()  # it may be claimed yet
    assert pbx.unclaimed.count == 0
    (call,) = pbx.unclaimed.take()
    assert (call.caller_number, call.dialled, call.device) == ("12025550173", "12025550123", "trunk-provider")
    assert (call.tenant, call.account_code) == ("hooli", "4713")
    assert {"from-trunk", "hooli-did"} <= set(call.place.split())
    assert not pbx.unclaimed.take()
    assert pbx.unclaimed.count == 1


def test_who_takes_the_rest_is_told_no_call_of_a_tenant_that_shows_later() -> None:
    pbx = OneConnection({"acme": "acme", "globex": ""})
    (stream,) = map(messages, recorded(RECORDED["tenants-both-101"]).parts)
    told_to = pbx.by_tenant(pbx.hear(stream))
    own = expected("tenants-both-101")
    assert told_to["acme"] == own["acme"]
    hooli = [call for call, (first, *_) in told_to["globex"].items() if first.destination == "12025550123"]
    assert {call: events for call, events in told_to["globex"].items() if call not in hooli} == own["globex"]
    assert [[one.type for one in told_to["globex"][call]] for call in hooli] == [[EventType.INBOUND_RECEIVED]]
    assert pbx.tracker.unclaimed == 0


@every_way
@given(name=st.sampled_from(sorted(RECORDED)), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_facts_lost_repeated_and_shuffled_never_raise(name: str, keys: dict[str, str], seed: int) -> None:
    pbx = OneConnection(keys)
    for fact in muddled(recorded(RECORDED[name]), seed):
        pbx.tracker.feed(fact)
    for call in list(pbx.tracker.open_calls):
        pbx.tracker.restore(call, pbx.tracker.memory(call))
    assert pbx.tracker.unclaimed >= 0
