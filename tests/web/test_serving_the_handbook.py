"""The handbook in the portal (its pages: tests/docs)."""

from __future__ import annotations

from contextlib import closing

from django.test import Client


def test_the_portal_serves_it_to_everybody_under_a_strict_policy(client: Client) -> None:
    with closing(client.get("/docs/")) as answer:
        assert answer.status_code == 200
        policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
