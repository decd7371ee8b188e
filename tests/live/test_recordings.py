"""A recording that a real Asterisk made: found on its disk, told of with a link, and heard by link and API."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType
from tests.fixtures.lab import Asterisk
from tests.fixtures.portal import running_portal
from tests.fixtures.processes import wait_until
from tests.fixtures.receiver import Receiver

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]


def ask(url: str, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers and body of the answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


async def test_a_real_calls_recording_is_heard_by_the_link_of_its_event_and_over_the_api(
    asterisk: Asterisk, sqlite_template: Path, receiver: Receiver, tmp_path: Path,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "switchhook.sqlite3")
    monitor = asterisk.instance.dir / "spool/monitor"
    with running_portal(f"sqlite://{tmp_path / 'switchhook.sqlite3'}", tmp_path, "engine", "web") as portal:
        seed, ami = portal.seed, asterisk.ami
        connection = seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
        seed.execute("UPDATE account SET granted_events = ?, allowed_networks = ?", sorted(EXTRA_EVENTS),
                     ["127.0.0.0/8"])
        seed.execute("UPDATE service SET connection_id = ?, recordings_root = ?, applications_enabled = ? WHERE id = ?",
                     connection, monitor.as_uri(), True, portal.service_id)
        seed.integration(portal.account_id, portal.service_id, event_type=EventType.RECORDING_READY,
                         request_url=receiver.url())
        seed.touch()
        connected = "SELECT state FROM connection_state WHERE state = 'connected'"
        wait_until(lambda: seed.rows(connected), "the PBX is connected")
        await asterisk.place_call("inbound-answered")
        await receiver.got(1)
        told = json.loads(receiver.requests[0].body)
        made = Path(told["recording_file"])
        assert made.parent == monitor
        wait_until(lambda: ask(told["recording_url"])[0] == 200, "the recording is ready")
        content = made.read_bytes()
        status, headers, body = ask(told["recording_url"])
        assert (status, headers["Content-Type"], body) == (200, "audio/wav", content)
        assert ask(told["recording_url"], Range="bytes=4-7")[2] == content[4:8]

        bearer = {"Authorization": f"Bearer {portal.token()}"}
        url = f"{portal.url}/api/v1/services/{portal.service_id}/calls/{told['call_uuid']}/recordings"
        (listed,) = json.loads(ask(url, **bearer)[2])["data"]
        assert (listed["state"], listed["file"], listed["size"]) == ("ready", str(made), len(content))
        assert 1 < listed["seconds"] < 60
        assert ask(f"{url}/1/media", **bearer)[2] == content
        assert ask(f"{url}/1/media", **bearer, Range=f"bytes={len(content)}-")[0] == 416
        made.unlink()
        assert ask(f"{url}/1/media", **bearer)[0] == 409  # its call has just ended: it may be on its way
