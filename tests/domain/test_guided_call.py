"""The guided test call: each step that should be seen says whether it was, and what to do when it was not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.guided_call import Guide, Remedy, Seen, Step, StepState, steps

NOTHING = Seen(connected=True, heard=False, events={})
CALL = replace(NOTHING, heard=True, direction="inbound", source="12025550171", destination="12025550101",
               events={EventType.INBOUND_RECEIVED: 0})
OVER = replace(CALL, over=True, state="unanswered")


def last(guide: Guide, seen: Seen) -> Step:
    return steps(guide, seen)[-1]


def states(guide: Guide, seen: Seen) -> list[str]:
    return [one.state.value for one in steps(guide, seen)]


def test_a_pbx_that_is_not_connected_is_said_first() -> None:
    (first,) = steps(Guide.INBOUND, replace(NOTHING, connected=False))
    assert (first.state, first.remedy) == (StepState.MISSING, Remedy.CONNECTION)


def test_before_a_call_it_waits_and_says_whether_the_pbx_talks_at_all() -> None:
    assert states(Guide.INBOUND, NOTHING) == ["seen", "waited for"]
    assert "Nothing has come" in last(Guide.INBOUND, NOTHING).todo
    assert "`read` needs `call`" in last(Guide.INBOUND, replace(NOTHING, heard=True)).todo


def test_a_call_of_another_tenant_is_told_of() -> None:
    step = last(Guide.INBOUND, replace(NOTHING, heard=True, unclaimed=1))
    assert (step.state, step.remedy) == (StepState.MISSING, Remedy.UNCLAIMED)


def test_a_call_that_is_not_taken_for_one_from_outside_lacks_a_trunk() -> None:
    step = last(Guide.INBOUND, replace(CALL, direction="internal"))
    assert (step.state, step.remedy) == (StepState.MISSING, Remedy.DETECT)


def test_while_it_rings_the_answer_is_waited_for_and_afterwards_it_is_missing() -> None:
    ringing = replace(CALL, extension="201")
    assert states(Guide.INBOUND, ringing) == ["seen", "seen", "seen", "seen", "waited for", "waited for"]
    missed = steps(Guide.INBOUND, replace(OVER, extension="201"))
    assert "Nobody answered" in missed[4].todo


@pytest.mark.parametrize(("state", "words"), [
    ("picked_up", "picked up, which is not an answer"), ("connected", "no user's phone"),
])
def test_who_else_took_the_call_is_explained(state: str, words: str) -> None:
    assert words in steps(Guide.INBOUND, replace(OVER, extension="201", state=state))[4].words


def test_when_all_was_seen_nothing_is_missing() -> None:
    seen = replace(OVER, extension="201", events={EventType.INBOUND_RECEIVED: 1, EventType.INBOUND_ANSWERED: 2})
    assert set(states(Guide.INBOUND, seen)) == {"seen"}
    assert last(Guide.INBOUND, seen).words == "3 requests went to your integrations."


def test_what_fired_for_nobody_says_what_to_do() -> None:
    seen = replace(OVER, extension="201", events={EventType.INBOUND_RECEIVED: 0, EventType.INBOUND_ANSWERED: 0})
    assert last(Guide.INBOUND, seen).remedy is Remedy.INTEGRATIONS
    assert "Inbound Call Answered" in last(Guide.INBOUND, seen).todo
    assert last(Guide.INBOUND, replace(seen, applications_enabled=False)).remedy is Remedy.APPLICATIONS


def test_a_menu_without_a_sign_of_its_options_is_told_what_to_say() -> None:
    menu = steps(Guide.MENU, OVER)[3]
    assert (menu.state, menu.remedy) == (StepState.MISSING, Remedy.DETECT)
    reached = replace(OVER, events={EventType.INBOUND_RECEIVED: 1, EventType.IVR_RECEIVED: 1})
    assert "UserEvent(IVROption" in steps(Guide.MENU, reached)[4].todo
    assert "UserEvent(IVROption" not in steps(Guide.MENU, replace(reached, over=False))[4].todo


def test_a_call_outside_that_met_no_trunk_says_so() -> None:
    seen = replace(OVER, direction="internal", extension="201", events={})
    assert last(Guide.OUTBOUND, seen).remedy is Remedy.DETECT
    assert "taken for a trunk" in last(Guide.OUTBOUND, replace(seen, direction="inbound")).todo
    placed = replace(seen, direction="outbound", events={EventType.OUTBOUND_PLACED: 1})
    assert set(states(Guide.OUTBOUND, placed)) == {"seen"}
