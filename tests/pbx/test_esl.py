"""The Event Socket's frames, as FreeSWITCH 1.10 writes them (synthetic streams)."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.pbx.esl import MAX_BODY_BYTES, MAX_HEAD_BYTES, EslCodec, Frame

EVENT = {"Event-Name": "CHANNEL_CREATE", "Unique-ID": "767e74d9", "Caller-Caller-ID-Name": "Zoë: a name"}


def frame_of(event: dict[str, str]) -> bytes:
    body = json.dumps(event).encode()
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)


STREAM = (
    b"Content-Type: auth/request\n\n"
    b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    + frame_of(EVENT)
    + b"Content-Type: api/response\nContent-Length: 5\n\n+OK\n\n"
    + frame_of({"Event-Name": "HEARTBEAT"})
)
KINDS = ["auth/request", "command/reply", "text/event-json", "api/response", "text/event-json"]


def read(*pieces: bytes) -> list[Frame]:
    codec = EslCodec()
    return [frame for piece in pieces for frame in codec.receive_data(piece)]


def test_frames_come_with_their_headers_and_bodies() -> None:
    frames = read(STREAM)
    assert [frame.kind for frame in frames] == KINDS
    assert frames[1].reply == "+OK accepted"
    assert frames[2].event() == EVENT
    assert frames[3].body == b"+OK\n\n"


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_cutting_the_stream_anywhere_changes_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in itertools.pairwise(edges))) == read(STREAM)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_never_raises_and_what_follows_a_blank_line_is_read_again(pieces: list[bytes]) -> None:
    codec = EslCodec()
    for piece in pieces:
        for frame in codec.receive_data(piece):
            frame.event()


def test_a_frame_that_never_ends_is_dropped_at_a_bound() -> None:
    codec = EslCodec()
    assert codec.receive_data(b"x" * (MAX_HEAD_BYTES + 1)) == []
    assert codec.unintelligible == 1


def test_a_body_over_the_bound_is_passed_over() -> None:
    codec = EslCodec()
    size = MAX_BODY_BYTES + 10
    codec.receive_data(b"Content-Type: text/event-json\nContent-Length: %d\n\n" % size)
    for _ in range(size // 1000):
        assert codec.receive_data(b"y" * 1000) == []
    assert [f.kind for f in codec.receive_data(b"y" * (size % 1000) + frame_of(EVENT))] == ["text/event-json"]


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_an_event_that_cannot_be_read_is_none(body: bytes) -> None:
    assert Frame("text/event-json", {}, body).event() is None


def test_no_command_can_be_smuggled_in() -> None:
    with pytest.raises(ValueError, match="line break"):
        EslCodec().command("auth Clue\n\nbgapi shutdown")
