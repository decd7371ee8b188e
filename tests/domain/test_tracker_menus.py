"""When a menu is reached and what an option is: visits, direct dialling, transfers, twins (all synthetic)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from switchhook.domain.catalogue import Field
from tests.domain.made_up_pbx import (
    ANSWERED,
    CALLER,
    DID,
    IVR,
    MOBILE,
    OPTION,
    PLACED,
    RECEIVED,
    MadeUpPbx,
    a_profile,
)
from tests.domain.test_tracker_memory import successor

NAMED = {"menus": (("ivr-7", "NPS"), ("ivr-*", ""))}


@pytest.fixture
def pbx() -> MadeUpPbx:
    """A call that came in."""
    made_up = MadeUpPbx()
    made_up.comes_in()
    return made_up


def test_a_menu_is_called_as_the_service_calls_it() -> None:
    pbx = MadeUpPbx(a_profile(**NAMED))
    pbx.comes_in()
    pbx.enters("in", "ivr-7")
    pbx.enters("in", "ivr-8")
    assert pbx.menus == ["NPS", "ivr-8"]


def test_a_place_that_is_no_menu_is_no_event(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "app-announcement-1")
    pbx.chooses("in", "from-internal", "201")
    assert pbx.told == [RECEIVED]


def test_a_menu_that_repeats_is_not_reached_anew(pbx: MadeUpPbx) -> None:
    for _ in range(3):
        pbx.enters("in", "ivr-1")
        pbx.steps("in", "ivr-1")
    assert pbx.menus == ["ivr-1"]
    assert "repeats" in pbx.why_not(IVR)


def test_a_menu_come_back_to_from_a_sub_menu_is_not_reached_anew(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "3")
    pbx.enters("in", "ivr-2")
    pbx.chooses("in", "ivr-2", "*")
    pbx.enters("in", "ivr-1")
    assert pbx.menus == ["ivr-1", "ivr-2"]
    assert pbx.options == [("ivr-1", "3"), ("ivr-2", "*")]
    assert "come back to" in pbx.why_not(IVR)


def test_the_same_option_chosen_twice_is_told_twice(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "9")
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "9")
    assert pbx.options == [("ivr-1", "9")] * 2


def test_a_menu_is_reached_anew_after_the_call_left_for_an_announcement(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "8")
    pbx.enters("in", "app-announcement-1")
    pbx.enters("in", "ivr-1")
    assert pbx.menus == ["ivr-1", "ivr-1"]


def test_a_menu_is_reached_anew_after_a_phone_was_rung(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.rings("in", "p1", "201")
    pbx.ends("p1")
    pbx.steps("in", "ivr-1")  # the menu's dialplan goes on behind its Dial: that is not reaching it
    assert pbx.menus == ["ivr-1"]
    pbx.enters("in", "ivr-1")
    assert pbx.menus == ["ivr-1", "ivr-1"]


def test_a_subroutine_is_not_leaving(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.steps("in", "ivr-1", may_return=True)
    pbx.enters("in", "sub-greeting")
    pbx.steps("in", "sub-greeting")
    pbx.steps("in", "ivr-1")
    pbx.enters("in", "ivr-1")
    assert pbx.menus == ["ivr-1"]


def test_an_entrance_with_a_number_of_its_own_is_no_option() -> None:
    pbx = MadeUpPbx(a_profile(menus=(("incoming", "Main"),)))
    pbx.comes_in()
    pbx.chooses("in", "incoming", DID)
    pbx.chooses("in", "incoming", "1")
    assert pbx.menus == ["Main"]
    assert pbx.options == [("Main", "1")]


def test_a_wrong_key_a_time_out_and_the_end_are_no_options(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    for _ in range(3):
        pbx.steps("in", "ivr-1")
    pbx.ends("in")
    assert pbx.options == []


# -- direct dialling -------------------------------------------------------------------
def test_a_known_extension_dialled_in_a_menu_is_no_option() -> None:
    pbx = MadeUpPbx(a_profile(extensions=frozenset({"202"})))
    pbx.comes_in()
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "202")
    assert pbx.options == []
    assert "dialled directly" in pbx.why_not(OPTION)


def test_an_extension_that_the_stream_has_shown_is_known(pbx: MadeUpPbx) -> None:
    pbx.dials("p2", "202", "*97")
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "202")
    pbx.enters("in", "elsewhere")
    assert pbx.options == []


def test_digits_that_ring_the_phone_of_that_number_are_no_option(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "202")
    pbx.steps("in", "ivr-1", may_return=True)
    pbx.enters("in", "macro-exten-vm")
    pbx.steps("in", "macro-exten-vm", may_return=True)
    assert pbx.told == [RECEIVED, IVR]  # not decided yet
    pbx.rings("in", "p2", "202")
    pbx.answers("p2", of="in")
    assert pbx.told == [RECEIVED, IVR, ANSWERED]
    assert "dialled directly" in pbx.why_not(OPTION)


def test_digits_whose_step_rings_the_phone_of_that_number_are_no_option(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "202", rings=("202",))
    pbx.ends("in")
    assert pbx.options == []


@pytest.mark.parametrize("what", ["goes elsewhere", "next menu", "rings another", "ends", "returns"])
def test_several_digits_that_lead_elsewhere_are_an_option(pbx: MadeUpPbx, what: str) -> None:
    pbx.enters("in", "ivr-1")
    pbx.chooses("in", "ivr-1", "10", may_return=what == "returns")
    if what == "goes elsewhere":
        pbx.enters("in", "ext-group")
    elif what == "next menu":
        pbx.enters("in", "ivr-2")
    elif what == "rings another":
        pbx.rings("in", "p1", "201")
    elif what == "returns":
        pbx.enters("in", "save-score")
        pbx.steps("in", "ivr-1")
    else:
        pbx.ends("in")
    assert pbx.options == [("ivr-1", "10")]
    assert pbx.told[2] is OPTION  # before whatever comes next
    event = pbx.events[2]
    assert event.at < pbx.now


# -- told by the dialplan itself -----------------------------------------------------------
def test_a_menu_and_an_option_told_by_the_dialplan(pbx: MadeUpPbx) -> None:
    pbx.says_menu("in", "NPS")
    pbx.says_option("in", "NPS", "10")
    assert pbx.menus == ["NPS"]
    assert pbx.options == [("NPS", "10")]


def test_what_the_dialplan_tells_goes_through_the_same_mapping() -> None:
    pbx = MadeUpPbx(a_profile(**NAMED))
    pbx.comes_in()
    pbx.says_menu("in", "ivr-7")
    assert pbx.menus == ["NPS"]


def test_a_menu_told_both_ways_is_one_event_in_either_order() -> None:
    for first_by_place in (True, False):
        pbx = MadeUpPbx(a_profile(menus=(("survey", "NPS"),)))
        pbx.comes_in()
        if first_by_place:
            pbx.enters("in", "survey")
            pbx.says_menu("in", "NPS")
        else:
            pbx.says_menu("in", "NPS")
            pbx.enters("in", "survey")
        assert pbx.menus == ["NPS"]


def test_an_option_told_both_ways_is_one_event_each_time_it_is_chosen() -> None:
    pbx = MadeUpPbx(a_profile(menus=(("survey", "NPS"),)))
    pbx.comes_in()
    pbx.enters("in", "survey")
    for _ in range(2):
        pbx.chooses("in", "survey", "9")
        pbx.says_option("in", "NPS", "9")
    for _ in range(2):
        pbx.says_option("in", "NPS", "10")
        pbx.chooses("in", "survey", "10")
        pbx.enters("in", "survey")
    assert pbx.options == [("NPS", "9"), ("NPS", "9"), ("NPS", "10"), ("NPS", "10")]
    assert "twice" in pbx.why_not(OPTION)


def test_the_place_where_the_dialplan_tells_of_a_menu_is_not_leaving_it(pbx: MadeUpPbx) -> None:
    pbx.enters("in", "survey")
    pbx.says_menu("in", "NPS", place="survey")
    pbx.steps("in", "survey")
    pbx.says_menu("in", "NPS", place="survey")
    assert pbx.menus == ["NPS"]
    pbx.enters("in", "elsewhere")
    pbx.says_menu("in", "NPS", place="survey")
    assert pbx.menus == ["NPS", "NPS"]


@pytest.mark.parametrize("digits", ["", "t", "i", "timeout", "9x", "-1", "９"])
def test_what_is_no_digit_is_no_option(pbx: MadeUpPbx, digits: str) -> None:
    pbx.says_menu("in", "NPS")
    pbx.says_option("in", "NPS", digits)
    assert pbx.options == []
    assert "no option" in pbx.why_not(OPTION)


# -- transfers into a menu ---------------------------------------------------------------------
def test_a_blind_transfer_into_a_menu_belongs_to_the_callers_call(pbx: MadeUpPbx) -> None:
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.sends_on("p1", "in", "8001")
    pbx.ends("p1")
    pbx.says_menu("in", "NPS")
    pbx.says_option("in", "NPS", "9")
    assert pbx.told == [RECEIVED, ANSWERED, IVR, OPTION]
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == (CALLER, DID)
    assert pbx.last[Field.EXTENSION_NUMBER] == "201"  # who answered
    assert len({event.call_uuid for event in pbx.events}) == 1


@pytest.mark.parametrize("told_by", ["place", "dialplan"])
def test_an_attended_transfer_into_a_menu_reaches_it_at_the_transfer(pbx: MadeUpPbx, told_by: str) -> None:
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.dials("consult", "201", "8001")
    place = "ivr-1" if told_by == "place" else "survey"
    if told_by == "place":
        pbx.enters("consult", place)
    else:
        pbx.says_menu("consult", "ivr-1", place=place)
    assert pbx.told == [RECEIVED, ANSWERED]  # most likely the user calls there to put the caller there
    pbx.joins("p1", "consult", "in", place=place)
    assert (pbx.events[-1].type, pbx.events[-1].native_call_id) == (IVR, "in")
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == (CALLER, DID)
    pbx.ends("p1", "consult")
    pbx.steps("in", place)
    pbx.says_option("in", "ivr-1", "9", place=place)
    assert pbx.options == [("ivr-1", "9")]
    assert [(event.type, event.native_call_id) for event in pbx.events] == [
        (kind, "in") for kind in (RECEIVED, ANSWERED, IVR, OPTION)]


def consulting(pbx: MadeUpPbx) -> None:
    """201 talks with the caller, and calls a menu on the other line."""
    pbx.rings("in", "p1", "201")
    pbx.answers("p1", of="in")
    pbx.dials("consult", "201", "8002")
    pbx.enters("consult", "ivr-1")
    assert IVR not in pbx.told


def test_a_user_who_calls_a_menu_on_the_other_line_and_transfers_nobody_there_has_reached_it(pbx: MadeUpPbx) -> None:
    consulting(pbx)
    reached_at = pbx.now - timedelta(seconds=1)
    pbx.ends("consult")
    assert (pbx.events[-1].type, pbx.events[-1].native_call_id, pbx.events[-1].at) == (IVR, "consult", reached_at)
    assert pbx.last[Field.SOURCE_NUMBER] == "201"


def test_a_user_who_chooses_an_option_on_the_other_line_has_reached_the_menu_before_that(pbx: MadeUpPbx) -> None:
    consulting(pbx)
    pbx.chooses("consult", "ivr-1", "9")
    assert pbx.told[-2:] == [IVR, OPTION]
    pbx.joins("p1", "consult", "in", place="ivr-1")
    pbx.ends("p1", "consult")
    assert [event.native_call_id for event in pbx.events if event.type is IVR] == ["consult", "in"]


def test_a_successor_knows_that_a_user_called_a_menu_on_the_other_line(pbx: MadeUpPbx) -> None:
    consulting(pbx)
    after = successor(pbx)
    after.ends("consult")
    assert [(event.type, event.native_call_id) for event in after.events] == [(IVR, "consult")]


def asks_by_feature_code(pbx: MadeUpPbx) -> None:
    """201 has a caller waiting, and calls a menu by *2: the PBX dials for it, by a joint of the caller's own call."""
    pbx.rings("in", "201", "201")
    pbx.answers("201", of="in")
    pbx.pairs("one", "two", call="in", on_behalf_of="201")
    pbx.enters("two", "ivr-1")


