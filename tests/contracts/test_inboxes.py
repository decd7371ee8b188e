"""Request inboxes: how one answers, and what it got."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from switchhook.store.ports import Inbox, InboxRequest, Store
from tests.fixtures.seed import Seed

AT = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)


async def test_an_inbox_is_found_by_its_id(store: Store, seed: Seed) -> None:
    account = seed.account()
    id_ = seed.inbox(account, answer_status=503, answer_delay_ms=250)
    assert await store.inbox(id_) == Inbox(id=id_, account_id=account, answer_status=503, answer_delay_ms=250)
    assert await store.inbox(uuid4()) is None


async def test_it_keeps_the_newest_requests_byte_by_byte(store: Store, seed: Seed) -> None:
    mine, other = uuid4(), uuid4()
    request = InboxRequest(
        id=uuid4(), inbox_id=mine, at=AT, method="POST", url="/in/1?a=b", headers=(("A", "1"), ("A", "2")),
        body=bytes(range(256)), body_truncated=True, answered_status=200)
    await store.keep_inbox_request(replace(request, id=uuid4(), inbox_id=other, at=AT - timedelta(days=1)), keep=3)
    for seconds in range(5):
        await store.keep_inbox_request(replace(request, id=uuid4(), at=AT + timedelta(seconds=seconds)), keep=3)
    kept = seed.rows("SELECT * FROM inbox_request WHERE inbox_id = ? ORDER BY at_ms", mine)
    assert [row["at_ms"] % 60_000 for row in kept] == [57_000, 58_000, 59_000]
    assert bytes(kept[0]["body"]) == bytes(range(256))
    assert json.loads(kept[0]["headers"]) == [["A", "1"], ["A", "2"]]
    assert bool(kept[0]["body_truncated"])
    assert len(seed.rows("SELECT id FROM inbox_request")) == 4
