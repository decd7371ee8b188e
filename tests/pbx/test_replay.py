"""`switchhook replay`: one JSON object a line, reasons on standard error, any form of recording."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.pbx.ami import AmiCodec
from switchhook.pbx.replay import run_replay
from tests.pbx.recorded import RECORDINGS

IVR_OPTION = RECORDINGS / "asterisk/22/ivr-option-1.ami.gz"


def replay(file: Path | str, **options: object) -> tuple[list[dict[str, object]], str, int]:
    """What a replay prints, explains and returns."""
    out, err = io.StringIO(), io.StringIO()
    given = {"platform": "asterisk", "trunks": (), "trunk_contexts": DEFAULT_TRUNK_CONTEXTS, "menus": DEFAULT_MENUS,
             "extensions": DEFAULT_EXTENSIONS, **options}
    status = run_replay(str(file), out=out, err=err, **given)  # type: ignore[arg-type]
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue(), status


def test_an_event_is_one_object_with_exactly_these_keys() -> None:
    lines, _, status = replay(IVR_OPTION)
    assert status == 0
    assert lines[0] == {
        "type": "call.inbound_received", "call_uuid": str(uuid5(UUID(int=0), "1795312523.68")),
        "native_call_id": "1795312523.68", "at": None,
        "fields": {"source_number": "12025550171", "destination_number": "12025550104", "extension_number": None,
                   "ivr_name": None, "option_selected": None}}
    assert [line["type"] for line in lines] == [
        "call.inbound_received", "ivr.call_received", "ivr.option_selected", "call.inbound_answered"]


def test_the_extra_events_are_told_when_asked_for() -> None:
    lines, why, _ = replay(RECORDINGS / "asterisk/22/inbound-caller-gives-up.ami.gz", extra=True)
    assert [line["type"] for line in lines] == [
        "call.inbound_received", "call.ringing", "call.leg_ended", "call.missed", "call.ended"]
    assert lines[-2]["fields"] == {
        "source_number": "12025550171", "destination_number": "12025550101", "dialled_number": "12025550101",
        "direction": "inbound", "trunk": "trunk-provider", "queue": None, "extension_number": "201",
        "disposition": "missed", "ended_at": None, "duration": None}
    assert "told call.missed: nobody took the call (missed)" in why


def test_the_reasons_are_told() -> None:
    _, why, _ = replay(RECORDINGS / "asterisk/22/pickup-directed.ami.gz")
    assert "1795312677.102 not told call.inbound_answered: picked up by 204 with **201" in why


def test_the_recording_may_be_plain_gzipped_or_json_lines(tmp_path: Path) -> None:
    plain = gzip.decompress(IVR_OPTION.read_bytes())
    messages = AmiCodec().receive_data(plain)
    objects = [{name: list(message.all(name)) if len(message.all(name)) > 1 else message.get(name)
                for name in message.first} for message in messages]
    lines = "".join(json.dumps(one) + "\n" for one in objects).encode()
    expected = replay(IVR_OPTION)
    forms = {"a.ami": plain, "b.jsonl": lines, "c.gz": gzip.compress(lines), "d": b"\n" + lines[:-1]}
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        assert replay(tmp_path / name) == expected


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_recording_may_break_off(tmp_path: Path, share: float) -> None:
    whole, _, _ = replay(IVR_OPTION)
    packed, plain = IVR_OPTION.read_bytes(), gzip.decompress(IVR_OPTION.read_bytes())
    for content in (packed[: int(len(packed) * share)], plain[: int(len(plain) * share)]):
        (tmp_path / "broken").write_bytes(content)
        lines, _, status = replay(tmp_path / "broken")
        assert status == 0
        assert lines == whole[: len(lines)]


def test_several_gzip_members_are_one_recording(tmp_path: Path) -> None:
    (tmp_path / "two").write_bytes(b"".join(
        (RECORDINGS / f"asterisk/22/reconnect-while-ringing{part}.ami.gz").read_bytes()
        for part in ("", ".resync", ".after")))
    lines, _, _ = replay(tmp_path / "two")
    assert [line["type"] for line in lines] == ["call.inbound_received", "call.inbound_answered"]


def test_times_are_those_of_the_recording(tmp_path: Path) -> None:
    timed = gzip.decompress(IVR_OPTION.read_bytes()).replace(
        b"Event: Newchannel\r\n", b"Event: Newchannel\r\nTimestamp: 1795312523.500000\r\n")
    (tmp_path / "timed").write_bytes(timed)
    lines, why, _ = replay(tmp_path / "timed")
    assert lines[0]["at"] == "2026-11-22T01:55:23.500000+00:00"
    assert "2026-11-22T01:55:23.500000+00:00 1795312523.68 told call.inbound_received" in why


def test_menus_that_are_named_stand_before_the_defaults() -> None:
    lines, _, _ = replay(RECORDINGS / "asterisk/22/ivr-nested.ami.gz", menus=(("ivr-1", "Main"),))
    assert [line["fields"]["ivr_name"] for line in lines] == [  # type: ignore[index]
        None, "Main", "Main", "ivr-2", "ivr-2", None]


def test_trunks_may_be_named() -> None:
    lines, _, _ = replay(RECORDINGS / "asterisk/22/internal-to-nps.ami.gz", trunks=("20?",))
    assert lines[0]["type"] == "call.inbound_received"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert replay(tmp_path / "missing")[1:] == (f"{tmp_path}/missing cannot be read: No such file or directory.\n", 1)
    assert replay(IVR_OPTION, platform="else")[2] == 2


@pytest.mark.parametrize("content", [b"", b"\x1f\x8bgarbage", b"{\n{}\n[]\nnull\n" + b"[" * 100_000, b"\xff" * 4000])
def test_garbage_gives_nothing_and_never_raises(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "garbage").write_bytes(content)
    assert replay(tmp_path / "garbage") == ([], "", 0)
