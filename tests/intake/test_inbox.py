"""The request inbox: keeps what it gets, answers as it was set."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from switchhook.domain.allowance import SAVED_SECONDS
from switchhook.inbox import KEPT_BYTES, PER_SECOND, InboxListener
from tests.fixtures.delivering import Bench


@pytest.fixture
async def inbox_url(bench: Bench) -> AsyncIterator[str]:
    listener = InboxListener(bench.store, delayed_at_once=2)
    port = await listener.start("127.0.0.1", 0)
    yield f"http://127.0.0.1:{port}"
    await listener.stop()


def kept(bench: Bench) -> list[dict[str, Any]]:
    return bench.seed.rows("SELECT * FROM inbox_request ORDER BY id")


async def test_a_request_is_kept_as_it_came(bench: Bench, inbox_url: str) -> None:
    id_ = bench.seed.inbox(bench.account_id)
    host, port = inbox_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"PUT /{id_}/a%2Fb?x=1&y=%C3%A4 HTTP/1.1\r\nhOST: here\r\nX-b: 2\r\nx-A: 1\r\nX-b: 3\r\n"
                 "Content-Length: 5\r\nConnection: close\r\n\r\nhello".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"inbox": "kept"}')
    (row,) = kept(bench)
    assert (row["method"], row["url"], bytes(row["body"])) == ("PUT", f"/{id_}/a%2Fb?x=1&y=%C3%A4", b"hello")
    assert json.loads(row["headers"]) == [
        ["hOST", "here"], ["X-b", "2"], ["x-A", "1"], ["X-b", "3"], ["Content-Length", "5"], ["Connection", "close"]]
    assert (bool(row["body_truncated"]), row["answered_status"]) == (False, 200)


async def test_of_a_long_body_the_beginning_is_kept(bench: Bench, inbox_url: str) -> None:
    id_ = bench.seed.inbox(bench.account_id)
    async with aiohttp.ClientSession() as session, session.post(f"{inbox_url}/{id_}", data=b"z" * 200_000) as response:
        assert response.status == 200
    (row,) = kept(bench)
    assert (len(row["body"]), bool(row["body_truncated"])) == (KEPT_BYTES, True)


@pytest.mark.parametrize("status", [204, 410, 503])
async def test_it_answers_with_the_status_that_was_set(bench: Bench, inbox_url: str, status: int) -> None:
    id_ = bench.seed.inbox(bench.account_id, answer_status=status)
    async with aiohttp.ClientSession() as session, session.get(f"{inbox_url}/{id_}") as response:
        assert response.status == status
    assert [row["answered_status"] for row in kept(bench)] == [status]


async def test_what_is_no_inbox_is_not_found(bench: Bench, inbox_url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("", "/", "/nonsense", f"/{uuid4()}", f"/x/{uuid4()}"):
            async with session.post(inbox_url + path, data=b"x") as response:
                assert response.status == 404
    assert kept(bench) == []


async def test_few_are_answered_late_and_the_others_at_once(bench: Bench, inbox_url: str) -> None:
    id_ = bench.seed.inbox(bench.account_id, answer_delay_ms=60_000)  # at most ten seconds of it
    async with aiohttp.ClientSession() as session:
        async def ask() -> int:
            async with session.post(f"{inbox_url}/{id_}") as response:
                return response.status

        late = [asyncio.create_task(ask()) for _ in range(2)]
        await bench.until(lambda: len(kept(bench)) == 2)
        assert await asyncio.gather(*(ask() for _ in range(3))) == [200, 200, 200]
        assert not any(task.done() for task in late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def test_who_floods_an_inbox_is_told_to_wait_and_other_inboxes_go_on(bench: Bench, inbox_url: str) -> None:
    flooded, other = (bench.seed.inbox(bench.account_id) for _ in range(2))
    most = int(PER_SECOND * SAVED_SECONDS)
    async with aiohttp.ClientSession() as session:
        async def ask(id_: UUID) -> int:
            async with session.post(f"{inbox_url}/{id_}") as response:
                assert ("Retry-After" in response.headers) == (response.status == 429)
                return response.status

        told = [status for _ in range(8) for status in await asyncio.gather(*(ask(flooded) for _ in range(100)))]
        assert most <= told.count(200) < 800
        assert set(told) == {200, 429}
        assert await ask(other) == 200


async def test_only_the_newest_are_kept(bench: Bench, inbox_url: str) -> None:
    id_: UUID = bench.seed.inbox(bench.account_id)
    async with aiohttp.ClientSession() as session:
        for number in range(105):
            async with session.post(f"{inbox_url}/{id_}?{number}") as response:
                await response.read()
    assert [row["url"].partition("?")[2] for row in kept(bench)] == [str(number) for number in range(5, 105)]
