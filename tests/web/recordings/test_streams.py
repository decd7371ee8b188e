"""Streams: however many listen as slowly as they can, pages are answered, and so are other accounts."""

from __future__ import annotations

import gc
import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from switchhook.domain.recording_links import RecordingLinks
from switchhook.web.streams import Places, Stream
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half
from tests.fixtures.seed import Seed

THREADS = 6
#: More than a server keeps for whoever does not read.
LARGE_BYTES = 40 * 1024 * 1024


def _link(seed: Seed, root: Path, account: UUID) -> str:
    """A link to a large recording of a call of that account."""
    service = seed.service(account, recordings_root=str(root))
    now_ms = int(time.time() * 1000)
    call = seed.insert("call", {
        "id": uuid4(), "account_id": account, "service_id": service, "began_ms": now_ms - 60_000, "ended_ms": now_ms,
        "recordings": json.dumps(["large.wav"])})
    links = RecordingLinks(portal_url="", keys=KEYS, valid=timedelta(days=1))
    return links.url(call, "large.wav", datetime.now(UTC))


def _listen(port: int, path: str) -> socket.socket:
    """Ask for it, and read no more than the beginning."""
    listener = socket.create_connection(("127.0.0.1", port), timeout=30)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    listener.recv(100)
    return listener


def _status(port: int, path: str) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as asking:
        asking.request("GET", path, headers={"Host": "127.0.0.1"})
        return asking.getresponse().status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_listens_slowly_takes_no_more_than_half_of_the_threads(
    half: Callable[..., Half], seed: Seed, tmp_path: Path,
) -> None:
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(LARGE_BYTES)
    ours, others = (_link(seed, tmp_path, seed.account(slug=slug)) for slug in ("ours", "others"))
    web = half("web", web_threads=THREADS)
    web.start()
    with ExitStack() as listeners:
        for _ in range(THREADS // 2):
            listeners.enter_context(_listen(web.web_port, ours))
        assert _status(web.web_port, ours) == 429
        assert _status(web.web_port, "/healthz") == 200
        listeners.enter_context(_listen(web.web_port, others))
        assert _status(web.web_port, others) == 429  # all together leave two
        assert _status(web.web_port, "/login/") == 200
    end = time.monotonic() + 30
    while (status := _status(web.web_port, ours)) != 200:  # the listeners have gone
        assert time.monotonic() < end, status


def test_a_place_is_given_back_once_also_by_who_forgets_a_stream() -> None:
    places, account = Places(), uuid4()
    assert places.take(account)

    def give_back() -> None:
        places.give_back(account)

    stream = Stream(iter([b"x"]), give_back)
    stream.close()
    stream.close()
    assert places.take(account)
    stream = Stream(iter([b"x"]), give_back)
    del stream
    gc.collect()
    taken = 0
    while places.take(account):
        taken += 1
    assert taken == 4  # half of the eight threads: nothing was lost, and nothing given back twice
