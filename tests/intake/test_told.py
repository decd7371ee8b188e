"""What a caller tells, read strictly."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.catalogue import EventType, Field
from switchhook.domain.service import Service
from switchhook.intake.problems import Problem
from switchhook.intake.sequences import Sequences
from switchhook.intake.told import MAX_EVENTS, Told, read_events

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SERVICE = Service(id=UUID(int=5), account_id=UUID(int=6), connection_id=None, name="pbx", friendly_name="Office")
CALL = {"id": "a", "type": "call.inbound_received", "call_id": "1.2",
        "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}


def read(body: object) -> list[Told]:
    return read_events(body, SERVICE, now=NOW, sequence_of=Sequences().place)


def one(**changes: Any) -> Told:
    (told,) = read(CALL | changes)
    return told


def faults(body: object) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as caught:
        read(body)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_an_event_of_a_call_is_read() -> None:
    told = one(at="2026-03-04T20:41:55+11:00")
    assert told.caller_id == "a"
    assert told.event.at == datetime(2026, 3, 4, 9, 41, 55, tzinfo=UTC)
    assert (told.event.account_id, told.event.service_id) == (SERVICE.account_id, SERVICE.id)
    assert told.event.call_uuid == uuid5(SERVICE.id, "1.2")
    assert (told.event.order_key, told.event.native_call_id) == (str(told.event.call_uuid), "1.2")
    assert told.event.fields == {Field.SOURCE_NUMBER: "12025550171", Field.DESTINATION_NUMBER: "12025550101",
                                 Field.DIRECTION: "inbound"}


def test_an_event_without_a_time_is_of_now() -> None:
    assert one().event.at == NOW


@pytest.mark.parametrize("withheld", [None, ""])
def test_a_withheld_number_is_nothing(withheld: str | None) -> None:
    assert one(fields={"source_number": withheld, "destination_number": "1"}).event.fields[Field.SOURCE_NUMBER] is None


def test_an_array_of_events_takes_its_places_in_the_call_in_order() -> None:
    told = read([CALL, CALL | {"id": "b"}, CALL | {"id": "c", "call_id": "other"}, CALL | {"id": "d", "sequence": 9}])
    assert [one.event.sequence for one in told] == [1, 2, 1, 9]


def test_a_user_is_told_without_a_call() -> None:
    (told,) = read({"id": "u", "type": "user.created", "fields": {
        "extension_number": "201", "name": "Ada", "has_voicemail": True, "enabled_calls": ["National", "Local"]}})
    assert told.event.type is EventType.USER_CREATED
    assert told.event.fields[Field.ENABLED_CALLS] == "Local,National"
    (again,) = read({"id": "v", "type": "user.deleted", "fields": {"extension_number": "201"}})
    assert told.event.order_key == again.event.order_key


@pytest.mark.parametrize(("change", "expected"), [
    ({"id": None}, ("/id", "id_missing")), ({"id": ""}, ("/id", "id_invalid")), ({"id": 7}, ("/id", "id_invalid")),
    ({"id": "x" * 201}, ("/id", "id_invalid")), ({"id": "a\nb"}, ("/id", "id_invalid")),
    ({"type": None}, ("/type", "type_missing")), ({"type": "call.sung"}, ("/type", "type_unknown")),
    ({"call_id": None}, ("/call_id", "call_id_missing")), ({"call_id": 5}, ("/call_id", "call_id_invalid")),
    ({"at": "yesterday"}, ("/at", "at_invalid")), ({"at": "2026-03-04T10:00:00"}, ("/at", "at_invalid")),
    ({"at": 1_772_580_115}, ("/at", "at_invalid")), ({"at": "2025-03-04T10:00:00Z"}, ("/at", "at_out_of_range")),
    ({"at": "2026-03-04T11:00:00Z"}, ("/at", "at_out_of_range")), ({"sequence": 0}, ("/sequence", "sequence_invalid")),
    ({"sequence": True}, ("/sequence", "sequence_invalid")), ({"fields": []}, ("/fields", "fields_invalid")),
    ({"colour": "red"}, ("/colour", "unknown_key")), ({"a/b": 1}, ("/a~1b", "unknown_key")),
])
def test_what_is_wrong_with_an_event_is_named(change: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in faults(CALL | change)
    assert ("/1" + expected[0], expected[1]) in faults([CALL | {"id": "fine"}, CALL | change])


@pytest.mark.parametrize(("type_", "fields", "expected"), [
    ("call.inbound_received", {"destination_number": "1"}, ("/fields/source_number", "field_missing")),
    ("call.inbound_received", {"destination_number": None}, ("/fields/destination_number", "field_invalid")),
    ("call.inbound_received", {"source_number": 1}, ("/fields/source_number", "field_invalid")),
    ("call.inbound_received", {"ivr_name": "NPS"}, ("/fields/ivr_name", "unknown_field")),
    ("call.inbound_received", {"date_time": "now"}, ("/fields/date_time", "unknown_field")),
    ("call.inbound_received", {"direction": "up"}, ("/fields/direction", "field_invalid")),
    ("call.inbound_received", {"source_number": "a\r\nX: y"}, ("/fields/source_number", "field_invalid")),
    ("call.inbound_received", {"source_number": "1" * 501}, ("/fields/source_number", "field_invalid")),
    ("call.inbound_answered", {}, ("/fields/extension_number", "field_missing")),
    ("ivr.option_selected", {"option_selected": "nine"}, ("/fields/option_selected", "field_invalid")),
    ("ivr.option_selected", {"option_selected": 9}, ("/fields/option_selected", "field_invalid")),
    ("user.created", {"has_voicemail": "yes"}, ("/fields/has_voicemail", "field_invalid")),
    ("user.created", {"enabled_calls": ["Lunar"]}, ("/fields/enabled_calls", "field_invalid")),
    ("user.created", {"enabled_calls": 7}, ("/fields/enabled_calls", "field_invalid")),
    ("call.ended", {"ended_at": "0001-01-01T00:00:00+14:00"}, ("/fields/ended_at", "field_invalid")),
    ("call.ended", {"ended_at": "9999-12-31T23:59:59-14:00"}, ("/fields/ended_at", "field_invalid")),
])
def test_what_is_wrong_with_a_field_is_named(type_: str, fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in faults({"id": "a", "type": type_, "call_id": "1", "fields": fields})


def test_the_same_id_twice_in_one_request_is_refused() -> None:
    assert faults([CALL, CALL]) == [("/1/id", "duplicate_id")]


@pytest.mark.parametrize(("body", "code"), [
    ([], "no_events"), (None, "no_events"), ("x", "no_events"), ([CALL] * (MAX_EVENTS + 1), "too_many_events"),
    ([1], "invalid_events"),
])
def test_what_is_no_list_of_events_is_refused(body: object, code: str) -> None:
    with pytest.raises(Problem) as caught:
        read(body)
    assert caught.value.code == code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["id", "type", "at", "call_id", "sequence", "fields", "source_number", "enabled_calls", "x"]),
        inner, max_size=6), max_leaves=20)


@given(json_values)
def test_whatever_json_comes_is_read_or_refused(body: object) -> None:
    with suppress(Problem):
        assert isinstance(read(body), list)


@given(json_values)
def test_whatever_fields_an_event_has_it_is_read_or_refused(fields: object) -> None:
    for type_ in EventType:
        with suppress(Problem):
            assert read({"id": "a", "type": type_.value, "call_id": "1", "fields": fields})


def test_places_in_a_call_are_kept_by_the_callers_id_and_forgotten_with_old_calls() -> None:
    sequences = Sequences(calls=2)
    call, other, third = uuid4(), uuid4(), uuid4()
    assert [sequences.place(call, one) for one in ("a", "b", "a", "c")] == [1, 2, 1, 3]
    assert sequences.place(other, "x") == 1
    assert sequences.place(third, "y") == 1
    assert sequences.place(call, "d") == 1
