"""What the portal offers for manager.conf, pasted into a real Asterisk: nothing that is needed is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchhook.domain.catalogue import EventType
from switchhook.domain.tracker import Tracker
from switchhook.pbx.asterisk_words import knows_named_filters
from switchhook.pbx.pbx_errands import tried
from tests.fixtures.lab import Asterisk
from tests.live.test_detecting import connection_of
from tests.pbx.listening import Listening, listening
from tests.pbx.recorded import PROFILE
from tests.web.conftest import World as _World  # noqa: F401 - sets Django up, from which the text comes

pytestmark = pytest.mark.live


def told_by(one: Listening) -> list[EventType]:
    """The events that come of what was heard."""
    tracker = Tracker(lambda _leg: PROFILE)
    return [event.type for fact in one.facts for event in tracker.feed(fact).events]


@pytest.mark.parametrize("by_names", [True, False])
async def test_the_filter_leaves_out_nothing_that_is_needed(asterisk: Asterisk, by_names: bool) -> None:
    from switchhook.web.models import Connection
    from switchhook.web.services.manager_conf import manager_conf, wanted

    text = manager_conf(Connection(username="pasted"), wanted(["ivr-*"], ["ivr.option_selected"]), by_names=by_names)
    first, *lines = text.splitlines()
    asterisk.configure("manager.conf", first, [
        line.replace("CHANGE-ME", asterisk.ami.secret).replace("192.0.2.10/255.255.255.255", "127.0.0.0/255.0.0.0")
        for line in lines])
    asterisk.cli("manager reload")
    pasted = replace(connection_of(asterisk), username="pasted")
    result = await tried(pasted)
    assert (result["ok"], result["missing"]) == (True, [])
    assert str(result["version"]).startswith("22.")
    async with listening(connection_of(asterisk)) as everything, listening(pasted) as filtered:
        await everything.state("connected")
        await filtered.state("connected")
        await asterisk.place_call("ivr-option-1")
        await asterisk.place_call("outbound-answered")
        expected = [EventType.INBOUND_RECEIVED, EventType.IVR_RECEIVED, EventType.IVR_OPTION,
                    EventType.INBOUND_ANSWERED, EventType.OUTBOUND_PLACED]
        await filtered.until(lambda: told_by(filtered) == expected)
        assert told_by(everything) == expected
        assert filtered.connector.messages < everything.connector.messages / 3


async def test_a_user_who_may_hear_calls_only_is_told_what_is_missing(asterisk: Asterisk) -> None:
    (missing,) = (await tried(connection_of(asterisk, "connector-calls-only")))["missing"]  # type: ignore[misc]
    assert "add `system` to `read`" in missing


@pytest.mark.parametrize(("version", "knows"), [
    ("22.10.1+dfsg", True), ("22.0.0", False), ("18.26.4", True), ("18.25.0", False), ("16.28.0", False),
    ("19.8.1", False), ("23.0.0", True), ("certified-20.7-cert3", False), ("git-master", True),
])
def test_which_versions_know_the_filter_by_names(version: str, knows: bool) -> None:
    assert knows_named_filters(version) is knows
