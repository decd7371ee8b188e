"""`switchhook listen`: what happens in the account arrives at a program on this machine, signed as in production."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from asyncio.subprocess import DEVNULL
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from switchhook.domain.signing import Verification, new_secret, verify
from tests.cli.conftest import Run
from tests.fixtures.portal import Portal
from tests.fixtures.processes import free_port
from tests.fixtures.receiver import Receiver, answering

SECRET = new_secret(bytes(range(32)))


async def test_a_made_up_call_arrives_in_order_and_signed(run: Run, receiver: Receiver) -> None:
    began = datetime.now(UTC).isoformat()
    triggered = await asyncio.to_thread(run, "trigger", "--call", "survey")
    receiver.behave(answering(201))
    where = receiver.url("/hook?from=pbx").removeprefix("http://")
    words = ("listen", "--forward", where, "--since", began, "-n", triggered.record["events"])
    heard = await asyncio.to_thread(run, *words, "--secret", SECRET)
    assert heard.code == 0
    assert [one["answer"]["status"] for one in heard.records] == [201] * len(receiver.requests)
    types = [got.header("switchhook-event") for got in receiver.requests]
    assert types == ["call.inbound_received", "call.inbound_answered", "ivr.call_received", "ivr.option_selected"]
    for got in receiver.requests:
        assert got.target == "/hook?from=pbx"
        assert got.header("switchhook-test") == "1"
        assert verify([SECRET], got.headers, got.body, now=time.time()) is Verification.GOOD
        assert json.loads(got.body)["call_uuid"] == triggered.record["call_uuid"]


async def test_it_sends_what_an_integration_would(run: Run, receiver: Receiver, portal: Portal) -> None:
    portal.seed.integration(
        portal.account_id, portal.service_id, name="CRM", event_type="call.outbound_placed", method="GET",
        format="QUERY", path_arguments="calls/{extension_number}", enabled=False, request_url="https://crm.example.com/",
        authentication_type="token", token="the real one", headers=[{"name": "X-Call", "value": "{call_uuid}"}],
        signing=[new_secret(bytes(32))],
        body_keys=[{"key": "to", "field": "destination_number"}, {"key": "from ~", "text": "ä b"}])
    await asyncio.to_thread(run, "trigger", "call.outbound_placed")
    words = ("listen", "-f", receiver.url("/hook"), "--integration", "CRM", "--since", "10m", "-n", 1)
    heard = await asyncio.to_thread(run, *words, "--secret", SECRET)
    [got] = receiver.requests
    url = urlsplit(got.target)
    assert (got.method, url.path, parse_qsl(url.query)) == (
        "GET", "/hook/calls/201", [("to", "12025550188"), ("from ~", "ä b")])
    assert verify([SECRET], got.headers, url.query.encode(), now=time.time()) is Verification.GOOD
    assert got.header("x-call") == heard.record["event"]["call_uuid"]
    assert "the real one" not in heard.out + str(got.headers)


async def test_what_the_filters_of_an_integration_do_not_let_through_is_said_and_not_sent(
    run: Run, receiver: Receiver, portal: Portal,
) -> None:
    portal.seed.integration(
        portal.account_id, portal.service_id, name="Sales", event_type="ivr.option_selected",
        request_url="https://crm.example.com/", filters=[{"filter": "option", "match": "one_of", "values": ["1-5"]}])
    began = datetime.now(UTC).isoformat()
    await asyncio.to_thread(run, "trigger", "ivr.option_selected")  # the example chooses 9
    words = ("listen", "-f", receiver.url("/hook"), "--integration", "Sales", "--since", began, "-n", 1)
    heard = await asyncio.to_thread(run, *words)
    assert (heard.code, heard.out, receiver.requests) == (0, "", [])
    assert "is not for Sales: filter: option 9 is none of 1-5" in heard.err


async def test_an_answer_that_is_none_is_shown_and_the_rest_goes_on(run: Run, receiver: Receiver) -> None:
    await asyncio.to_thread(run, "trigger", "call.inbound_received")
    nowhere = f"http://127.0.0.1:{free_port()}/"
    heard = await asyncio.to_thread(run, "listen", "-f", nowhere, "--since", "10m", "-n", 1)
    assert (heard.record["answer"], heard.record["problem"]) == (None, "nothing listens there")
    assert "the secret is whsec_" in heard.err
    receiver.behave(answering(500))
    heard = await asyncio.to_thread(run, "listen", "-f", receiver.url(), "--since", "10m", "-n", 1)
    assert heard.record["answer"]["status"] == 500


@pytest.mark.parametrize("words", [
    ("--forward", "localhost"), ("--forward", "http://127.0.0.1:9/", "--secret", "a secret"),
    ("--forward", "http://127.0.0.1:9/", "--events", "calls.*"),
])
def test_what_cannot_be_done_is_said_before_anything_is_sent(run: Run, words: tuple[str, ...]) -> None:
    done = run("listen", *words)
    assert (done.code, done.out) == (65, "")


def test_a_shell_completes_the_types_of_events() -> None:
    begun = {"_SWITCHHOOK_COMPLETE": "complete_bash", "COMP_WORDS": "switchhook trigger ivr.", "COMP_CWORD": "2"}
    said = subprocess.check_output([Path(sys.executable).with_name("switchhook")], env=os.environ | begun, text=True)
    assert said.split() == ["ivr.call_received", "ivr.option_selected"]


async def test_several_listen_at_once_and_each_gets_everything(
    run: Run, login: dict[str, str], portal: Portal, receiver: Receiver,
) -> None:
    tokens = [login["SWITCHHOOK_TOKEN"], login["SWITCHHOOK_TOKEN"], portal.token("read")]
    listening = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "switchhook", "listen", "-f", receiver.url(f"/{number}"), "-n", "1",
            "--since", "1m", env=os.environ | login | {"SWITCHHOOK_TOKEN": token}, stdout=DEVNULL, stderr=DEVNULL)
        for number, token in enumerate(tokens)]
    await asyncio.to_thread(run, "trigger", "call.inbound_received")
    assert [await one.wait() for one in listening] == [0, 0, 0]
    assert sorted(got.target for got in receiver.requests) == ["/0", "/1", "/2"]
    assert len({got.body for got in receiver.requests}) == 1
