"""Reconciliation: is all that Switchhook knows of a day in the book? It asks the REST API, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from billing.book import Book, Record
from billing.ended import Ended, Unreadable, ended_of
from billing.periods import Period
from billing.rates import RateTable

PAGE = 200
PATIENCE_SECONDS = 120
LISTED = 50
NAMES = {"call.leg_ended": "leg", "call.ended": "call"}


class NoAnswer(Exception):
    """The API cannot be asked; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the book differs from the API in one kind of event. `told`: the newest version of each in the API."""

    kind: str
    told: Mapping[tuple[str, str], Ended]
    missing: Sequence[Ended]
    other: Sequence[tuple[Ended, Record]]  # the book has older or other values
    unrated: Sequence[Record]
    surplus: Sequence[Record]  # only the book has it
    unreadable: Sequence[str]

    @property
    def is_none(self) -> bool:
        return not (self.missing or self.other or self.unrated or self.surplus or self.unreadable)

    def lines(self) -> list[str]:
        """What a person reads: the sums, then what differs."""
        name, rated = NAMES[self.kind], len(self.told) - len(self.missing) - len(self.other) - len(self.unrated)
        listed = [
            *(f"missing: {_line(one)}" for one in self.missing),
            *(f"differs: {_line(one)}; recorded: {_values(record.ended)}" for one, record in self.other),
            *(f"not rated: {_line(record.ended)}: {record.charge.why}" for record in self.unrated),
            *(f"only recorded, not in the API: {_line(record.ended)}" for record in self.surplus),
            *(f"not readable: {one}" for one in self.unreadable),
        ]
        more = [f"  … and {len(listed) - LISTED:,} more"] if len(listed) > LISTED else []
        return [f"{len(self.told) + len(self.unreadable):,} {name}s, {rated:,} rated",
                *(f"  {line}" for line in listed[:LISTED]), *more]


async def reconcile(
    book: Book, rates: RateTable, period: Period, *, api_url: str, tokens: Sequence[tuple[str, str]], fetch: bool,
) -> list[Difference]:
    """The differences, of legs and of calls. With `fetch`, what is missing or differs is taken from the API first.
    Raises NoAnswer."""
    found = []
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        for kind in NAMES:
            told: list[Ended] = []
            unreadable: list[str] = []
            for account, token in tokens:
                async for event in _events(session, api_url, token, kind, period):
                    try:
                        told.append(ended_of(event["fields"], account, of_leg=kind == "call.leg_ended"))
                    except Unreadable as error:
                        unreadable.append(f"event {event['id']}: {error}")
            difference = compare(book, period, kind, told, unreadable)
            if fetch:
                for one in (*difference.missing, *(one for one, _ in difference.other)):
                    book.keep(one, rates.charge(one))
                difference = compare(book, period, kind, told, unreadable)
            found.append(difference)
    return found


def compare(book: Book, period: Period, kind: str, told: Sequence[Ended], unreadable: Sequence[str]) -> Difference:
    """The book beside what the API told."""
    of_leg = kind == "call.leg_ended"
    newest = {one.key: one for one in sorted(told, key=lambda one: one.age)}
    of_period = {record.ended.key: record for record in book.records(period, legs=of_leg, calls=not of_leg)}
    records = {key: of_period.get(key) or book.record(*key) for key in newest}  # a correction may be of another day
    both = [(one, record) for key, one in newest.items() if (record := records[key]) is not None]
    return Difference(
        kind=kind, told=newest, unreadable=unreadable,
        missing=[one for key, one in newest.items() if records[key] is None],
        other=[(one, record) for one, record in both if _is_other(one, record)],
        unrated=[record for one, record in both if record.charge.price is None and not _is_other(one, record)],
        surplus=[record for key, record in of_period.items() if key not in newest])


def _is_other(one: Ended, record: Record) -> bool:
    """Whether the book is behind the API. It may well be ahead: by a correction of a later day."""
    return record.ended.age <= one.age and _values(one) != _values(record.ended)


async def _events(
    session: ClientSession, api_url: str, token: str, kind: str, period: Period,
) -> AsyncIterator[dict[str, Any]]:
    """The true events of a kind, page by page; tests are left out."""
    wanted = {"type": kind, "since": period.since.isoformat(), "until": period.until.isoformat(), "limit": str(PAGE)}
    while True:
        page = await _ask(session, f"{api_url}/events", token, wanted)
        for event in page["data"]:
            if not event["is_test"]:
                yield event
        if page["next"] is None:
            return
        wanted["cursor"] = page["next"]


async def _ask(session: ClientSession, url: str, token: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """A page. Asked too often, it waits as long as it is told to."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with session.get(url, params=wanted, headers={"Authorization": f"Bearer {token}"}) as answer:
                    if answer.status == 429:
                        await asyncio.sleep(min(60, int(answer.headers.get("Retry-After", "1"))))
                        continue
                    page = await answer.json(content_type=None)
                    if answer.status != 200:
                        raise NoAnswer(f"{url} says {answer.status}: {page.get('detail', 'no reason')}")
                    if not isinstance(page, dict) or not {"data", "next"} <= page.keys():
                        raise NoAnswer(f"{url} is not Switchhook's API: BILLING_API_URL ends in /api/v1")
                    return page
    except (ClientError, TimeoutError, ValueError, AttributeError) as error:
        raise NoAnswer(f"{url} does not answer as Switchhook's API does (BILLING_API_URL ends in /api/v1): "
                       f"{error or 'too late'}") from error


def _values(one: Ended) -> str:
    """What a price depends on."""
    seconds = "unknown" if one.billable_seconds is None else f"{one.billable_seconds:,} s"
    return f"{one.direction or 'no'} to {one.number or 'nobody'} by {one.extension or 'no user'}, " \
           f"{one.disposition}, {seconds}"


def _line(one: Ended) -> str:
    leg = f" leg {one.leg_id}" if one.leg_id else ""
    return f"call {one.call_uuid}{leg}, {_values(one)}"
