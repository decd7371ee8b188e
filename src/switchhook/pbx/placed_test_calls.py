"""Test calls: a made-up call that goes through a real service's settings, with every event marked as a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from switchhook.domain.catalogue import EventType
from switchhook.domain.event import Event
from switchhook.domain.profile import Profile
from switchhook.domain.service import Reading, Service
from switchhook.domain.tracker import Tracker
from switchhook.pbx.made_up_calls import MENU, PHONES, SURVEY, TRUNK, MadeUp, make_up

FASTER = 4.0  # nobody wants to wait for a made-up conversation
MOST_PHONES = 50

Accept = Callable[[Sequence[Event]], Awaitable[object]]


async def place_test_call(
    kind: MadeUp, service: Service, extensions: Iterable[str], accept: Accept, *, number: int, random: Random,
    granted: frozenset[EventType] = frozenset(),
) -> list[Event]:
    """Play one made-up call in a few seconds and have its events accepted as they come; all of them, when it is over.

    `granted` are the account's extra events. `number` tells the call from others of the same second. The service's own
    users take part, and the menus are called as they are in its Reading.
    """
    phones = tuple(sorted(extensions))[:MOST_PHONES] or PHONES
    profile = Profile(service_id=service.id, account_id=service.account_id, extensions=frozenset(phones),
                      extras=granted, reading=_reading(service.reading))
    tracker = Tracker(lambda _leg: profile)
    began_at = datetime.now(UTC)
    told: list[Event] = []
    for fact in make_up(kind, began_at, number, random, phones):
        assert fact.at is not None
        moment = began_at + (fact.at - began_at) / FASTER
        await asyncio.sleep(max(timedelta(), moment - datetime.now(UTC)).total_seconds())
        events = [replace(event, is_test=True) for event in tracker.feed(replace(fact, at=moment)).events]
        if events:
            await accept(events)
            told += events
    return told


def _reading(own: Reading) -> Reading:
    """The made-up PBX's places, under the service's names of menus: its first is the menu, its last the survey."""
    names = [name or place for place, name in own.menus if name or "*" not in place] or [""]
    return Reading(trunks=(TRUNK,), menus=((MENU, names[0]), (SURVEY, names[-1] or "survey")))


def number_of(errand_id: UUID) -> int:
    """A call number that the errand's id gives: doing it twice makes the same call, not another one."""
    return errand_id.int % 1_000_000_000
