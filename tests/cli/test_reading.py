"""What the commands that only read show, in JSON when piped and in colours on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from uuid import uuid4

import pytest

from tests.cli.conftest import Run
from tests.fixtures.portal import Portal
from tests.fixtures.processes import wait_until


@pytest.fixture
def call(run: Run) -> str:
    """The Call UUID of a call that was made up just now."""
    return str(run("trigger", "--call", "picked_up").record["call_uuid"])


def on_a_terminal(login: dict[str, str], *words: str) -> str:
    """What a person at a terminal sees."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "switchhook", *words], stdin=follower, stdout=follower, stderr=follower,
        env={**os.environ, **login, "TERM": "xterm-256color", "COLUMNS": "80"})
    os.close(follower)
    seen = b""
    try:
        while piece := os.read(leader, 65_536):
            seen += piece
    except OSError:  # the other side is closed
        pass
    os.close(leader)
    assert process.wait(30) == 0, seen
    return seen.decode()


def test_a_made_up_call_is_shown_with_why_nothing_was_answered(
    run: Run, call: str, login: dict[str, str], portal: Portal,
) -> None:
    wait_until(lambda: portal.seed.rows("SELECT id FROM call WHERE ended_ms IS NOT NULL")
               or run("events", "tail", "--since", "10m", "-n", 1).records, "the call is known")
    told = run("calls", "show", call).record
    assert [one["type"] for one in told["events"]] == ["call.inbound_received"]
    assert told["events"][0]["is_test"] is True
    shown = on_a_terminal(login, "calls", "show", call)
    assert call in shown
    assert "call.inbound_received" in shown
    assert "\x1b[" in shown


def test_events_can_be_followed_from_a_moment_on(run: Run, call: str) -> None:
    told = run("events", "tail", "--since", "10m", "--events", "call.inbound_r*", "-n", 1).record
    assert told["type"] == "call.inbound_received"
    assert run("events", "tail", "--events", "call.made_up").code == 65
    assert run("events", "tail", "--since", "yesterday").code == 65
    assert call


def test_a_delivery_is_shown_whole_and_sent_again(run: Run, portal: Portal, login: dict[str, str]) -> None:
    portal.seed.integration(portal.account_id, portal.service_id, name="Dead end", event_type="ivr.call_received",
                            request_url="http://127.0.0.1:9/hook")
    portal.seed.touch()
    done = run("trigger", "ivr.call_received").record
    assert done["deliveries"] == 1
    id_ = run("deliveries", "list", "--integration", "dead end").record["id"]
    wait_until(lambda: run("deliveries", "show", id_).record["attempt_log"], "it was tried")
    [attempt] = run("deliveries", "show", id_).record["attempt_log"]
    assert json.loads(attempt["request"]["body"])["ivr_name"] == "NPS"
    assert run("deliveries", "redeliver", id_).record == {"count": 1}
    assert run("deliveries", "redeliver", "--integration", "Dead end").code == 1  # nobody is there to be asked
    assert run("deliveries", "redeliver", "--integration", "Dead end", "--yes").record == {"count": 1}
    assert run("deliveries", "redeliver", "--state", "expired", "--yes").record == {"count": 0}
    shown = on_a_terminal(login, "deliveries", "list")
    assert id_ in shown
    assert "Dead end" in shown


@pytest.mark.parametrize(("words", "code", "said"), [
    (("deliveries", "show", "7"), 65, "'7' is no id of a delivery"),
    (("deliveries", "show", str(uuid4())), 66, "There is no such delivery."),
    (("calls", "show", "1772580115.1"), 66, "There is no call '1772580115.1'."),
    (("deliveries", "list", "--integration", "Nowhere"), 66, "There is no integration 'Nowhere'."),
    (("calls", "list", "--service", "Nowhere"), 66, "There is no PBX 'Nowhere'. There are pbx-0001."),
    (("calls", "list", "--number", "abc"), 65, "number: A number has digits."),
    (("trigger", "call.made_up"), 65, "No event is called 'call.made_up'."),
])
def test_what_cannot_be_found_is_said(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(*words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