def test_a_menu_that_a_user_asks_by_feature_code_is_reached_when_the_caller_is_put_there(pbx: MadeUpPbx) -> None:
    asks_by_feature_code(pbx)
    assert not pbx.menus
    pbx.joins("201", second="201", leg="in", target="one")
    assert pbx.menus == ["ivr-1"]
    assert pbx.events[-1].at == pbx.now - timedelta(seconds=1)  # the transfer's
    pbx.ends("201")
    pbx.chooses("two", "ivr-1", "9")
    pbx.ends("two", "one", "in")
    assert pbx.told == [RECEIVED, ANSWERED, IVR, OPTION]


def test_a_menu_that_the_caller_is_put_to_before_it_answers_is_reached_then(pbx: MadeUpPbx) -> None:
    pbx.rings("in", "201", "201")
    pbx.answers("201", of="in")
    pbx.pairs("one", "two", call="in", on_behalf_of="201")
    pbx.joins("201", second="201", leg="in", target="one")
    pbx.enters("two", "ivr-1")
    assert pbx.menus == ["ivr-1"]


@pytest.mark.parametrize("first", ["201", "in"])
def test_a_menu_that_a_user_asked_by_feature_code_and_came_back_from_is_not_reached(
        pbx: MadeUpPbx, first: str) -> None:
    asks_by_feature_code(pbx)
    pbx.ends(first, "one", "two")
    assert not pbx.menus
    assert "the caller never reached it" in pbx.why_not(IVR)


