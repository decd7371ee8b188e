"""A capture of a FreeSWITCH holds what the reader needs and nothing that a caller keyed in."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.pbx.capture import capture
from switchhook.pbx.esl_capture import as_line
from switchhook.pbx.replay import run_replay
from tests.pbx.fake_freeswitch import fake_freeswitch, frame, inbound
from tests.pbx.test_freeswitch import EXPECTED, FOLDER, lines_of

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def replayed(path: Path) -> list[str]:
    """The events of a recording."""
    out, err = io.StringIO(), io.StringIO()
    run_replay(str(path), platform="freeswitch", trunks=(), trunk_contexts=DEFAULT_TRUNK_CONTEXTS, menus=DEFAULT_MENUS,
               extensions=DEFAULT_EXTENSIONS, out=out, err=err)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_capture_replays_to_the_same_events_but_for_what_was_keyed_in(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(b"".join(as_line(line, NOW) for line in lines_of(name)))
    original = [line for line in replayed(FOLDER / f"{name}.jsonl.gz") if "option_selected\"," not in line]
    assert replayed(copy) == original != []


def test_neither_digits_nor_variables_that_may_hold_them_are_stored() -> None:
    secret = {"variable_pin": "4711", "variable_digits": "4711"}
    stored = b"".join(as_line(line | secret, NOW) for line in lines_of("ivr"))
    assert b"4711" not in stored
    events = [json.loads(line) for line in stored.splitlines()]
    assert {event["DTMF-Digit"] for event in events if event["Event-Name"] == "DTMF"} == {"-"}
    assert {event.get("Application-Data", "-") for event in events} == {"-"}


def test_an_event_without_a_time_gets_that_of_its_arrival() -> None:
    assert json.loads(as_line({"Event-Name": "HEARTBEAT"}, NOW))["Event-Date-Timestamp"] == "1772582400000000"


async def test_recording_from_a_connection(tmp_path: Path) -> None:
    async with fake_freeswitch() as pbx:
        pbx.meanwhile = inbound(1) + frame({"Event-Name": "HEARTBEAT"})
        out = tmp_path / "capture.jsonl.gz"
        await capture(pbx.connection, out, 0.2)
        lines = await asyncio.to_thread(lambda: gzip.decompress(out.read_bytes()).splitlines())
        assert [json.loads(line)["Event-Name"] for line in lines] == ["CHANNEL_CREATE", "HEARTBEAT"]
