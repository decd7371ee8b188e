"""The connector against a PBX that misbehaves (synthetic)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from switchhook.domain.errors import LoginRefused
from switchhook.domain.facts import Connected, SnapshotEnded
from switchhook.pbx import connector as module
from switchhook.pbx.connector import try_login
from switchhook.pbx.pbx_errands import tried
from tests.pbx.fake_pbx import fake_pbx, inbound
from tests.pbx.listening import listening

pytestmark = pytest.mark.timeout(30)


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, shorter."""
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(module, "REFUSED_SECONDS", 0.02)
    monkeypatch.setattr(module, "PING_SECONDS", 0.1)


async def test_it_logs_in_asks_what_is_up_and_hears_calls() -> None:
    async with fake_pbx() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        writer.write(inbound(1))
        (leg,) = await one.legs(1)
        assert leg.caller_number == "12025550171"
        assert pbx.actions[:2] == ["Login", "Status"]
        kinds = [type(fact) for fact in one.facts]
        assert kinds.index(Connected) < kinds.index(SnapshotEnded)


async def test_a_message_cut_anywhere_is_heard_whole() -> None:
    async with fake_pbx() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        for number, byte in enumerate(inbound(1) + inbound(2)):
            writer.write(bytes([byte]))
            if number % 7 == 0:
                await writer.drain()
        assert len(await one.legs(2)) == 2


async def test_a_refused_login_says_so_and_is_tried_again() -> None:
    async with fake_pbx() as pbx:
        pbx.refuses = b"Response: Error\r\nActionID: login\r\nMessage: Authentication failed\r\n\r\n"
        async with listening(pbx.connection) as one:
            assert "Authentication failed" in (await one.state("refused")).detail
            pbx.refuses = b""
            await one.state("connected")
            assert pbx.logins >= 2


async def test_a_silent_pbx_is_asked_and_then_left() -> None:
    async with fake_pbx() as pbx:
        pbx.answers_pings = False
        async with listening(pbx.connection) as one:
            await one.state("silent")
            assert "Ping" in pbx.actions
            await pbx.connected.get()
            await pbx.connected.get()  # it came back by itself


async def test_a_quiet_pbx_that_answers_pings_is_kept() -> None:
    async with fake_pbx() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        while pbx.actions.count("Ping") < 4:
            await asyncio.sleep(0.02)
        writer.write(inbound(1))
        await one.legs(1)
        assert [heard.state for heard in one.states] == ["connecting", "connected"]


async def test_after_the_pbx_hung_up_in_the_middle_of_a_message_it_comes_back() -> None:
    async with fake_pbx() as pbx, listening(pbx.connection) as one:
        writer = await pbx.connected.get()
        writer.write(inbound(1)[:40])
        await writer.drain()
        await pbx.hang_up()
        again = await pbx.connected.get()
        again.write(inbound(2))
        (leg,) = await one.legs(1)
        assert leg.party.leg == "1795312523.2"
        assert (await one.state("broken")).detail


async def test_trying_a_login_says_what_is_missing_and_what_was_refused() -> None:
    async with fake_pbx() as pbx:
        listing, system = (await try_login(pbx.connection)).missing
        assert "write=reporting" in listing
        assert "`system`" in system
        pbx.refuses = b"Response: Error\r\nActionID: login\r\nMessage: Authentication failed\r\n\r\n"
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await try_login(pbx.connection)


@pytest.mark.parametrize("host", ["pbx..example", "x" * 64 + ".example"])
async def test_a_host_that_no_name_can_be_is_a_broken_connection_and_no_crash(host: str) -> None:
    async with fake_pbx() as pbx:
        assert (await tried(replace(pbx.connection, host=host)))["detail"] == f"{host}:{pbx.connection.port}: " \
            "this is no host name."
