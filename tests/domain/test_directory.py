"""Directory: what a PBX's list of users comes to. The list stutters; what is told must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from switchhook.domain.directory import (
    Listed,
    Plan,
    ScopeNeeded,
    Settling,
    first_import,
    in_scope,
    listed_user,
    plan,
)
from switchhook.domain.service import PbxUser

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=30)
ADA = PbxUser(id=UUID(int=1), service_id=UUID(int=9), extension_number="201", name="Ada Example",
              outbound_phone_number="12025550100", has_voicemail=True, enabled_calls=("Local",))
BEN = replace(ADA, id=UUID(int=2), extension_number="202", name="Ben Sample")
HERE = {"201": ADA, "202": BEN}


def listed(*users: PbxUser) -> dict[str, Listed]:
    return {one.extension_number: Listed(
        extension_number=one.extension_number, name=one.name, outbound_phone_number=one.outbound_phone_number,
        has_voicemail=one.has_voicemail) for one in users}


class Polls:
    """One list after the other, some seconds apart."""

    def __init__(self, here: Mapping[str, PbxUser] = HERE) -> None:
        self.here = dict(here)
        self.settling: Mapping[str, Settling] = {}
        self.now = NOON

    def read(self, found: Mapping[str, Listed], after_seconds: int = 15, *confirmed: str) -> Plan:
        self.now += timedelta(seconds=after_seconds)
        planned = plan(self.here, found, self.settling, self.now, SETTLE, frozenset(confirmed))
        self.settling = planned.settling
        return planned


def test_a_user_who_is_new_counts_once_they_have_stood_still() -> None:
    polls, cid = Polls(), replace(ADA, extension_number="203", name="Cid Example")
    assert polls.read(listed(ADA, BEN, cid)).listed == ()
    assert polls.read(listed(ADA, BEN, cid)).listed == ()
    (one,) = polls.read(listed(ADA, BEN, cid)).listed
    assert (one.extension_number, one.name) == ("203", "Cid Example")


def test_a_user_who_is_gone_counts_once_they_stayed_away() -> None:
    polls = Polls()
    assert polls.read(listed(ADA)).gone == ()
    assert polls.read(listed(ADA), 29).gone == ()
    assert polls.read(listed(ADA), 1).gone == ("202",)


def test_deleted_and_made_anew_within_the_settle_time_is_one_modification() -> None:
    polls, renamed = Polls(), replace(BEN, name="Ben Renamed")
    polls.read(listed(ADA, BEN))
    polls.read(listed(ADA))
    polls.read(listed(ADA, replace(BEN, name="202")))  # made, and not named yet
    polls.read(listed(ADA, renamed))
    last = [polls.read(listed(ADA, renamed)) for _ in range(2)][-1]
    assert [one.name for one in last.listed] == ["Ben Renamed"]
    assert last.gone == ()


def test_deleted_and_made_anew_as_before_is_nothing() -> None:
    polls = Polls()
    polls.read(listed(ADA))
    assert polls.read(listed(ADA, BEN)) == Plan(settling={})


def many(count: int) -> dict[str, PbxUser]:
    return {one.extension_number: one for one in (replace(ADA, extension_number=f"{300 + i}") for i in range(count))}


def test_a_list_from_which_many_are_missing_waits_for_a_person() -> None:
    here = many(20)
    polls, rest = Polls(here), listed(*list(here.values())[6:], BEN)
    assert not polls.read(rest).held  # it may be a save that goes on
    held = polls.read(rest, 30)
    assert held.held
    assert held.missing == tuple(list(here)[:6])
    assert held.gone == held.listed == ()  # nor is anybody new taken from a list that is perhaps another PBX's
    done = polls.read(rest, 15, *held.missing)
    assert done.gone == held.missing
    assert [one.extension_number for one in done.listed] == ["202"]


def test_who_confirmed_some_did_not_confirm_others() -> None:
    here = many(20)
    polls, rest = Polls(here), listed(*list(here.values())[7:])
    polls.read(rest)
    assert polls.read(rest, 30, *list(here)[:6]).held


@pytest.mark.parametrize(("users", "gone"), [(20, 5), (5, 4), (100, 20)])
def test_a_few_or_a_small_share_are_deleted_without_asking(users: int, gone: int) -> None:
    here = many(users)
    polls, rest = Polls(here), listed(*list(here.values())[gone:])
    polls.read(rest)
    assert len(polls.read(rest, 30).gone) == gone


def test_many_who_go_a_few_at_a_time_are_many() -> None:
    here = many(20)
    polls = Polls(here)
    found = [polls.read(listed(*list(here.values())[gone:]), 10) for gone in (2, 4, 6, 8)]
    assert found[-1].held
    assert not any(one.gone for one in found)


def test_a_first_import_deletes_not_many_either() -> None:
    here = many(20)
    held = first_import(here, listed(BEN))
    assert held.held
    assert held.gone == held.listed == ()
    assert len(first_import(here, listed(BEN), frozenset(here)).gone) == 20


def test_a_list_of_nobody_deletes_nobody_however_often_it_comes() -> None:
    polls = Polls()
    assert all(polls.read({}) == Plan(settling={}) for _ in range(5))


def test_a_list_of_nobody_stops_no_clock() -> None:
    polls = Polls()
    polls.read(listed(ADA))
    polls.read({})
    assert polls.read(listed(ADA)).gone == ("202",)


def test_what_the_pbx_does_not_know_stays_as_it_is_here() -> None:
    mailbox = {"201": Listed(extension_number="201", name="Ada Renamed", has_voicemail=True)}
    polls = Polls({"201": ADA})
    (one,) = [polls.read(mailbox, 20) for _ in range(3)][-1].listed
    assert one.over(ADA) == replace(ADA, name="Ada Renamed")


def test_a_first_import_takes_all_at_once() -> None:
    taken = first_import(HERE, listed(ADA, replace(BEN, extension_number="205")))
    assert [one.extension_number for one in taken.listed] == ["205"]
    assert taken.gone == ("202",)
    assert first_import(HERE, {}) == Plan(settling={})


@pytest.mark.parametrize(("written", "number"), [
    ('"Ada Example" <12025550100>', "12025550100"), ("+1 (202) 555-0100", "+12025550100"), ("", ""), ("hidden", ""),
    ("<>", ""),
])
def test_an_outbound_number_is_found_in_what_a_pbx_writes(written: str, number: str) -> None:
    one = listed_user("201", "Ada", outbound=written)
    assert one is not None
    assert one.outbound_phone_number == number


def test_what_is_no_extension_is_no_user_and_who_has_no_name_is_called_by_number() -> None:
    assert listed_user("none", "Nobody") is None
    assert listed_user("", "Nobody") is None
    one = listed_user("201", "  ")
    assert one is not None
    assert one.name == "201"


def test_of_two_domains_one_must_be_named() -> None:
    everybody = [Listed(extension_number="201", name="Ada", scope="a.example"),
                 Listed(extension_number="201", name="Ben", scope="b.example")]
    assert in_scope(everybody, "b.example")["201"].name == "Ben"
    assert in_scope(everybody[:1], "")["201"].name == "Ada"
    with pytest.raises(ScopeNeeded, match=r"a\.example, b\.example"):
        in_scope(everybody, "")
