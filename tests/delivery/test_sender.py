"""The only door outside, against a receiver that does all that receivers do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from switchhook.delivery.sender import KEPT_BYTES, Sender
from switchhook.delivery.tls import make_context
from switchhook.domain.delivery import NoAnswer, Problem, Request, Responded
from switchhook.domain.service import Account
from tests.delivery.nameserver import NameServer
from tests.fixtures.receiver import (
    Behaviour,
    Receiver,
    after,
    answering,
    chunked,
    closing,
    endless,
    http10,
    raw,
    resetting,
    silent,
    trickling,
)

LOCAL = Account(id=uuid4(), name="Granted", allowed_networks=("127.0.0.0/8",))
STRANGER = Account(id=uuid4(), name="Not granted")


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    one = Sender()
    yield one
    await one.close()


def post(url: str, body: bytes | None = b"{}") -> Request:
    return Request(method="POST", url=url, headers=(("Content-Type", "application/json"),), body=body)


def get(url: str) -> Request:
    return Request(method="GET", url=url, headers=(), body=None)


async def responded(sender: Sender, request: Request, account: Account = LOCAL) -> Responded:
    answer = await sender.send(request, account=account, timeout_seconds=10)
    assert isinstance(answer, Responded), answer
    return answer


async def problem(sender: Sender, request: Request, account: Account = LOCAL, seconds: float = 10) -> NoAnswer:
    answer = await sender.send(request, account=account, timeout_seconds=seconds)
    assert isinstance(answer, NoAnswer), answer
    return answer


# -- what goes out -----------------------------------------------------------------------------------------


async def test_the_request_goes_out_exactly_as_it_was_rendered(sender: Sender, receiver: Receiver) -> None:
    headers = (("X-One", "1"), ("content-TYPE", "application/json"), ("user-agent", "Our/9"), ("x-Two", "%C3%A4"))
    url = receiver.url("/a%2Fb/%7Bc%7D;p=1//x?q=a+b%20c&r=%C3%A4&e=&~=!'()*")
    await responded(sender, Request(method="POST", url=url, headers=headers, body=b'{"a": "\xc3\xa4"}'))
    got = (await receiver.got(1))[0]
    assert got.target == "/a%2Fb/%7Bc%7D;p=1//x?q=a+b%20c&r=%C3%A4&e=&~=!'()*"
    host, length = ("Host", f"127.0.0.1:{receiver.port}"), ("Content-Length", "11")
    assert got.headers == (host, *headers, length)
    assert got.body == b'{"a": "\xc3\xa4"}'


async def test_a_get_without_a_body_has_no_headers_of_its_own(sender: Sender, receiver: Receiver) -> None:
    await responded(sender, get(receiver.url("/?a=1")))
    got = (await receiver.got(1))[0]
    assert got.headers == (("Host", f"127.0.0.1:{receiver.port}"),)


async def test_a_get_may_carry_a_body_and_a_post_may_be_empty(sender: Sender, receiver: Receiver) -> None:
    await responded(sender, Request(method="GET", url=receiver.url(), headers=(), body=b"x=1"))
    await responded(sender, post(receiver.url(), None))
    with_body, empty = await receiver.got(2)
    assert (with_body.method, with_body.body) == ("GET", b"x=1")
    assert empty.header("Content-Length") == "0"


async def test_connections_are_kept_and_the_timing_says_when_one_was_made(sender: Sender, receiver: Receiver) -> None:
    first = await responded(sender, post(receiver.url()))
    second = await responded(sender, post(receiver.url()))
    assert [got.connection for got in await receiver.got(2)] == [1, 1]
    assert first.timing.connect_ms is not None
    assert second.timing.connect_ms is None
    assert first.timing.total_ms >= (first.timing.first_byte_ms or 0) >= first.timing.connect_ms


async def test_cookies_are_not_kept(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answering(Set_Cookie="a=b"))
    await responded(sender, post(receiver.url()))
    await responded(sender, post(receiver.url()))
    assert [got.header("Cookie") for got in await receiver.got(2)] == [None, None]


async def test_a_proxy_of_the_environment_is_not_used(
    sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await responded(sender, post(receiver.url()))).status == 200


# -- what comes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("behaviour", "status", "body"), [
    (answering(200, b"fine"), 200, b"fine"), (answering(204), 204, b""), (answering(500, b"oh"), 500, b"oh"),
    (answering(410), 410, b"ok"), (chunked(b"one ", b"two"), 200, b"one two"), (http10(b"old"), 200, b"old"),
    (raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"), 201, b""),
    (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00"), 200, b"\x1f\x8b\x00"),
])
async def test_an_answer_comes_back_as_it_was_given(
    sender: Sender, receiver: Receiver, behaviour: Behaviour, status: int, body: bytes
) -> None:
    receiver.behave(behaviour)
    answer = await responded(sender, post(receiver.url()))
    assert (answer.status, answer.body, answer.body_truncated) == (status, body, False)


async def test_header_names_of_the_answer_stay_as_written(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answering(429, Retry_After="7", X_oDD="1"))
    answer = await responded(sender, post(receiver.url()))
    assert answer.headers == (("Retry-After", "7"), ("X-oDD", "1"), ("Content-Length", "2"))


async def test_a_redirect_is_an_answer_and_is_not_followed(
    sender: Sender, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.behave(answering(302, Location=other_receiver.url("/inward")))
    assert (await responded(sender, post(receiver.url()))).status == 302
    assert other_receiver.requests == []


async def test_sixteen_kib_of_a_body_are_kept_and_the_connection_too(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answering(200, b"y" * 60_000))
    answer = await responded(sender, post(receiver.url()))
    assert (len(answer.body), answer.body_truncated) == (KEPT_BYTES, True)
    await responded(sender, post(receiver.url()))
    assert [got.connection for got in await receiver.got(2)] == [1, 1]


async def test_an_endless_body_is_left_and_its_connection_closed(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(endless, answering())
    answer = await responded(sender, post(receiver.url()))
    assert (answer.status, len(answer.body), answer.body_truncated) == (200, KEPT_BYTES, True)
    await responded(sender, post(receiver.url()))
    assert [got.connection for got in await receiver.got(2)] == [1, 2]


# -- no answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("behaviour", "expected"), [
    (raw(b"\x00\xfe garbage\r\n\r\n", keep=False), Problem.NOT_HTTP),
    (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", keep=False), Problem.NOT_HTTP),
    (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", keep=False), Problem.NOT_HTTP),
    (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n", keep=False), Problem.NOT_HTTP),
    (closing, Problem.CONNECTION_LOST), (resetting, Problem.CONNECTION_LOST),
    (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", keep=False), Problem.CONNECTION_LOST),
])
async def test_what_is_no_answer_is_told_in_words(
    sender: Sender, receiver: Receiver, behaviour: Behaviour, expected: Problem
) -> None:
    receiver.behave(behaviour)
    answer = await problem(sender, post(receiver.url("/?token=hush")))
    assert answer.problem is expected
    assert "hush" not in answer.detail
    assert len(receiver.requests) == 1


async def test_a_silent_receiver_times_out_before_and_within_the_answer(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(silent, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), trickling)
    before = await problem(sender, post(receiver.url()), seconds=0.2)
    assert (before.problem, before.detail) == (Problem.TIMED_OUT, "No answer from 127.0.0.1 within 0.2 seconds")
    for _ in range(2):
        within = await problem(sender, post(receiver.url()), seconds=0.2)
        assert within.problem is Problem.TIMED_OUT
        assert "answered 200" in within.detail


async def test_nobody_listening_is_a_refused_connection(sender: Sender, receiver: Receiver) -> None:
    url = receiver.url()
    await receiver.stop()
    answer = await problem(sender, post(url))
    assert (answer.problem, answer.timing.connect_ms) == (Problem.CONNECTION_REFUSED, None)
    await receiver.start()


async def test_a_connection_that_is_not_taken_up_times_out(receiver: Receiver) -> None:
    sender = Sender(connect_seconds=0.2)
    answer = await problem(sender, post(receiver.url().replace("http:", "https:")))  # it never answers the TLS hello
    await sender.close()
    assert answer.problem is Problem.CONNECT_TIMED_OUT
    assert answer.detail == "No connection to 127.0.0.1 within 0.2 seconds"


async def test_a_kept_connection_that_broke_is_replaced_within_the_attempt(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answering(), closing, answering(201))
    assert (await responded(sender, post(receiver.url()))).status == 200
    assert (await responded(sender, post(receiver.url()))).status == 201
    assert [got.connection for got in await receiver.got(3)] == [1, 1, 2]


async def test_a_get_to_a_receiver_that_hangs_up_is_sent_once(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(closing)
    await problem(sender, get(receiver.url()))
    assert len(receiver.requests) == 1


async def test_a_cancelled_attempt_frees_its_connection(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(silent)
    task = asyncio.create_task(sender.send(post(receiver.url()), account=LOCAL, timeout_seconds=10))
    await receiver.got(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    receiver.behave(answering())
    assert (await responded(sender, post(receiver.url()))).status == 200


# -- TLS ---------------------------------------------------------------------------------------------------

Start = Callable[..., Awaitable[Receiver]]


async def test_a_self_signed_certificate_is_refused(sender: Sender, receiver_over_tls: Start) -> None:
    receiver = await receiver_over_tls()
    answer = await problem(sender, post(receiver.url(host="localhost")))
    await receiver.stop()
    assert (answer.problem, receiver.requests) == (Problem.CERTIFICATE, [])
    assert "self-signed" in answer.detail


@pytest.mark.parametrize(("valid_days", "host", "words"), [
    (-3, "localhost", "expired on "), (30, "crm.example.com", "is not for localhost"),
])
async def test_what_is_wrong_with_a_certificate_is_told(
    receiver_over_tls: Start, valid_days: int, host: str, words: str, tmp_path: object
) -> None:
    receiver = await receiver_over_tls(host=host, valid_days=valid_days)
    sender = Sender(tls=_trusting(receiver, tmp_path))
    answer = await problem(sender, post(receiver.url(host="localhost")))
    await sender.close()
    await receiver.stop()
    assert answer.problem is Problem.CERTIFICATE
    assert words in answer.detail


async def test_a_trusted_certificate_is_accepted(receiver_over_tls: Start, tmp_path: object) -> None:
    receiver = await receiver_over_tls()
    sender = Sender(tls=_trusting(receiver, tmp_path))
    answer = await responded(sender, post(receiver.url(host="localhost")))
    await sender.close()
    await receiver.stop()
    assert answer.status == 200


async def test_plain_http_at_an_https_url_is_a_tls_problem(sender: Sender) -> None:
    def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    answer = await problem(sender, post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
    server.close()
    assert answer.problem is Problem.TLS
    assert answer.detail.startswith("No TLS connection with 127.0.0.1: ")


def _trusting(_receiver: Receiver, tmp_path: object) -> ssl.SSLContext:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    pem = next(tmp_path.glob("*.pem")).read_text()
    return make_context(pem[: pem.index("-----BEGIN PRIVATE")])


# -- addresses ---------------------------------------------------------------------------------------------


async def test_a_private_address_is_refused_without_a_grant(sender: Sender, receiver: Receiver) -> None:
    answer = await problem(sender, post(receiver.url()), STRANGER)
    assert answer.problem is Problem.ADDRESS_FORBIDDEN
    assert answer.detail == "127.0.0.1 is a loopback address, and the operator has not allowed this account to call it"
    assert receiver.connections == 0


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "[::ffff:127.0.0.1]",
                                  "[::1]", "[::127.0.0.1]", "0.0.0.0", "localhost", "127.0.0.1."])
async def test_no_spelling_of_an_address_gets_round_the_guard(sender: Sender, receiver: Receiver, host: str) -> None:
    await problem(sender, post(receiver.url(host=host)), STRANGER)
    assert receiver.connections == 0


async def test_a_name_that_leads_inward_is_refused(receiver: Receiver) -> None:
    async with NameServer({"crm.example.com": ["127.0.0.1"]}) as names:
        sender = Sender(nameservers=[names.address])
        answer = await problem(sender, post(receiver.url(host="crm.example.com")), STRANGER)
        granted = await responded(sender, post(receiver.url(host="crm.example.com")))
        await sender.close()
    assert answer.problem is Problem.ADDRESS_FORBIDDEN
    assert answer.detail.startswith("crm.example.com leads to 127.0.0.1, a loopback address")
    assert (granted.status, receiver.connections) == (200, 1)


async def test_a_name_that_changes_its_mind_is_judged_at_every_connection(receiver: Receiver) -> None:
    async with NameServer({"crm.example.com": ["192.168.255.1", "127.0.0.1"]}) as names:
        sender = Sender(nameservers=[names.address])
        account = replace(STRANGER, allowed_networks=("127.0.0.1/32",))
        answer = await responded(sender, post(receiver.url(host="crm.example.com")), account)  # by the granted one
        await sender.close()
    assert answer.status == 200


async def test_a_name_that_does_not_exist_is_told(receiver: Receiver) -> None:
    async with NameServer({}) as names:
        sender = Sender(nameservers=[names.address])
        answer = await problem(sender, post(receiver.url(host="nobody.example.com")))
        await sender.close()
    assert (answer.problem, answer.detail) == (Problem.NAME_NOT_FOUND, "The name nobody.example.com does not exist")


async def test_a_taken_back_grant_closes_the_kept_connections(sender: Sender, receiver: Receiver) -> None:
    await responded(sender, post(receiver.url()))
    answer = await problem(sender, post(receiver.url()), replace(LOCAL, allowed_networks=()))
    assert answer.problem is Problem.ADDRESS_FORBIDDEN
    assert len(receiver.requests) == 1


async def test_one_account_does_not_use_the_kept_connections_of_another(sender: Sender, receiver: Receiver) -> None:
    await responded(sender, post(receiver.url()))
    assert (await problem(sender, post(receiver.url()), STRANGER)).problem is Problem.ADDRESS_FORBIDDEN


async def test_a_changed_grant_lets_what_is_in_flight_end(sender: Sender, receiver: Receiver) -> None:
    go_on = asyncio.Event()
    receiver.behave(after(go_on, answering(202)))
    first = asyncio.create_task(sender.send(post(receiver.url()), account=LOCAL, timeout_seconds=10))
    await receiver.got(1)
    await problem(sender, post(receiver.url()), replace(LOCAL, allowed_networks=("10.0.0.0/8",)))
    go_on.set()
    answer = await first
    assert isinstance(answer, Responded)
    assert answer.status == 202


async def test_the_request_inbox_is_reached_without_a_grant_and_nothing_beside_it(
    receiver: Receiver, other_receiver: Receiver
) -> None:
    sender = Sender(inbox_url=receiver.url("/"))
    inbox = await responded(sender, post(receiver.url("/abc")), STRANGER)
    beside = await problem(sender, post(other_receiver.url("/abc")), STRANGER)
    renamed = await problem(sender, post(receiver.url("/abc", host="localhost")), STRANGER)
    await sender.close()
    assert inbox.status == 200
    assert (beside.problem, renamed.problem) == (Problem.ADDRESS_FORBIDDEN, Problem.ADDRESS_FORBIDDEN)


@pytest.mark.parametrize("path", ["/", "/inbox", "/inboxes/abc", "/inbox/../admin", "/inbox/%2E%2e/admin"])
async def test_what_is_beside_the_request_inbox_needs_a_grant(receiver: Receiver, path: str) -> None:
    sender = Sender(inbox_url=receiver.url("/inbox"))
    assert (await responded(sender, post(receiver.url("/inbox/abc")), STRANGER)).status == 200
    assert (await problem(sender, post(receiver.url(path)), STRANGER)).problem is Problem.ADDRESS_FORBIDDEN
    await sender.close()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http:///x", "http://[::1", "http://127.0.0.1:99999/"])
async def test_a_url_that_cannot_be_called_is_told(sender: Sender, url: str) -> None:
    assert (await problem(sender, post(url))).problem is Problem.CANNOT_RENDER
