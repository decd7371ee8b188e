"""Made-up calls: the bodies of the events that Switchhook sends when they end, and what they must come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

from billing_fixtures import NOON, call, leg

USERS = {"201": "Ada Example", "202": "Ben Sample", "203": "Cleo Demo", "204": "Dora Test"}
#: Number, thousandths of a cent for a minute and for the connection, first and further increments: as in rates.csv.
RATED = (
    ("+12025550188", 800, 0, 6, 6), ("+13125550111", 1_200, 0, 6, 6), ("+447700900123", 11_000, 1_000, 60, 1),
    ("+442079460018", 2_000, 1_000, 60, 1), ("+61491570156", 8_500, 1_000, 60, 1),
    ("+8885550100", 35_000, 5_000, 60, 60), ("911", 0, 0, 1, 1))

Body = dict[str, object]


@dataclass
class Expected:
    """What the calls come to; prices in ten-thousandths of the currency, each rounded half up."""

    records: int = 0
    corrections: int = 0
    price: int = 0
    by_user: dict[str, int] = field(default_factory=lambda: dict.fromkeys(USERS, 0))

    def add(self, user: str, price: int) -> None:
        self.price += price
        self.by_user[user] += price


def made_up_calls(random: Random, number: int) -> tuple[list[Body], Expected]:
    """The bodies of that many calls, corrections among them, in the order of time."""
    bodies: list[Body] = []
    expected = Expected()
    for place in range(number):
        bodies += _call(random, place, expected)
    return bodies, expected


def _call(random: Random, place: int, expected: Expected) -> Iterator[Body]:
    user = random.choice(list(USERS))
    told = {
        "call_uuid": str(UUID(int=random.getrandbits(128), version=5)), "extension_number": user, "name": USERS[user],
        "date_time": (NOON - timedelta(seconds=60 * place)).isoformat()}
    kind = random.choice(["inbound", "forwarded", "outbound", "internal"])
    if kind in ("inbound", "forwarded"):
        expected.records += 1
        yield leg(**told, leg_id=f"{place}.1", direction="inbound", source_number="12025550171",
                  destination_number="12025550101", destination_e164="+12025550101",
                  billable_seconds=random.randrange(4000))
    if kind in ("forwarded", "outbound"):
        expected.records += 1
        yield from _outbound_leg(random, told | {"leg_id": f"{place}.2"}, user, expected)
    expected.records += 1
    yield call(**told, sequence=9, direction="inbound" if kind == "forwarded" else kind)


def _outbound_leg(random: Random, told: Body, user: str, expected: Expected) -> Iterator[Body]:
    number, a_minute, connection, first, step = random.choice(RATED)
    told |= {"destination_number": number.removeprefix("+"), "destination_e164": number if number[0] == "+" else None}
    answered = random.random() < 0.8
    seconds = random.choice([0, 1, 59, 60, 61, random.randrange(4000)]) if answered else 0
    yield leg(**told, billable_seconds=seconds, disposition="answered" if answered else "busy")
    if random.random() < 0.15:  # it was told wrongly
        answered, seconds = True, seconds + random.randrange(1, 500)
        expected.corrections += 1
        yield leg(**told, billable_seconds=seconds, sequence=2)
    if answered:
        billed = max(first, first + -(-(seconds - first) // step) * step)
        thousandths = connection * 60 + a_minute * billed  # of a cent, times 60
        expected.add(user, (thousandths + 300) // 600)  # ten-thousandths, half up
