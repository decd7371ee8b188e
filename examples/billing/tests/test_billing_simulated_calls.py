"""500 calls of Switchhook's simulated PBX: every request as it really goes out, more than once and in any order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.fixtures.simulated import requests_of

from billing.book import Book
from billing.database import Database
from billing_fixtures import NOON, SECRET, Clock, Program, running
from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import Request
from switchhook.domain.facts import Fact, LegAnswered, LegEnded, LegStarted
from switchhook.pbx.made_up_calls import PHONES, TRUNK, any_kind, make_up

WANTED = (EventType.ENDED, EventType.LEG_ENDED)


def made_up(number: int, random: Random) -> list[list[Fact]]:
    """That many calls, each with its facts, a minute after the other."""
    return [make_up(any_kind(random), NOON - timedelta(minutes=number - place), place, random)
            for place in range(number)]


def trunk_legs(calls: Sequence[Sequence[Fact]]) -> list[tuple[bool, int]]:
    """Each leg over the trunk: did it go out, and how many whole seconds was it talked over it?"""
    found = []
    for facts in calls:
        answered = {fact.dialled.leg: fact.at for fact in facts if isinstance(fact, LegAnswered)}
        ended = {fact.leg: fact.at for fact in facts if isinstance(fact, LegEnded)}
        for fact in facts:
            if isinstance(fact, LegStarted) and fact.party.device == TRUNK:
                begun, end = answered.get(fact.party.leg), ended[fact.party.leg]
                assert end
                found.append((fact.called, int((end - begun).total_seconds()) if begun else 0))
    return found


async def deliver(program: Program, sent: Sequence[Request]) -> None:
    """Eight at a time."""
    waiting = iter(sent)

    async def one_after_the_other() -> None:
        for one in waiting:
            async with program.session.post(f"{program.url}/hook", data=one.body, headers=dict(one.headers)) as answer:
                assert answer.status == 200, await answer.text()

    await asyncio.gather(*(one_after_the_other() for _ in range(8)))


async def test_500_simulated_calls_and_their_legs_come_to_the_right_sums(tmp_path: Path, clock: Clock) -> None:
    random = Random(8)
    calls = made_up(500, random)
    requests = requests_of(calls, WANTED, secret=SECRET, at=datetime.fromtimestamp(clock.now, UTC))
    sent = [one for one in requests for _ in range(random.choice([1, 1, 2, 3]))]
    random.shuffle(sent)
    legs = trunk_legs(calls)
    out = [seconds for is_out, seconds in legs if is_out]
    assert len(requests) == 500 + len(legs)
    assert len(out) > 100
    async with running(f"sqlite://{tmp_path / 'billing.sqlite3'}", clock) as program:
        await deliver(program, sent)
        records = program.records()
        assert Counter(bool(one.ended.leg_id) for one in records) == {False: 500, True: len(legs)}
        assert {one.versions for one in records} == {1}
        assert all(one.charge.price is not None for one in records)
        charged = [one for one in records if one.charge.billed_seconds]
        assert sorted(one.charge.billed_seconds for one in charged) == sorted(-(-one // 6) * 6 for one in out if one)
        in_ten_thousandths = sum((80 * -(-one // 6) * 6 + 30) // 60 for one in out if one)  # 0.008 a minute, 6/6
        assert sum(one.charge.price or 0 for one in records) * 10_000 == in_ten_thousandths
        with Database(program.ours.database_url) as database:
            by_user = {one.name[-1]: one for one in Book(database).sums_by_user(program.period())}
        assert set(by_user) == set(PHONES)
        assert by_user["201"].name[2] == "User 201"
