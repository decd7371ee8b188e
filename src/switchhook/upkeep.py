"""Upkeep: what is too old goes, and what is too much, in steps so small that delivery never waits for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from switchhook.domain.service import Account
from switchhook.store.ports import Store

log = logging.getLogger(__name__)

PRUNE_ROWS = 500  # at once
PRUNE_REST_SECONDS = 0.1
RETENTION = timedelta(days=30)  # of what belongs to no account
ROOM = 0.1  # who has too much is brought so far below what they may have: else it would go on every hour
MIB = 1024 * 1024


async def prune_old(store: Store, accounts: Iterable[Account], now: datetime) -> None:
    """Drop what is older than its account keeps it; what belongs to no account goes with those who keep longest."""
    kept = {one.id: timedelta(days=one.retention_days) for one in accounts}
    longest = max([RETENTION, *kept.values()])
    for account_id, retention in [(None, longest), *kept.items()]:
        if account_id is None or retention < longest:
            while await store.prune(now - retention, PRUNE_ROWS, account_id):  # noqa: ASYNC110
                await asyncio.sleep(PRUNE_REST_SECONDS)


async def drop_old_bodies(store: Store, accounts: Iterable[Account], now: datetime) -> None:
    """Drop the bodies of requests and answers of those accounts that keep them shorter than the rest."""
    for account in accounts:
        if account.body_days is not None and account.body_days < account.retention_days:
            before = now - timedelta(days=account.body_days)
            while await store.drop_bodies(before, PRUNE_ROWS, account.id):  # noqa: ASYNC110
                await asyncio.sleep(PRUNE_REST_SECONDS)


async def keep_within_quotas(store: Store, accounts: Iterable[Account], default_mib: int) -> None:
    """Weigh every account, and drop the oldest of those that store more than they may."""
    for account in accounts:
        allowed = (default_mib if account.max_stored_mib is None else account.max_stored_mib) * MIB
        weight = await store.weigh(account.id)
        if weight <= allowed:
            continue
        until = await store.excess_until(account.id, 1 - allowed * (1 - ROOM) / weight)
        if until is not None:
            log.warning("account.stores_too_much account=%s mib=%d quota_mib=%d dropped_before=%s", account.id,
                        weight // MIB, allowed // MIB, until.isoformat())
            while await store.prune(until, PRUNE_ROWS, account.id):  # noqa: ASYNC110
                await asyncio.sleep(PRUNE_REST_SECONDS)
            await store.weigh(account.id)
