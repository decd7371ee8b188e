"""Filters: which events they let through, and the reason in plain words when they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.event import Event
from switchhook.domain.filters import (
    Filter,
    HoursFilter,
    Subject,
    ValueFilter,
    described,
    read,
    stored,
    subjects_of,
    unmet,
)
from switchhook.domain.integration import why_not
from switchhook.domain.service import Account, Service
from switchhook.domain.validation import mistakes
from tests.domain.examples import ACCOUNT, SERVICE, an_event, an_integration

ON = Service(id=SERVICE, account_id=ACCOUNT, connection_id=None, name="pbx-0001", friendly_name="Head Office",
             applications_enabled=True)
EXAMPLE = Account(id=ACCOUNT, name="Example Ltd")
OPTION = EventType.IVR_OPTION


def only(subject: Subject, *values: str, excluding: bool = False) -> ValueFilter:
    return ValueFilter(subject=subject, values=values, excluding=excluding)


def called_by(number: str | None) -> Event:
    return an_event(source_number=number, source_e164=None if number is None else f"+{number}")


@pytest.mark.parametrize(("wanted", "value", "passes"), [
    ("9", "9", True), ("9", "1", False), ("1-5", "3", True), ("1 – 5", "5", True), ("1-5", "6", False),
    ("*", "*", True), ("*", "#", False), ("0", "", False),
])
def test_an_option_is_wanted_as_itself_or_within_a_range(wanted: str, value: str, passes: bool) -> None:
    assert (unmet([only(Subject.OPTION, wanted)], an_event(OPTION, option_selected=value), "UTC") == "") is passes


@pytest.mark.parametrize(("wanted", "value", "passes"), [
    ("+1 202 555 0171", "12025550171", True), ("0012025550171", "12025550171", True), ("1202*", "12025550171", True),
    ("+1 202*", "12025550171", True), ("2025550171", "12025550171", False), ("1303*", "12025550171", False),
    ("1202*", None, False),
])
def test_a_number_is_found_however_it_is_written_or_by_its_beginning(
    wanted: str, value: str | None, passes: bool,
) -> None:
    assert (unmet([only(Subject.SOURCE, wanted)], called_by(value), "UTC") == "") is passes


def test_a_number_may_be_written_as_it_came_or_in_e164() -> None:
    event = an_event(source_number="0255501234", source_e164="+61255501234")
    assert [unmet([only(Subject.SOURCE, one)], event, "UTC") for one in ("0255501234", "+61 2*", "612*")] == [""] * 3
    assert "0255501234 is none of 613*" in unmet([only(Subject.SOURCE, "613*")], event, "UTC")


def test_names_are_one_in_any_case() -> None:
    event = an_event(OPTION, ivr_name="Main Menu")
    assert unmet([only(Subject.MENU, "nps", "main menu")], event, "UTC") == ""
    assert unmet([only(Subject.MENU, "Main*")], event, "UTC") == ""
    assert unmet([only(Subject.MENU, "NPS")], event, "UTC") == "filter: IVR Name Main Menu is none of NPS"


def test_a_filter_can_say_what_is_not_wanted_and_lets_through_what_is_not_known() -> None:
    spam = only(Subject.SOURCE, "1202555*", excluding=True)
    assert unmet([spam], called_by("12025550171"), "UTC") == (
        "filter: source number 12025550171 is one of 1202555*")
    assert unmet([spam], called_by("13035550171"), "UTC") == ""
    assert unmet([spam], called_by(None), "UTC") == ""


def test_the_reason_names_the_value_and_what_was_wanted() -> None:
    assert unmet([only(Subject.OPTION, "1-5", "9")], an_event(OPTION, option_selected="7"), "UTC") == (
        "filter: option 7 is none of 1-5, 9")
    assert unmet([only(Subject.EXTENSION, "201")], an_event(OPTION, extension_number=None), "UTC") == (
        "filter: extension is not known, and 201 is wanted")


@pytest.mark.parametrize(("at", "inside"), [
    ("2026-03-04T22:30:00Z", True),  # Thursday 09:30 in Sydney
    ("2026-03-04T21:59:59Z", False),  # Thursday 08:59
    ("2026-03-05T06:00:00Z", False),  # Thursday 17:00
    ("2026-03-06T22:30:00Z", False),  # Saturday 09:30
])
def test_business_hours_are_those_of_the_accounts_zone(at: str, inside: bool) -> None:
    event = replace(an_event(), at=datetime.fromisoformat(at))
    assert (unmet([HoursFilter()], event, "Australia/Sydney") == "") is inside
    assert (unmet([HoursFilter(outside=True)], event, "Australia/Sydney") == "") is not inside


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = HoursFilter(days=(4,), begins=time(22), ends=time(6))  # Friday night
    friday, saturday = (replace(an_event(), at=datetime(2026, 3, day, 23, tzinfo=UTC)) for day in (6, 7))
    early = replace(an_event(), at=datetime(2026, 3, 7, 5, 59, tzinfo=UTC))
    assert [unmet([night], event, "UTC") == "" for event in (friday, early, saturday)] == [True, True, False]
    assert unmet([night], saturday, "UTC") == "filter: Sat 23:00 is outside Fri 22:00-06:00"


def test_every_filter_must_fit_and_the_integration_says_which_does_not() -> None:
    both = (only(Subject.OPTION, "1-5"), only(Subject.MENU, "NPS"))
    integration = an_integration(event_type=OPTION, filters=both)
    assert why_not(integration, an_event(OPTION, option_selected="3", ivr_name="NPS"), ON, EXAMPLE) == ""
    assert "option 9" in why_not(integration, an_event(OPTION, option_selected="9", ivr_name="NPS"), ON, EXAMPLE)
    assert "Main" in why_not(integration, an_event(OPTION, option_selected="3", ivr_name="Main"), ON, EXAMPLE)
    disabled = replace(integration, enabled=False)
    assert why_not(disabled, an_event(OPTION, option_selected="9"), ON, EXAMPLE) == "the integration is disabled"


def test_only_what_the_event_has_can_be_filtered_by() -> None:
    assert subjects_of(EventType.USER_CREATED) == [Subject.EXTENSION]
    assert Subject.OPTION in subjects_of(OPTION)
    assert Subject.OPTION not in subjects_of(EventType.IVR_RECEIVED)
    assert Subject.DIRECTION not in subjects_of(EventType.INBOUND_RECEIVED)  # it is always inbound


@pytest.mark.parametrize(("filters", "where", "says"), [
    ([only(Subject.OPTION, "1")], "filters.0.filter", "Inbound Call Received cannot be filtered by Option."),
    ([only(Subject.SOURCE)], "filters.0.values", "at least one value"),
    ([only(Subject.SOURCE, "*1")], "filters.0.values", "only stand at the end"),
    ([only(Subject.SOURCE, "Ada")], "filters.0.values", "is no number"),
    ([only(Subject.SOURCE, "1"), only(Subject.SOURCE, "2")], "filters.1.filter", "is there twice"),
    ([HoursFilter(days=())], "filters.0.days", "at least one day"),
    ([HoursFilter(begins=time(9), ends=time(9))], "filters.0.ends", "end when they begin"),
])
def test_what_is_wrong_with_a_filter_is_told_at_its_place(filters: list[Filter], where: str, says: str) -> None:
    found = [one for one in mistakes(an_integration(filters=tuple(filters))) if one.where == where]
    assert found
    assert says in found[0].message


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    found = mistakes(an_integration(event_type=OPTION, filters=(only(Subject.OPTION, "5-1"),)))
    assert [one.message for one in found] == ["5-1 ends before it begins: write 1-5."]


@pytest.mark.parametrize(("one", "says"), [
    (only(Subject.OPTION, "1-5", "9"), "Option is one of 1-5, 9"),
    (only(Subject.SOURCE, "1202*", excluding=True), "Source Number is none of 1202*"),
    (HoursFilter(days=(0, 1, 2, 5), outside=True), "Outside Mon-Wed, Sat 09:00-17:00"),
])
def test_a_filter_is_described_and_read_back_as_it_was_stored(one: Filter, says: str) -> None:
    assert described(one) == says
    assert read(stored(one)) == one
