"""Calls on a real Asterisk become the configured requests: PBX, engine, receiver, nothing in between replaced."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.fixtures.databases import KEYS
from tests.fixtures.lab import Asterisk
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed
from tests.lab import catalogue
from tests.live.observing import EXTRAS, by_caller, extras_of_calls, foreseen, observed, told
from tests.pbx.recorded import BY_NAME
from tests.pbx.recorded_extras import EXPECTED

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

#: The calls of `make test`; the whole catalogue is in `make test-all`.
SOME = (
    "inbound-answered", "inbound-busy-voicemail", "group-answered", "queue-answered", "ivr-option-1",
    "ivr-nested-and-back", "pickup-directed", "pickup-replaces", "transfer-to-nps", "transfer-blonde",
    "transfer-attended-to-survey", "outbound-answered",
)
REST = tuple(name for name, one in catalogue.ALL.items() if name not in SOME and one.parts and not one.tenants)
EXTRA_TYPES = {type_.value for type_ in EXTRAS}


@pytest.mark.parametrize("scenario", [*SOME, *(pytest.param(name, marks=pytest.mark.long) for name in REST)])
async def test_a_real_call_becomes_exactly_the_expected_requests(
    scenario: str, asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    expected, extra = catalogue.ALL[scenario].expect, EXPECTED[f"22/{scenario}"]
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path, extras=EXTRAS) as engine:
            await asterisk.place_call(scenario)
            got = await engine.requests(len(expected) + len(extra))
        assert len(seed.rows("SELECT 1 FROM event")) == len(got)
    usual = [one for one in got if one["type"] not in EXTRA_TYPES]
    assert by_caller([told(one) for one in usual]) == by_caller([foreseen(one) for one in expected])
    assert len({one["call_uuid"] for one in usual}) == len({one.call for one in BY_NAME[f"22/{scenario}"].expected})
    assert {one["service_friendly_name"] for one in usual} <= {"Head Office"}
    assert extras_of_calls((one["call_uuid"], one["type"], one) for one in got if one["type"] in EXTRA_TYPES) == (
        extras_of_calls((one.call, one.type, dict(one.fields)) for one in extra))


async def test_both_legs_of_a_forward_are_billed_to_the_user_who_forwards(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path, extras=EXTRAS) as engine:
            await asterisk.place_call("forward-by-phone")  # the mobile rings for a second, then they talk for four
            got = await engine.requests(len(EXPECTED["22/forward-by-phone"]) + 1)
    legs = {one["direction"]: one for one in got if one["type"] == "call.leg_ended"}
    assert {leg["extension_number"] for leg in legs.values()} == {"203"}
    assert (legs["inbound"]["source_number"], legs["inbound"]["destination_number"]) == ("12025550171", "12025550106")
    assert (legs["outbound"]["source_number"], legs["outbound"]["destination_number"]) == ("203", "12025550188")
    for leg in legs.values():
        assert (leg["trunk"], leg["disposition"]) == ("trunk-provider", "answered")
        assert 3 <= leg["billable_seconds"] <= 5 <= leg["duration"] <= 7
    (ended,) = [one for one in got if one["type"] == "call.ended"]
    assert 3 <= ended["billable_seconds"] <= 5 <= ended["duration"] <= 7


async def test_the_user_who_answered_is_named(
    asterisk: Asterisk, postgres_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(postgres_url, KEYS) as seed:
        async with observed(asterisk, seed, postgres_url, receiver, tmp_path) as engine:
            await asterisk.place_call("inbound-answered")
            answered = (await engine.requests(2))[1]
    assert answered["type"] == "call.inbound_answered"
    assert answered["name"] == "Desk 201"
    assert answered["has_voicemail"] is True
    assert answered["enabled_calls"] == "Local,National"


async def test_with_applications_off_the_call_is_seen_and_nothing_fires(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path, applications_enabled=False):
            await asterisk.place_call("inbound-answered")
        events = seed.rows("SELECT type, unwanted_reason FROM event ORDER BY sequence")
        assert [row["type"] for row in events] == ["call.inbound_received", "call.inbound_answered"]
        assert all("Applications are switched off" in row["unwanted_reason"] for row in events)
        assert seed.rows("SELECT id FROM delivery") == []
    assert receiver.requests == []


async def test_after_the_pbx_was_away_calls_are_heard_again_and_the_gap_is_known(
    asterisk: Asterisk, sqlite_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(sqlite_url, KEYS) as seed:
        async with observed(asterisk, seed, sqlite_url, receiver, tmp_path) as engine:
            await asyncio.to_thread(asterisk.kill)
            await asyncio.to_thread(asterisk.launch)
            await engine.until("SELECT id FROM gap")
            await asterisk.place_call("inbound-answered")
            got = await engine.requests(2)
    assert [one["type"] for one in got] == ["call.inbound_received", "call.inbound_answered"]


async def test_a_picked_up_calls_timeline_says_why_no_answered_fired(
    asterisk: Asterisk, postgres_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    with Seed(postgres_url, KEYS) as seed:
        async with observed(asterisk, seed, postgres_url, receiver, tmp_path) as engine:
            await asterisk.place_call("pickup-directed")
            (received,) = await engine.requests(1)
            (call,) = await engine.until("SELECT * FROM call WHERE direction = 'inbound' AND ended_ms IS NOT NULL")
    assert str(call["id"]) == received["call_uuid"]
    assert (call["state"], call["extension_number"]) == ("picked_up", "204")
    assert call["began_ms"] < call["ended_ms"]
    notes = [json.loads(line) for line in call["notes"].splitlines()]
    assert "204 picked up the call that rang at 201: a pickup is not an answer" in [note["text"] for note in notes]
    (withheld,) = [note for note in notes if note["kind"] == "withheld"]
    assert (withheld["type"], withheld["text"]) == (
        "call.inbound_answered", "picked up by 204 with **201: not rung, so not answered")
    (told_note,) = [note for note in notes if note["kind"] == "told"]
    assert told_note["event"] == received.get("event_id", told_note["event"])
