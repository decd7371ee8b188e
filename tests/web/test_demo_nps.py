"""The demo's integration for the Net Promoter Score example, and the link to its dashboard."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from switchhook.web.demo import seed_demo
from switchhook.web.demo_nps import NAME, seed_nps
from switchhook.web.models import Account, Integration

NPS_URL = "http://127.0.0.1:8003"


def test_scores_go_to_the_program_signed_with_a_secret_that_it_is_told() -> None:
    seed_demo("http://127.0.0.1:8002")
    secret, time_zone = seed_nps(NPS_URL)
    row = Integration.objects.get(name=NAME)
    assert (row.event_type, row.request_url) == ("ivr.option_selected", f"{NPS_URL}/hook")
    assert secret.startswith("whsec_")
    assert time_zone == "America/New_York"
    assert Account.objects.get().allowed_networks == ["127.0.0.1/32"]


def test_at_the_next_start_it_is_the_same_at_the_port_of_today() -> None:
    seed_demo("http://127.0.0.1:8002")
    first = seed_nps(NPS_URL)
    assert seed_nps("http://127.0.0.1:9003") == first
    assert Integration.objects.get(name=NAME).request_url == "http://127.0.0.1:9003/hook"


def test_home_links_to_the_dashboard_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    login = seed_demo("http://127.0.0.1:8002")
    client = Client()
    client.post("/login/", {"login": login.email, "password": login.password})
    assert "Net Promoter Score dashboard" not in client.get("/a/example/").text
    monkeypatch.setattr(settings, "SWITCHHOOK", settings.SWITCHHOOK.model_copy(update={"demo_nps_url": NPS_URL}))
    assert f'href="{NPS_URL}/?period=hour"' in client.get("/a/example/").text
