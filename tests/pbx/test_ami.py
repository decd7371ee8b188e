"""The AMI codec: any cut gives the same, nothing raises, nothing grows without bound."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.pbx.ami import MAX_MESSAGE_BYTES, AmiCodec, Message

STREAM = (
    b"Asterisk Call Manager/11.0.0\r\n"
    b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: Newchannel\r\nChannel: PJSIP/201-00000001\r\nCallerIDName: a: b, c\r\nAccountCode: \r\n\r\n"
    b"Event: Status\r\nVariable: FROM_DID=1\r\nVariable: DIRECTION=INBOUND\r\n\r\n")


def test_the_banner_is_a_message_as_soon_as_its_line_is_there() -> None:
    codec = AmiCodec()
    assert codec.receive_data(STREAM[:20]) == []
    assert codec.receive_data(STREAM[20:30]) == [Message({"Banner": "Asterisk Call Manager/11.0.0"})]


def test_headers_keep_colons_empty_values_and_repetitions() -> None:
    *_, channel, status = AmiCodec().receive_data(STREAM)
    assert channel.get("CallerIDName") == "a: b, c"
    assert channel.get("AccountCode") == ""
    assert channel.get("Nothing") == ""
    assert channel.all("Nothing") == ()
    assert status.all("Variable") == ("FROM_DID=1", "DIRECTION=INBOUND")


def test_headers_can_be_asked_for_in_any_case() -> None:
    message = Message({"IVRNAME": "NPS", "option": "9"})
    assert message.any_case("Menu", "IVRName") == "NPS"
    assert message.any_case("Option") == "9"
    assert message.any_case("Nothing") == ""


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]) -> None:
    codec = AmiCodec()
    pieces = [STREAM[begin:end] for begin, end in pairwise([0, *sorted(cuts), len(STREAM)])]
    assert [m for piece in pieces for m in codec.receive_data(piece)] == AmiCodec().receive_data(STREAM)


def test_lines_that_end_in_line_feeds_only_are_understood() -> None:
    assert AmiCodec().receive_data(STREAM.replace(b"\r\n", b"\n")) == AmiCodec().receive_data(STREAM)


def test_a_second_connection_in_the_same_recording_begins_with_its_banner() -> None:
    codec = AmiCodec()
    assert codec.receive_data(STREAM + STREAM) == AmiCodec().receive_data(STREAM) * 2
    assert codec.messages == 8


def test_a_line_break_within_a_value_belongs_to_it() -> None:
    (message,) = AmiCodec().receive_data(b"Event: UserEvent\r\nNote: one\r\ntwo\r\nOption: 9\r\n\r\n")
    assert message.get("Note") == "one\ntwo"
    assert message.get("Option") == "9"


def test_a_blank_line_within_a_value_costs_no_other_message() -> None:
    codec = AmiCodec()
    received = codec.receive_data(b"Event: A\r\nNote: one\r\n\r\ntwo\r\n\r\nEvent: B\r\n\r\n")
    assert [message.get("Event") for message in received] == ["A", "B"]
    assert codec.unintelligible == 1


def test_bytes_that_are_no_text_are_replaced() -> None:
    (message,) = AmiCodec().receive_data(b"Event: A\r\nName: Mull\xe9r\r\n\r\n")
    assert message.get("Name") == "Mull\N{REPLACEMENT CHARACTER}r"


@given(data=st.lists(st.binary(max_size=60) | st.sampled_from([b"\r\n", b"\r\n\r\n", b"Event: A", b": ", b"\n\n"])))
def test_garbage_is_counted_and_never_raises(data: list[bytes]) -> None:
    piecewise, at_once = AmiCodec(), AmiCodec()
    messages = [message for piece in data for message in piecewise.receive_data(piece)]
    assert messages == at_once.receive_data(b"".join(data))
    assert piecewise.unintelligible == at_once.unintelligible
    piecewise.end()


@pytest.mark.parametrize("chunk", [1 << 10, 1 << 16, 1 << 22])
def test_what_never_ends_is_dropped_and_the_next_message_is_heard(chunk: int) -> None:
    codec = AmiCodec()
    endless = b"Event: A\r\n" + b"x" * (4 * MAX_MESSAGE_BYTES) + b"\r\n\r\nEvent: B\r\n\r\n"
    received = []
    for begin in range(0, len(endless), chunk):
        received += codec.receive_data(endless[begin : begin + chunk])
        assert len(codec._buffer) <= MAX_MESSAGE_BYTES + 3
    assert [message.get("Event") for message in received] == ["B"]
    assert codec.unintelligible == 1


def test_events_that_are_not_wanted_are_counted_and_not_taken_apart() -> None:
    codec = AmiCodec(lambda event: not event.startswith(b"Event: Newchannel\r"))
    assert [message.get("Event") for message in codec.receive_data(STREAM)] == ["", "", "Status"]
    assert codec.messages == 4


def test_the_end_of_the_stream_completes_a_message_that_only_lacks_its_blank_line() -> None:
    codec = AmiCodec()
    assert codec.receive_data(b"Event: A\r\n") == []
    assert [message.get("Event") for message in codec.end()] == ["A"]
    codec = AmiCodec()
    codec.receive_data(b"Event: A\r\nExten: 12")
    assert codec.end() == []


def test_an_action_is_written_with_repeated_headers() -> None:
    assert AmiCodec().action("Status", ActionID="1", Variable=["A=1", "B=2"]) == (
        b"Action: Status\r\nActionID: 1\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n")


@pytest.mark.parametrize("value", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b"])
def test_no_action_can_be_smuggled_into_another(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        AmiCodec().action("Login", Secret=value)
    with pytest.raises(ValueError, match="line break"):
        AmiCodec().action(value)
    with pytest.raises(ValueError, match="line break"):
        AmiCodec().action("Login", **{f"A{value}": "x"})
