"""The field Recording URL: a link to the recording that an event tells of, where somebody could follow it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from switchhook.domain.catalogue import EXTRA_EVENTS, EventType
from switchhook.domain.event import Event
from switchhook.domain.recording_links import RecordingLinks, read_link
from tests.fixtures.databases import KEYS
from tests.fixtures.delivering import Bench
from tests.fixtures.receiver import Receiver

FILE = "/var/spool/asterisk/monitor/2026/03/04/a.wav"
LINKS = RecordingLinks(portal_url="https://hooks.example.com", keys=KEYS, valid=timedelta(days=7))


def ready(bench: Bench, type_: EventType = EventType.RECORDING_READY, **fields: object) -> Event:
    return replace(bench.event(type_, **({"recording_file": FILE} | fields)), call_uuid=uuid4())


def keep_at(bench: Bench, root: str) -> None:
    """Where the PBX's recordings are."""
    bench.seed.execute("UPDATE service SET recordings_root = ? WHERE id = ?", root, bench.service_id)


def furnish(bench: Bench, receiver: Receiver, *, root: str = "s3://bucket/recordings") -> None:
    """An account that has all events, a PBX with a root, and integrations that send every field."""
    bench.seed.execute("UPDATE account SET granted_events = ?", sorted(EXTRA_EVENTS))
    keep_at(bench, root)
    for type_ in (EventType.RECORDING_READY, EventType.ENDED):
        bench.integration(receiver, event_type=type_)


async def test_events_of_a_recording_carry_a_signed_link_to_it(bench: Bench, receiver: Receiver) -> None:
    furnish(bench, receiver)
    await bench.start(recording_links=LINKS)
    for type_ in (EventType.RECORDING_READY, EventType.ENDED):
        event = ready(bench, type_)
        await bench.accept(event)
        await receiver.got(len(receiver.requests) + 1)
        url = json.loads(receiver.requests[-1].body)["recording_url"]
        assert url.startswith("https://hooks.example.com/recordings/")
        link = read_link(url.rpartition("/")[2], KEYS)
        assert link is not None
        assert (link.call_uuid, link.leads_to(FILE)) == (event.call_uuid, True)
        assert link.expires_s == int((event.at + timedelta(days=7)).timestamp())


async def test_there_is_no_link_where_nobody_could_follow_it(bench: Bench, receiver: Receiver) -> None:
    furnish(bench, receiver, root="")
    await bench.start(recording_links=LINKS)
    await bench.accept(ready(bench))  # no root
    keep_at(bench, "/srv/recordings")
    await bench.reload()
    await bench.accept(ready(bench, EventType.ENDED, recording_file=None))  # not recorded
    await bench.engine.accept([ready(bench, recording_url="https://pbx.example.com/a.wav")], intake_keys=["a"])
    await receiver.got(3)
    urls = [json.loads(got.body)["recording_url"] for got in receiver.requests]
    assert sorted(urls, key=str) == [None, None, "https://pbx.example.com/a.wav"]