def test_a_user_who_chooses_an_option_by_feature_code_has_reached_the_menu_before_that(pbx: MadeUpPbx) -> None:
    asks_by_feature_code(pbx)
    pbx.chooses("two", "ivr-1", "9")
    assert pbx.told == [RECEIVED, ANSWERED, IVR, OPTION]
    pbx.joins("201", second="201", leg="in", target="one")
    assert pbx.menus == ["ivr-1"]


def test_a_successor_knows_that_a_user_asked_a_menu_by_feature_code(pbx: MadeUpPbx) -> None:
    asks_by_feature_code(pbx)
    later = successor(pbx)
    later.joins("201", second="201", leg="in", target="one")
    assert later.menus == ["ivr-1"]


def test_a_joint_that_the_dialplan_rings_reaches_a_menu_whichever_is_told_first(pbx: MadeUpPbx) -> None:
    pbx.dials("own", "201", "600")
    pbx.pairs("one", "two", call="own", on_behalf_of="201")
    pbx.enters("two", "ivr-1")
    pbx.rings("own", "one", "8002@from-internal", local=True)
    assert pbx.menus == ["ivr-1"]


def test_a_leg_that_shows_up_within_a_menu_before_the_transfer_is_told_has_reached_it_once(pbx: MadeUpPbx) -> None:
    pbx.dials("consult", "201", "8001")
    pbx.enters("consult", "ivr-1")
    pbx.steps("in", "ivr-1")
    pbx.joins("p1" if "p1" in pbx._parties else "in", "consult", "in", place="ivr-1")
    pbx.chooses("in", "ivr-1", "9")
    assert [event.type for event in pbx.events if event.native_call_id == "in"] == [RECEIVED, IVR, OPTION]


def test_an_attended_transfer_to_a_person_reaches_no_menu(pbx: MadeUpPbx) -> None:
    pbx.dials("consult", "201", "8001")
    pbx.enters("consult", "ivr-1")
    pbx.chooses("consult", "ivr-1", "1")
    pbx.rings("consult", "p2", "202")
    pbx.answers("p2", of="consult")
    pbx.joins("in", "consult", "in", place="macro-dial-one")
    assert [event.type for event in pbx.events if event.native_call_id == "in"] == [RECEIVED]


def test_an_outbound_call_transferred_into_a_menu_keeps_its_numbers() -> None:
    pbx = MadeUpPbx()
    pbx.dials("p1", "201", f"9{MOBILE}")
    pbx.rings("p1", "out", "trunk-provider", number=MOBILE)
    pbx.answers("out", of="p1")
    pbx.sends_on("p1", "out", "8001")
    pbx.ends("p1")
    pbx.says_menu("out", "NPS")
    assert pbx.told == [PLACED, IVR]
    assert (pbx.last[Field.SOURCE_NUMBER], pbx.last[Field.DESTINATION_NUMBER]) == ("201", MOBILE)
    assert pbx.last[Field.DIRECTION] == "outbound"
