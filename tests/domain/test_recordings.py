"""Where a recording's file is, whatever the PBX calls it; and links to it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.recording_links import RecordingLinks, read_link
from switchhook.domain.recordings import (
    Layout,
    Place,
    RecordedCall,
    Refused,
    local_directory,
    mistake_in_pattern,
    pattern_needs_name,
    place_of,
)

CALL = RecordedCall(uuid=UUID("8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77"), native_call_id="1772580115.42",
                    day=date(2026, 3, 4))
MONITOR = Layout(root="file:///var/spool/asterisk/monitor")
BUCKET = Layout(root="s3://bucket/recordings")
NAMED = "/var/spool/asterisk/monitor/2026/03/04/exten-201-12025550171-20260304-104155-1772580115.42.wav"

#: What strangers write: pieces that mean something to some storage, and anything else.
PIECES = st.sampled_from([
    "..", ".", "/", "//", "\\", "%2e%2e", "%2F", "%00", "\0", "~", "file:", "s3://", "::", "?", "#", "*", "a", "x.wav",
    "/var/spool/asterisk/monitor/", "\n",
    "\u2025", "\uff0e\uff0e", "\u2215", "$HOME", "{yyyy}", " ", "C:", "|", ".wav"])
HOSTILE = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12).map("".join)
LAYOUTS = st.sampled_from([
    MONITOR, BUCKET, Layout(root="/srv/rec", base="/var/spool/asterisk/monitor"),
    Layout(root="https://files.example.com/rec", pattern="{yyyy}/{mm}/{dd}/{file_name}"),
    Layout(root="sftp://pbx.example.com/rec", pattern="{native_call_id}/{file_stem}.mp3")])


@given(named=HOSTILE, native=HOSTILE, layout=LAYOUTS)
def test_no_name_leads_out_of_the_root(named: str, native: str, layout: Layout) -> None:
    place = place_of(named, layout, RecordedCall(uuid=CALL.uuid, native_call_id=native, day=CALL.day))
    if isinstance(place, Place):
        below = PurePosixPath("/root", *place.segments)
        assert below.parts[:2] == ("/", "root")
        assert len(below.parts) == 2 + len(place.segments)
        for one in place.segments:
            assert one not in ("", ".", "..")
            assert not re.search(r"[/\\%:~?\x00-\x1f\x7f{}|$]", one)


@pytest.mark.parametrize("named", [
    "../../etc/passwd.wav", "/etc/shadow.wav", "/var/spool/asterisk/monitor/../../../../etc/x.wav", "x\0.wav",
    "%2e%2e/x.wav", "..\\x.wav", "s3://other/x.wav", "file:///etc/x.wav", "https://evil.example/x.wav", "x.wav\n",
    "~/x.wav", "a::b.wav", "", "/", ".wav/..", "/var/spool/asterisk/monitor", "/var/spool/asterisk/monitor-2/x.wav",
    "x" * 300 + ".wav", "/".join(["d"] * 40) + "/x.wav", "passwd", "config.json",
])
def test_what_is_no_plain_name_of_a_recording_is_refused(named: str) -> None:
    assert isinstance(place_of(named, MONITOR, CALL), Refused)
    assert isinstance(place_of(named, BUCKET, CALL), Refused)


@pytest.mark.parametrize(("named", "layout", "path"), [
    (NAMED, MONITOR, NAMED.removeprefix("/var/spool/asterisk/monitor/")),
    (NAMED, BUCKET, NAMED.removeprefix("/var/spool/asterisk/monitor/")),
    ("2026/03/x.WAV", BUCKET, "2026/03/x.WAV"),
    ("/mnt/nas/rec/x.mp3", Layout(root="/mnt/nas/rec"), "x.mp3"),
    ("/rec//day/x.mp3", Layout(root="/srv", base="/rec/"), "day/x.mp3"),
    ("/var/lib/freeswitch/recordings/a.example.com/archive/2026/Mar/04/u.wav",
     Layout(root="s3://b", base="/var/lib/freeswitch/recordings/a.example.com"), "archive/2026/Mar/04/u.wav"),
    (NAMED, Layout(root="/srv", pattern="{yyyy}/{mm}/{dd}/{file_stem}.mp3"),
     "2026/03/04/exten-201-12025550171-20260304-104155-1772580115.42.mp3"),
    ("", Layout(root="/srv", pattern="{call_uuid}.wav"), "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77.wav"),
])
def test_a_file_is_found_below_the_root(named: str, layout: Layout, path: str) -> None:
    place = place_of(named, layout, CALL)
    assert isinstance(place, Place)
    assert "/".join(place.segments) == path


def test_another_tenants_files_lie_outside_of_ones_own_base() -> None:
    layout = Layout(root="/srv/a", base="/var/lib/freeswitch/recordings/a.example.com")
    assert isinstance(place_of("/var/lib/freeswitch/recordings/b.example.com/x.wav", layout, CALL), Refused)


def test_a_pattern_is_checked_before_it_is_saved() -> None:
    assert not mistake_in_pattern("{yyyy}/{mm}/{dd}/{file_stem}.mp3")
    assert "{when}" in mistake_in_pattern("{when}.wav")
    for pattern in ("../{file_name}", "a/../{file_name}", "s3://x/{file_name}", "{file_name", "%2e%2e/{file_name}"):
        assert mistake_in_pattern(pattern), pattern
    assert pattern_needs_name("{file_stem}.mp3")
    assert not pattern_needs_name("{call_uuid}.wav")


def test_which_roots_are_directories_of_ours() -> None:
    assert local_directory("file:///var/spool/a%20b") == "/var/spool/a b"
    assert local_directory("/srv") == "/srv"
    assert local_directory("s3://bucket/x") is None
    assert local_directory("file://elsewhere/x") is None
    assert local_directory("relative") is None


AT = datetime(2026, 3, 4, 10, 41, 55, tzinfo=UTC)
LINKS = RecordingLinks(portal_url="https://hooks.example.com/", keys=("a key",), valid=timedelta(days=7))


def test_a_link_says_which_file_and_until_when() -> None:
    url = LINKS.url(CALL.uuid, NAMED, AT)
    assert url == LINKS.url(CALL.uuid, NAMED, AT)
    assert re.fullmatch(r"https://hooks\.example\.com/recordings/[\w-]+", url)
    link = read_link(url.rpartition("/")[2], ("a newer key", "a key"))
    assert link is not None
    assert (link.call_uuid, link.expires_s) == (CALL.uuid, int((AT + timedelta(days=7)).timestamp()))
    assert link.leads_to(NAMED)
    assert not link.leads_to(NAMED + "x")


def test_a_link_that_we_did_not_make_is_none() -> None:
    token = LINKS.url(CALL.uuid, NAMED, AT).rpartition("/")[2]
    assert read_link(token, ("another key",)) is None
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
        assert read_link(changed, ("a key",)) is None


@given(st.text(max_size=120))
def test_whatever_stands_in_a_link_is_read(token: str) -> None:
    assert read_link(token, ("a key",)) is None


@given(st.lists(HOSTILE, max_size=3))
def test_whatever_a_pbx_calls_a_file_can_be_kept(files: list[str]) -> None:
    assert json.loads(json.dumps(files)) == files
    assert json.dumps(files).isascii()
