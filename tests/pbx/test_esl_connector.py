"""The connector against a FreeSWITCH that misbehaves (synthetic)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from switchhook.domain.errors import LoginRefused
from switchhook.domain.facts import Connected, LegPresent, LegStarted, SnapshotEnded
from switchhook.pbx import connector as module
from switchhook.pbx import esl_session
from switchhook.pbx.connector import try_login
from switchhook.pbx.pbx_errands import tried
from tests.pbx.fake_freeswitch import FAREWELL, RUDE, fake_freeswitch, frame, inbound
from tests.pbx.listening import listening

pytestmark = pytest.mark.timeout(30)


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter."""
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(module, "REFUSED_SECONDS", 0.02)
    monkeypatch.setattr(module, "PING_SECONDS", 0.1)


async def test_it_logs_in_asks_for_few_events_and_what_is_up_and_hears_calls() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        writer.write(inbound(1))
        (leg,) = await one.legs(1)
        assert (leg.caller_number, leg.dialled, leg.tenant) == ("12025550171", "12025550101", "acme.example")
        login, *events = pbx.commands[: pbx.commands.index("api show channels as json")]
        assert login.startswith("auth ")
        assert all(command.startswith("event json ") for command in events)
        assert "event json CHANNEL_CREATE" in events
        assert not {"ALL", "CHANNEL_EXECUTE"} & set(" ".join(events).split())
        kinds = [type(fact) for fact in one.facts]
        assert kinds.index(Connected) < kinds.index(SnapshotEnded) < kinds.index(LegStarted)


async def test_a_user_of_the_directory_logs_in_by_name() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.user()) as one:
        await pbx.connected.get()
        await one.state("connected")
        assert pbx.commands[0].startswith("userauth switchhook@acme.example:")


async def test_an_event_cut_anywhere_is_heard_whole() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        for number, byte in enumerate(inbound(1) + inbound(2, caller="Zoë")):
            writer.write(bytes([byte]))
            if number % 7 == 0:
                await writer.drain()
        assert len(await one.legs(2)) == 2
        assert one.connector.messages == 2


async def test_a_refused_login_says_so_and_is_tried_again() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.user("wrong")) as one:
        assert "-ERR invalid" in (await one.state("refused")).detail
        while sum(command.startswith("userauth") for command in pbx.commands) < 2:
            await asyncio.sleep(0.01)
        assert not [heard for heard in one.states if heard.state == "connected"]


async def test_an_address_that_the_access_list_keeps_out_is_a_refused_login() -> None:
    async with fake_freeswitch() as pbx:
        pbx.greeting = RUDE
        async with listening(pbx.connection) as one:
            assert "apply-inbound-acl" in (await one.state("refused")).detail


async def test_one_event_that_is_refused_keeps_back_none_of_the_others() -> None:
    async with fake_freeswitch() as pbx:
        pbx.denied = {"HEARTBEAT"}
        pbx.may_show = False
        async with listening(pbx.user()) as one:
            (await pbx.connected.get()).write(inbound(1))
            await one.legs(1)
            assert [heard.state for heard in one.states] == ["connecting", "connected"]


async def test_a_silent_pbx_is_asked_and_then_left() -> None:
    async with fake_freeswitch() as pbx:
        pbx.answers = False
        async with listening(pbx.connection) as one:
            await one.state("silent")
            assert "nolog" in pbx.commands
            await pbx.connected.get()
            await pbx.connected.get()  # it came back by itself


@pytest.mark.parametrize("greeting", [b"", b"Content-Type: auth/req"], ids=["no greeting", "half a greeting"])
async def test_a_pbx_that_falls_silent_at_the_login_is_left_and_tried_again(
    greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esl_session, "LOGIN_SECONDS", 0.1)
    async with fake_freeswitch() as pbx:
        pbx.greeting = greeting
        async with listening(pbx.connection) as one:
            assert "did not answer in time" in (await one.state("broken")).detail
            assert pbx.commands == []  # the secret goes to nobody who has not asked for it
            pbx.greeting = b"Content-Type: auth/request\n\n"
            await one.state("connected")


