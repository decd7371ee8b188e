"""Two web processes on one database: what is counted is counted for both together."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.fixtures.processes import Half
from tests.fixtures.seed import Seed

LIMIT = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What one request was answered."""

    status: int
    limit: int
    remaining: int
    reset_seconds: int


@pytest.fixture
def webs(half: Callable[..., Half]) -> list[str]:
    """The URLs of two webs."""
    found = [half("web", api_requests_per_minute=LIMIT) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(Half.start, found))
    return [f"http://127.0.0.1:{one.web_port}" for one in found]


def _ask(url: str, token: str) -> Told:
    request = urllib.request.Request(f"{url}/api/v1/services", headers={"Authorization": f"Bearer {token}"})
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        limit, remaining, reset = (int(answer.headers[f"RateLimit-{one}"]) for one in ("Limit", "Remaining", "Reset"))
        return Told(answer.status, limit, remaining, reset)


def _within_a_minute(ask: Callable[[], list[Told]]) -> list[Told]:
    """What was answered, all of it in one minute: a second time where that just turned."""
    for _ in range(3):
        told = ask()
        resets = [one.reset_seconds for one in told]
        if max(resets) - min(resets) < 50:
            return told
    raise AssertionError("a minute turned each time")


def test_a_token_asks_and_a_password_is_tried_at_both_together_so_often_and_no_more(
    webs: list[str], seed: Seed,
) -> None:
    _ask_one_after_the_other(webs, seed)
    _ask_all_at_once(webs, seed)
    pages = [_try(webs[number % 2]) for number in range(8)]
    assert ["Too many failed login attempts" in one for one in pages] == [False] * 5 + [True] * 3


def _ask_one_after_the_other(webs: list[str], seed: Seed) -> None:
    def ask() -> list[Told]:
        token = seed.token()
        return [_ask(webs[number % 2], token) for number in range(LIMIT + 20)]

    told = _within_a_minute(ask)
    assert [one.status for one in told] == [200] * LIMIT + [429] * 20
    assert {one.limit for one in told} == {LIMIT}
    assert {one.remaining for one in told if one.status == 429} == {0}
    for of_one_web in (told[0:LIMIT:2], told[1:LIMIT:2]):
        remaining = [one.remaining for one in of_one_web]
        assert remaining == sorted(remaining, reverse=True)
        assert LIMIT > remaining[0] >= LIMIT - 6  # both have taken a handful of three
        assert remaining[-1] <= 6


def _ask_all_at_once(webs: list[str], seed: Seed) -> None:
    def ask() -> list[Told]:
        token = seed.token()
        with ThreadPoolExecutor(max_workers=8) as threads:
            return list(threads.map(lambda number: _ask(webs[number % 2], token), range(LIMIT * 2)))

    assert sum(one.status == 200 for one in _within_a_minute(ask)) == LIMIT


def _try(url: str) -> str:
    """A browser that nobody knows tries a password; the page that it gets."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(f"{url}/login/", timeout=30).read().decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    form = {"login": "admin@example.com", "password": "guessed", "csrfmiddlewaretoken": token}
    told: str = browser.open(f"{url}/login/", urllib.parse.urlencode(form).encode(), timeout=30).read().decode()
    return told
