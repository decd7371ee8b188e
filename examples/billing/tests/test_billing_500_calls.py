"""500 calls, delivered more than once, out of order, some with corrections: as many records, and sums to the cent."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
import yaml

from billing.book import Book
from billing.configuration import HERE
from billing.database import Database
from billing.ended import NEEDED_OF_CALL, NEEDED_OF_LEG
from billing_fixtures import Clock, Program, call, leg, running
from made_up_calls import USERS, made_up_calls
from switchhook.domain.catalogue import EVENTS, EventType

PREPARED = HERE.parents[1] / "src" / "switchhook" / "web" / "integrations" / "prepared"


async def deliver(program: Program, bodies: Sequence[dict[str, object]]) -> None:
    """Eight at a time."""
    waiting = iter(bodies)

    async def one_after_the_other() -> None:
        for body in waiting:
            assert not (await program.post(json.dumps(body)))[:3].isdigit()

    await asyncio.gather(*(one_after_the_other() for _ in range(8)))


def sums(program: Program) -> dict[str, Decimal]:
    with Database(program.ours.database_url) as database:
        return {one.name[-1]: one.price for one in Book(database).sums_by_user(program.period())}


async def test_500_calls_with_duplicates_reordering_and_corrections_come_out_right(
    database_url: str, clock: Clock,
) -> None:
    random = Random(20261122)
    bodies, expected = made_up_calls(random, 500)
    sent = [body for body in bodies for _ in range(random.choice([1, 1, 2, 3]))]
    random.shuffle(sent)
    assert len(sent) > len(bodies) > 900
    assert expected.corrections > 20
    async with running(database_url, clock) as program:
        await deliver(program, sent)
        records = program.records()
        assert len(records) == expected.records
        assert sum(record.versions - 1 for record in records) == expected.corrections
        total = sum((record.charge.price or Decimal(0) for record in records), Decimal(0))
        assert total == Decimal(expected.price) / 10_000
        assert sums(program) == {user: Decimal(expected.by_user[user]) / 10_000 for user in USERS}
        rows = list(csv.DictReader((await program.look("/records.csv?month=2026-11")).splitlines()))
        assert (len(rows), sum(Decimal(row["Price"]) for row in rows)) == (expected.records, total)

        random.shuffle(sent)  # all of it once more, in another order
        await deliver(program, sent)
        assert program.records() == records


def test_the_bodies_are_those_of_the_events() -> None:
    fields = {field.value for field in EVENTS[EventType.LEG_ENDED].fields}
    assert set(leg()) == fields
    assert set(call()) <= {field.value for field in EVENTS[EventType.ENDED].fields}


@pytest.mark.parametrize(("template", "body", "needed"), [
    ("billing-legs", leg(), NEEDED_OF_LEG), ("billing-calls", call(), NEEDED_OF_CALL),
])
def test_the_portal_s_templates_send_what_is_needed_under_these_names(
    template: str, body: dict[str, object], needed: tuple[str, ...],
) -> None:
    told = yaml.safe_load((PREPARED / f"{template}.yaml").read_text())
    keys = {row["key"] for row in told["body_keys"]}
    assert all(row["key"] == row["field"] for row in told["body_keys"])
    assert set(needed) <= keys <= set(body)
