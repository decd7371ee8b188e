"""The lab itself: a call that is placed really happens, and the connector's AMI user is told of it."""

from __future__ import annotations

import pytest

from tests.fixtures.lab import Asterisk
from tests.lab import pbxlab

pytestmark = pytest.mark.live


async def test_the_connectors_user_sees_an_inbound_call_being_answered(asterisk: Asterisk) -> None:
    login = asterisk.ami
    with pbxlab.Ami(asterisk.instance, user=login.user, secret=login.secret) as ami:
        await asterisk.place_call("inbound-answered")
        ended = ami.wait_event("DialEnd", DialStatus="ANSWER")
    assert ended is not None
    assert ended["CallerIDNum"] == "12025550171"
    assert ended["DestChannel"].startswith("PJSIP/201-")


async def test_a_digit_pressed_by_the_caller_arrives(asterisk: Asterisk) -> None:
    with pbxlab.Ami(asterisk.instance) as ami:
        await asterisk.place_call("ivr-option-1")
        pressed = ami.wait_event("DTMFEnd")
    assert pressed is not None
    assert pressed["Digit"] == "1"


def test_asterisk_comes_back_after_a_kill(asterisk: Asterisk) -> None:
    asterisk.kill()
    asterisk.launch()
    asterisk.place_call_and_block("inbound-answered")
