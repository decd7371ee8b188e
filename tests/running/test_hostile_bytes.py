"""Bytes on the wire that no client sends: whoever listens answers or hangs up, and goes on answering others."""

from __future__ import annotations

import hashlib
import socket
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from tests.fixtures.processes import Half
from tests.fixtures.seed import Seed

MIB = 1024 * 1024
MOST_MEMORY_MIB = 100  # by which a process may have grown after three times all of it
TOKEN = "intake token of a test"


@cache
def _bomb() -> bytes:
    """200 MiB of spaces, in less than one MiB."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = b" " * MIB
    return b"".join(packer.compress(block) for _ in range(200)) + packer.flush()


def _requests(path: str) -> dict[str, bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    bomb = _bomb()
    return {
        "a header line of 10 MB": head.encode() + b"X-Long: " + b"a" * 10_000_000 + b"\r\n\r\n",
        "a request line of 10 MB": b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\n\r\n",
        "a header without an end": head.encode() + b"X-Long: " + b"a" * 2_000_000,
        "200,000 headers": head.encode() + b"X: y\r\n" * 200_000 + b"\r\n",
        "headers that are no text": head.encode() + b"X-\xff\xfe: \x00\xed\xa0\x80\r\n\r\n",
        "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 100,
        "a length that is none": head.encode() + b"Content-Length: -5\r\n\r\nhello",
        "two lengths": head.encode() + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        "length and chunks": head.encode() + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "an endless chunk": head.encode() + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" + b"a" * MIB,
        "a bomb": head.encode() + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb,
        "a deep document": head.encode() + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
        "a number of 500,000 digits": head.encode() + b"Content-Length: 500000\r\n\r\n" + b"9" * 500_000,
        "an empty path": b"POST  HTTP/1.1\r\n\r\n",
        "a path with everything": b"GET /%00%ff/../..//\\%0d%0aX:1?a=%ed%a0%80&%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    }


def _said(port: int, request: bytes) -> bytes:
    """What comes back at first; nothing when it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        try:
            wire.sendall(request)
            wire.shutdown(socket.SHUT_WR)
            return wire.recv(200)
        except OSError:  # hung up, or silent for too long
            return b""


def _memory_mib(pid: int) -> float:
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _answers(port: int, path: str) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return bool(answer.status == 200)


def _send_all(asked: Sequence[tuple[Half, int, str]]) -> None:
    for process, port, path in asked:
        for name, request in _requests(path).items():
            said = _said(port, request)
            assert not said.startswith(b"HTTP/1.1 5"), (path, name, said)
            assert process.runs, (path, name, process.log())


def test_whoever_listens_goes_on_whatever_comes(half: Callable[..., Half], seed: Seed) -> None:
    account = seed.account()
    service = seed.service(account, intake_token_hash=hashlib.sha256(TOKEN.encode()).hexdigest())
    inbox = seed.inbox(account)
    engine, web = half("engine"), half("web")
    engine.start()
    web.start()
    asked = [(engine, engine.intake_port, f"/v1/services/{service}/events"), (engine, engine.inbox_port, f"/{inbox}"),
             (web, web.web_port, "/api/v1/integrations"), (web, web.web_port, "/login/")]
    _send_all(asked)  # what is free again is kept by the allocator, for the next
    before = {one.pid: _memory_mib(one.pid) for one in (engine, web)}
    for _ in range(3):
        _send_all(asked)
    assert _answers(engine.intake_port, "/readyz")
    assert _answers(web.web_port, "/healthz")
    for one in (engine, web):
        assert _memory_mib(one.pid) - before[one.pid] < MOST_MEMORY_MIB
        assert "Traceback" not in one.log_path.read_text(errors="replace")
    assert seed.rows("SELECT 1 FROM event") == []
