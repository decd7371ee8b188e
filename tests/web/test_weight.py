"""How heavy the portal is: what a browser loads first, and how much code of our own is in it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

import switchhook.web
from tests.web.conftest import World

OWN = Path(switchhook.web.__file__).parent / "static" / "switchhook"
FIRST_LOAD_BYTES = 150_000


def lines(pattern: str) -> int:
    return sum(len(file.read_text().splitlines()) for file in OWN.glob(pattern))


def test_own_javascript_stays_small() -> None:
    assert lines("*.js") < 250


def test_own_styles_stay_small() -> None:
    assert lines("*.css") < 150


@pytest.mark.parametrize("path", ["/login/", "/a/acme/", "/a/acme/live/", "/a/acme/integrations/new/"])
def test_a_first_load_is_light(world: World, admin: Client, client: Client, path: str) -> None:
    """All that the page names, compressed as any proxy and WhiteNoise compress it."""
    page = (client if path == "/login/" else admin).get(path).content
    loaded = {"page": len(gzip.compress(page))}
    for link in re.findall(rb'(?:href|src)="(/static/[^"]+)"', page):
        answer = client.get(link.decode())
        body = b"".join(answer.streaming_content if answer.streaming else [answer.content])  # type: ignore[attr-defined]
        loaded[link.decode()] = len(body) if answer.get("Content-Encoding") else len(gzip.compress(body))
        answer.close()
    assert len(loaded) > 3
    assert sum(loaded.values()) < FIRST_LOAD_BYTES, loaded
