"""Who listened to a recording stands in the audit log."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from switchhook.web.models import AuditEntry
from switchhook.web.recordings import listening
from switchhook.web.tokens.models import Scope
from tests.web.api.conftest import MakeProgram, make_program
from tests.web.conftest import World
from tests.web.recordings.conftest import BELOW, put, recorded
from tests.web.recordings.test_listening import link

assert make_program  # a fixture

NAME = BELOW.rpartition("/")[2]


def lines() -> list[tuple[str, str, str, str]]:
    found = AuditEntry.objects.filter(action="listened", kind="recording").order_by("id")
    return [(one.who, one.via, one.token, one.object_name) for one in found]


def test_listening_in_the_portal_is_noted_once_however_the_player_fetches(
    world: World, root: Path, admin: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(root)
    call = recorded(world)
    url = f"/a/acme/calls/{call.id}/recordings/1/"
    for wanted in ("bytes=0-3", "bytes=4-99", "bytes=100-"):
        b"".join(admin.get(url, headers={"Range": wanted}))
    admin.head(url)
    assert lines() == [("admin@example.com", "portal", "", NAME)]
    entry = AuditEntry.objects.get(action="listened")
    assert (entry.account_id, entry.object_id) == (world.account.id, f"{call.id}/1")
    assert "Listened to" in admin.get("/a/acme/audit/?action=listened").content.decode()
    monkeypatch.setattr(listening, "ONE_LISTENING", timedelta(0))  # some time later
    b"".join(admin.get(url))
    assert len(lines()) == 2


def test_each_who_listens_has_a_line(
    world: World, root: Path, admin: Client, make_program: MakeProgram,
) -> None:
    put(root)
    call = recorded(world)
    program = make_program(Scope.READ, Scope.RECORDINGS, of_account=True)
    media = f"/services/{world.service.id}/calls/{call.id}/recordings/1/media"
    b"".join(program.ask("GET", media))
    b"".join(Client().get(link(call)))
    b"".join(admin.get(f"/a/acme/calls/{call.id}/recordings/1/"))
    assert lines() == [
        ("API token A program", "api", f"A program ({program.token.prefix}…)", NAME), ("", "link", "", NAME),
        ("admin@example.com", "portal", "", NAME)]
    [heard] = program.get("/audit?action=listened&kind=recording&limit=1")["data"]
    assert heard["who"] == "admin@example.com"
    assert heard["at"] <= timezone.now().isoformat()


def test_what_was_not_heard_is_not_noted(world: World, root: Path, admin: Client) -> None:
    call = recorded(world)
    assert admin.get(f"/a/acme/calls/{call.id}/recordings/1/").status_code == 410
    put(root)
    assert admin.get(f"/a/acme/calls/{call.id}/recordings/1/", headers={"Range": "bytes=99999999-"}).status_code == 416
    assert Client().head(link(call)).status_code == 200
    assert lines() == []
