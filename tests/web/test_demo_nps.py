"""The demo's integration for the Net Promoter Score example, and the link to its dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from switchhook.domain.recordings import MADE_UP_FILE
from switchhook.web.demo import seed_demo
from switchhook.web.demo_nps import NAME, seed_nps
from switchhook.web.demo_recording import seed_recording
from switchhook.web.models import Account, Call, Integration, Service
from switchhook.web.recordings.recorded import recordings_of
from switchhook.web.tokens.actions import token_of

NPS_URL = "http://127.0.0.1:8003"


def test_scores_go_to_the_program_signed_with_a_secret_that_it_is_told() -> None:
    seed_demo("http://127.0.0.1:8002")
    access = seed_nps(NPS_URL)
    row = Integration.objects.get(name=NAME)
    assert (row.event_type, row.request_url) == ("ivr.option_selected", f"{NPS_URL}/hook")
    assert access.signing_secret.startswith("whsec_")
    assert access.time_zone == "America/New_York"
    assert Account.objects.get().allowed_networks == ["127.0.0.1/32"]


def test_at_the_next_start_it_is_the_same_at_the_port_of_today() -> None:
    seed_demo("http://127.0.0.1:8002")
    first = seed_nps(NPS_URL)
    again = seed_nps("http://127.0.0.1:9003")
    assert (again.signing_secret, again.time_zone) == (first.signing_secret, first.time_zone)
    assert Integration.objects.get(name=NAME).request_url == "http://127.0.0.1:9003/hook"


def test_its_token_hears_and_changes_nothing_and_the_one_before_is_void() -> None:
    seed_demo("http://127.0.0.1:8002")
    first, access = seed_nps(NPS_URL), seed_nps(NPS_URL)
    old, new = token_of(first.api_token), token_of(access.api_token)
    assert old
    assert new
    assert (bool(old.revoked_at), new.revoked_at, new.of_account) == (True, None, True)
    assert set(new.scopes) == {"read", "recordings"}


def test_the_demo_s_calls_can_be_heard(tmp_path: Path) -> None:
    seed_demo("http://127.0.0.1:8002")
    for _ in range(2):
        seed_recording(tmp_path / "recordings")
    service = Service.objects.get()
    call = Call(id=UUID(int=1), recordings=json.dumps([MADE_UP_FILE]), began_ms=1_772_580_000_000,
                ended_ms=1_772_580_030_000)
    (recording,) = recordings_of(call, service)
    assert recording.state == "ready"
    assert 3 < (recording.seconds or 0) < 20


def test_home_links_to_the_dashboard_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    login = seed_demo("http://127.0.0.1:8002")
    client = Client()
    client.post("/login/", {"login": login.email, "password": login.password})
    assert "Net Promoter Score dashboard" not in client.get("/a/example/").text
    monkeypatch.setattr(settings, "SWITCHHOOK", settings.SWITCHHOOK.model_copy(update={"demo_nps_url": NPS_URL}))
    assert f'href="{NPS_URL}/?period=hour"' in client.get("/a/example/").text
