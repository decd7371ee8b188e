"""A call on a real Asterisk arrives at a developer's machine: PBX, engine, web, and `switchhook listen` at its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from switchhook.domain.signing import Verification, new_secret, verify
from tests.fixtures.lab import Asterisk
from tests.fixtures.portal import running_portal
from tests.fixtures.processes import wait_until
from tests.fixtures.receiver import Receiver

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

SECRET = new_secret(bytes(range(32)))


async def test_a_real_call_is_heard_on_a_developers_machine(
    asterisk: Asterisk, sqlite_template: Path, receiver: Receiver, tmp_path: Path,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "switchhook.sqlite3")
    with running_portal(f"sqlite://{tmp_path / 'switchhook.sqlite3'}", tmp_path, "engine", "web") as portal:
        ami = asterisk.ami
        connection = portal.seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
        portal.seed.execute("UPDATE service SET connection_id = ? WHERE id = ?", connection, portal.service_id)
        portal.seed.touch()
        connected = "SELECT state FROM connection_state WHERE state = 'connected'"
        wait_until(lambda: portal.seed.rows(connected), "the PBX is connected")
        environment = os.environ | {"SWITCHHOOK_URL": portal.url, "SWITCHHOOK_TOKEN": portal.token()}
        listener = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "switchhook", "listen", "--forward", receiver.url(), "--secret", SECRET,
            "--events", "call.inbound_received,call.inbound_answered", "-n", "2", env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        assert listener.stderr is not None
        await listener.stderr.readuntil(b"whsec_")  # it follows from now on
        await asterisk.place_call("inbound-answered")
        told, _ = await asyncio.wait_for(listener.communicate(), 60)
    assert listener.returncode == 0
    received, answered = receiver.requests
    assert [got.header("switchhook-event") for got in receiver.requests] == [
        "call.inbound_received", "call.inbound_answered"]
    assert json.loads(answered.body)["extension_number"] == "201"
    assert json.loads(received.body)["call_uuid"] == json.loads(answered.body)["call_uuid"]
    assert verify([SECRET], answered.headers, answered.body, now=time.time()) is Verification.GOOD
    assert [json.loads(line)["answer"]["status"] for line in told.splitlines()] == [200, 200]
