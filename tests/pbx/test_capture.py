"""A capture holds what the tracker needs and nothing that a caller keyed in."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.pbx.ami import AmiCodec
from switchhook.pbx.capture import as_bytes, capture
from switchhook.pbx.replay import run_replay
from tests.fixtures.lab import Asterisk
from tests.pbx.fake_pbx import fake_pbx, inbound

RECORDINGS = Path(__file__).parents[1] / "recordings/asterisk"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def replayed(path: Path) -> list[str]:
    """The events of a recording, without their times."""
    out, err = io.StringIO(), io.StringIO()
    run_replay(
        str(path),
        platform="asterisk",
        trunks=(),
        trunk_contexts=DEFAULT_TRUNK_CONTEXTS,
        menus=DEFAULT_MENUS,
        extensions=DEFAULT_EXTENSIONS,
        out=out,
        err=err,
    )
    return [line.partition('"at":')[0] + line.partition('"fields":')[2] for line in out.getvalue().splitlines()]


def captured(path: Path) -> bytes:
    """A recording as a capture would have written it."""
    with gzip.open(path) as file:
        return b"".join(
            as_bytes(message, NOW) for message in AmiCodec().receive_data(file.read()) if message.get("Event")
        )


@pytest.mark.parametrize(
    "name",
    [
        "ivr-option-1",
        "ivr-direct-dial",
        "transfer-to-nps",
        "pickup-directed",
        "queue-answered",
        "outbound-answered",
    ],
)
def test_a_capture_replays_to_the_same_events(name: str, tmp_path: Path) -> None:
    (path,) = [one for one in RECORDINGS.rglob(f"{name}.ami.gz") if "16" not in one.parent.name]
    copy = tmp_path / "copy.ami"
    copy.write_bytes(captured(path))
    assert replayed(copy) == replayed(path) != []


def test_no_digit_that_was_keyed_in_is_stored() -> None:
    (path,) = list(RECORDINGS.rglob("ivr-option-7-nps.ami.gz"))
    messages = AmiCodec().receive_data(captured(path))
    assert {m.get("Digit") for m in messages if m.get("Event") in ("DTMFBegin", "DTMFEnd")} == {"-"}
    assert {m.get("Value") for m in messages if m.get("Event") == "VarSet" and m.get("Variable") == "NPS_SCORE"} <= {
        "-"
    }


def test_each_event_gets_the_time_of_its_arrival() -> None:
    (message,) = AmiCodec().receive_data(inbound(1))
    assert b"\r\nTimestamp: 1772582400.000000\r\n" in as_bytes(message, NOW)


async def test_recording_from_a_connection(tmp_path: Path) -> None:
    async with fake_pbx() as pbx:
        out = tmp_path / "capture.ami.gz"
        await capture(pbx.connection, out, 0.2)
        assert b"Response: Error" in gzip.decompress(out.read_bytes())


@pytest.mark.live
@pytest.mark.timeout(120)
async def test_recording_a_real_call_and_replaying_it(asterisk: Asterisk, tmp_path: Path) -> None:
    import asyncio
    from uuid import UUID

    from switchhook.domain.service import Connection, Platform

    ami = asterisk.ami
    connection = Connection(
        id=UUID(int=1),
        name="Lab",
        platform=Platform.ASTERISK,
        host=ami.host,
        port=ami.port,
        username=ami.user,
        secret=ami.secret,
    )
    out = tmp_path / "capture.ami.gz"
    recording = asyncio.create_task(capture(connection, out, 12))
    await asterisk.place_call("inbound-answered")
    assert await recording > 20
    assert [line.split('"')[3] for line in replayed(out)] == ["call.inbound_received", "call.inbound_answered"]
