"""Through an egress proxy: it looks names up and judges them; addresses that stand in a URL are judged here, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from switchhook.delivery.guard import judge_literal
from switchhook.delivery.sender import Sender
from switchhook.delivery.tls import make_context
from switchhook.domain.delivery import Answer, NoAnswer, Problem, Request, Responded
from switchhook.domain.service import Account
from tests.fixtures.proxy import PASSWORD, USER, Proxy
from tests.fixtures.receiver import Receiver

STRANGER = Account(id=uuid4(), name="Not granted")
LOCAL = Account(id=uuid4(), name="Granted", allowed_networks=("127.0.0.0/8",))


@pytest.fixture
async def sender(proxy: Proxy) -> AsyncIterator[Sender]:
    one = Sender(egress_proxy=proxy.url)
    yield one
    await one.close()


async def sent(sender: Sender, url: str, account: Account = STRANGER) -> Answer:
    request = Request(method="POST", url=url, headers=(("Content-Type", "application/json"),), body=b'{"a": 1}')
    return await sender.send(request, account=account, timeout_seconds=10)


async def test_a_request_goes_through_the_proxy_which_looks_the_name_up(
    sender: Sender, proxy: Proxy, receiver: Receiver
) -> None:
    proxy.names["crm.example"] = "127.0.0.1"
    answer = await sent(sender, receiver.url("/hook?a=b", host="crm.example"))
    assert isinstance(answer, Responded)
    assert answer.status == 200
    (got,) = receiver.requests
    assert (got.target, got.body, got.header("host")) == ("/hook?a=b", b'{"a": 1}', f"crm.example:{receiver.port}")
    assert proxy.asked == [f"POST http://crm.example:{receiver.port}/hook?a=b"]
    assert proxy.authorizations == [f"{USER}:{PASSWORD}"]


async def test_tls_goes_through_a_tunnel_and_the_name_is_verified(
    proxy: Proxy, receiver_over_tls: Callable[..., Awaitable[Receiver]], tmp_path: Path
) -> None:
    receiver = await receiver_over_tls(host="crm.example")
    proxy.names |= {"crm.example": "127.0.0.1", "other.example": "127.0.0.1"}
    sender = Sender(egress_proxy=proxy.url, tls=make_context((tmp_path / "crm.example-30.pem").read_text()))
    answer = await sent(sender, receiver.url(host="crm.example"))
    assert isinstance(answer, Responded), answer
    assert proxy.asked == [f"CONNECT crm.example:{receiver.port}"]
    assert receiver.requests[0].header("proxy-authorization") is None
    wrong = await sent(sender, receiver.url(host="other.example"))
    assert isinstance(wrong, NoAnswer)
    assert wrong.problem is Problem.CERTIFICATE
    await sender.close()
    await receiver.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]"])
async def test_an_address_in_the_url_is_judged_before_the_proxy_hears_of_it(
    sender: Sender, proxy: Proxy, host: str
) -> None:
    answer = await sent(sender, f"http://{host}:9/hook")
    assert isinstance(answer, NoAnswer)
    assert answer.problem is Problem.ADDRESS_FORBIDDEN
    assert "the operator has not allowed" in answer.detail
    assert proxy.asked == []


async def test_a_granted_address_goes_through_the_proxy_as_well(
    sender: Sender, proxy: Proxy, receiver: Receiver
) -> None:
    assert isinstance(await sent(sender, receiver.url(), LOCAL), Responded)
    assert len(proxy.asked) == 1


async def test_what_the_proxy_forbids_or_cannot_reach_is_said_plainly(sender: Sender, proxy: Proxy) -> None:
    proxy.forbidden.add("inside.example")
    forbidden = await sent(sender, "https://inside.example/hook")
    assert isinstance(forbidden, NoAnswer)
    assert (forbidden.problem, forbidden.detail) == (
        Problem.ADDRESS_FORBIDDEN, "The egress proxy does not let us call inside.example")
    away = await sent(sender, "https://nowhere.invalid/hook")
    assert isinstance(away, NoAnswer)
    assert (away.problem, away.detail) == (
        Problem.CANNOT_CONNECT, "The egress proxy made no connection to nowhere.invalid: it answered 502")


async def test_a_proxy_that_is_away_is_named_as_the_reason(proxy: Proxy) -> None:
    sender = Sender(egress_proxy="http://127.0.0.1:9")
    answer = await sent(sender, "http://crm.example/hook")
    assert isinstance(answer, NoAnswer)
    assert answer.detail == "No connection to the egress proxy, through which crm.example is called"
    await sender.close()


async def test_the_request_inbox_is_called_directly(proxy: Proxy, receiver: Receiver) -> None:
    sender = Sender(egress_proxy=proxy.url, inbox_url=receiver.url("/inbox"))
    assert isinstance(await sent(sender, receiver.url("/inbox/1")), Responded)
    assert proxy.asked == []
    await sender.close()


def test_a_name_is_not_judged_here() -> None:
    assert judge_literal("crm.example") is None
    assert judge_literal("8.8.8.8") is None
