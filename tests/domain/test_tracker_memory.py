"""What is remembered of an open call lets a successor go on (synthetic; recordings: tests/pbx)."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from switchhook.domain.catalogue import Field
from switchhook.domain.facts import Connected, LegStarted, Party, SnapshotEnded, TenantTold
from switchhook.domain.profile import Profile
from switchhook.domain.tracker import Tracker
from tests.domain.made_up_pbx import (
    ACCOUNT,
    ANSWERED,
    BEGAN,
    CALLER,
    DID,
    IVR,
    MOBILE,
    OPTION,
    RECEIVED,
    SERVICE,
    MadeUpPbx,
    a_profile,
)


def successor(pbx: MadeUpPbx, profile: Profile | None = None) -> MadeUpPbx:
    """Another engine's tracker, with the same calls, and the PBX as it goes on."""
    after = MadeUpPbx(profile)
    after.now, after._parties = pbx.now, pbx._parties
    for call in list(pbx.tracker.open_calls):
        assert after.tracker.restore(call, pbx.tracker.memory(call))
    return after


def test_a_successor_goes_on_with_numbers_sequence_and_ids() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    after = successor(pbx)
    after.answers("p1", of="in")
    assert after.told == [ANSWERED]
    event = after.events[0]
    assert (event.sequence, event.call_uuid) == (2, pbx.events[0].call_uuid)
    assert (event.fields[Field.SOURCE_NUMBER], event.fields[Field.DESTINATION_NUMBER]) == (CALLER, DID)
    pbx.now = after.now - timedelta(seconds=2)
    pbx.answers("p1", of="in")
    assert pbx.events[-1].id == event.id


def test_what_was_told_is_not_told_again() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    after = successor(pbx)
    after.rings("in", "p2", "202")
    after.answers("p2", of="in")
    assert after.told == []


def test_a_visit_of_menus_goes_on() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    pbx.enters("in", "ivr-1")
    after = successor(pbx)
    after.enters("in", "ivr-1")
    after.chooses("in", "ivr-1", "1")
    assert after.told == [OPTION]


def test_a_call_that_is_gone_when_the_successor_looks_has_ended() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in("in")
    pbx.comes_in("gone")
    after = successor(pbx)
    after.feed(Connected(at=after.now))
    after.feed(SnapshotEnded(at=after.now, legs=frozenset({"in"})))
    assert after.outcome.ended == ("gone",)
    assert list(after.tracker.open_calls) == ["in"]


def test_reconcile_closes_what_is_gone_and_spares_what_began_since() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in("before")
    pbx.feed(Connected(at=pbx.now))
    pbx.comes_in("since")
    assert pbx.tracker.reconcile(frozenset()).ended == ("before",)
    assert list(pbx.tracker.open_calls) == ["since"]


def test_a_restored_call_expires_too() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    assert successor(pbx).tracker.expire(BEGAN + timedelta(days=1)).ended == ("in",)


def test_a_pbx_whose_clock_is_wrong_keeps_its_calls() -> None:
    pbx = MadeUpPbx()
    heard_at = pbx.now + timedelta(days=2)
    party = Party(leg="in", call="in", device="trunk-provider", began_call=True, place="from-trunk")
    pbx.tracker.feed(LegStarted(at=pbx.now, party=party, dialled=DID, call_began_at=pbx.now), heard_at)
    after = successor(pbx)
    for tracker in (pbx.tracker, after.tracker):
        assert tracker.expire(heard_at - timedelta(hours=12)).ended == ()
        assert tracker.expire(heard_at + timedelta(hours=12)).ended == ("in",)


def test_a_service_that_claims_the_call_no_more_still_gets_the_rest_of_it() -> None:
    pbx = MadeUpPbx()
    pbx.comes_in()
    tracker = Tracker(lambda _: Profile(service_id=UUID(int=99), account_id=ACCOUNT))
    assert tracker.restore("in", pbx.tracker.memory("in"))
    pbx.tracker = tracker
    pbx.enters("in", "ivr-1")
    assert (pbx.events[-1].type, pbx.events[-1].service_id) == (IVR, SERVICE)


def test_only_calls_of_which_something_was_told_are_to_be_remembered() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", "202")
    pbx.rings("p1", "p2", "202")
    assert pbx.outcome.changed == ()
    pbx.comes_in()
    assert pbx.outcome.changed == ("in",)
    assert pbx.told == [RECEIVED]
    assert json.loads(pbx.tracker.memory("in"))["sequence"] == 1
    assert pbx.tracker.memory("unknown") == ""


def test_a_leg_that_a_transfer_moved_is_remembered_in_its_new_call_only() -> None:
    pbx, stored = MadeUpPbx(), dict[str, str]()
    pbx.comes_in()
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.dials("consult", "201", "912025550188")
    pbx.rings("consult", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="consult")
    stored |= {call: pbx.tracker.memory(call) for call in pbx.tracker.open_calls}
    pbx.joins("p1", "consult", "in", target="out")
    stored |= {call: pbx.tracker.memory(call) for call in pbx.outcome.changed}
    legs = {call: [leg["id"] for leg in json.loads(memory)["legs"]] for call, memory in stored.items()}
    assert legs == {"in": ["in", "p1", "out"], "consult": ["consult"]}


@pytest.mark.parametrize("memory", ["", "{", "[]", "null", "{}", '{"uuid":"x"}', '{"legs":[1]}'])
def test_a_memory_that_cannot_be_read_is_refused(memory: str) -> None:
    tracker = Tracker(lambda _: None)
    assert not tracker.restore("in", memory)
    assert not tracker.open_calls


def test_a_successor_reads_a_tenants_call_as_its_service_does() -> None:
    own = a_profile(extensions=frozenset({"101"}))
    before = MadeUpPbx(claim=lambda leg: own if leg.tenant == "acme" else None)
    before.comes_in()
    before.feed(TenantTold(at=before.now, leg="in", call="in", tenant="acme"))
    after = MadeUpPbx(claim=lambda leg: own if leg.tenant == "acme" else None)
    after._parties = before._parties
    assert after.tracker.restore("in", before.tracker.memory("in"))
    after.rings("in", "p1", "acme-101")
    after.answers("p1", of="in")
    assert (after.told, after.last[Field.EXTENSION_NUMBER]) == ([ANSWERED], "101")