async def test_half_an_event_and_then_silence_is_a_silent_pbx_and_half_an_event_is_none() -> None:
    async with fake_freeswitch() as pbx:
        pbx.answers = False
        async with listening(pbx.connection) as one:
            (await pbx.connected.get()).write(inbound(1)[:-20])
            await one.state("silent")
            (await pbx.connected.get()).write(inbound(2))
            (leg,) = await one.legs(1)
            assert leg.party.leg == str(UUID(int=2))


async def test_heartbeats_alone_are_life_enough() -> None:
    async with fake_freeswitch() as pbx:
        pbx.answers = False  # whoever asks it hears nothing
        async with listening(pbx.connection) as one:
            writer = await pbx.connected.get()
            for number in range(10):
                writer.write(frame({"Event-Name": "HEARTBEAT", "Event-Sequence": str(number)}))
                while one.connector.messages <= number:
                    await asyncio.sleep(0.03)
            assert [heard.state for heard in one.states] == ["connecting", "connected"]


async def test_a_quiet_pbx_that_answers_is_kept() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        while pbx.commands.count("nolog") < 3:
            await asyncio.sleep(0.02)
        writer.write(inbound(1))
        await one.legs(1)
        assert [heard.state for heard in one.states] == ["connecting", "connected"]


async def test_a_farewell_ends_the_session_once_what_came_before_it_is_heard() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.connection) as one:
        (await pbx.connected.get()).write(inbound(1) + FAREWELL)
        await one.legs(1)
        assert "ended the connection" in (await one.state("broken")).detail
        await pbx.connected.get()


async def test_after_the_pbx_hung_up_in_the_middle_of_an_event_it_comes_back() -> None:
    async with fake_freeswitch() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        writer.write(inbound(1)[:300])
        await writer.drain()
        await pbx.hang_up()
        again = await pbx.connected.get()
        again.write(inbound(2))
        (leg,) = await one.legs(1)
        assert leg.party.leg == str(UUID(int=2))
        assert (await one.state("broken")).detail


async def test_what_is_up_is_told_as_present_but_for_what_has_ended_meanwhile() -> None:
    async with fake_freeswitch() as pbx:
        row = {"direction": "inbound", "name": "sofia/external/12025550171@192.0.2.1", "initial_context": "public",
               "initial_dest": "12025550101", "initial_cid_num": "12025550171", "created_epoch": "1795311577",
               "callstate": "ACTIVE", "context": "acme.example"}
        pbx.rows = [{"uuid": "one", **row}, {"uuid": "two", **row}]
        pbx.meanwhile = frame({"Event-Name": "CHANNEL_HANGUP_COMPLETE", "Unique-ID": "two"})
        async with listening(pbx.connection) as one:
            await one.until(lambda: any(isinstance(fact, SnapshotEnded) for fact in one.facts))
            (present,) = [fact for fact in one.facts if isinstance(fact, LegPresent)]
            assert (present.started.party.leg, present.started.dialled) == ("one", "12025550101")
            assert present.started.tenant == "acme.example"
            assert [fact.legs for fact in one.facts if isinstance(fact, SnapshotEnded)] == [frozenset({"one"})]


async def test_trying_a_login_says_what_is_missing_and_what_was_refused() -> None:
    async with fake_freeswitch() as pbx:
        assert (await try_login(pbx.connection)).missing == []
        assert (await tried(pbx.connection))["ok"] is True
        pbx.denied = {"DTMF", "menu::exit"}
        pbx.may_show = False
        dtmf, menu, show = (await try_login(pbx.user())).missing
        assert "which option" in dtmf
        assert "`DTMF`" in dtmf
        assert "`CUSTOM menu::exit`" in menu
        assert "`show`" in show
        result = await tried(pbx.user())
        assert (result["ok"], result["missing"]) == (False, [dtmf, menu, show])
        pbx.denied = {"CHANNEL_CREATE"}
        with pytest.raises(LoginRefused, match="esl-allowed-events"):
            await try_login(pbx.user())
        with pytest.raises(LoginRefused, match="-ERR invalid"):
            await try_login(replace(pbx.connection, secret="wrong"))
        with pytest.raises(LoginRefused, match="line break"):
            await try_login(replace(pbx.connection, secret="two\nlines"))
