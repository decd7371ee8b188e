"""A request that keeps the database busy for too long is broken off, and says what to do; what follows goes on."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from switchhook.web.urls import urlpatterns
from tests.fixtures.databases import KEYS
from tests.fixtures.processes import Half
from tests.fixtures.seed import Seed

ENDLESS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000000) SELECT count(*) FROM n"


@login_not_required
def endless(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS)
    raise AssertionError("it ended")


class Urls:
    urlpatterns: ClassVar = [path("endless/", endless), *urlpatterns]


@pytest.fixture
def impatient() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF=Urls, SWITCHHOOK=settings.SWITCHHOOK.model_copy(update={"web_request_seconds": 0.2}),
    ):
        yield


def test_a_page_on_sqlite_is_broken_off_and_the_next_one_is_answered(impatient: None, client: Client) -> None:
    for _ in range(2):
        answer = client.get("/endless/")
        assert answer.status_code == 503
        assert "took longer than 0.2 seconds" in answer.content.decode()
        assert client.get("/login/").status_code == 200


@pytest.fixture
def database_url(pooled_url: str) -> str:
    return pooled_url


@contextmanager
def _locked(postgres_url: str) -> Iterator[None]:
    """Whoever reads the services waits for as long as this lasts."""
    with psycopg.connect(postgres_url) as holder:
        holder.execute("LOCK TABLE service IN ACCESS EXCLUSIVE MODE")
        yield


def test_the_api_behind_pgbouncer_is_broken_off_and_the_next_request_is_answered(
    half: Callable[..., Half], postgres_url: str,
) -> None:
    with Seed(postgres_url, KEYS) as seed:
        token = seed.token()
    web = half("web", web_request_seconds=1)
    web.start()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{web.web_port}/api/v1/services", headers={"Authorization": f"Bearer {token}"})
    with _locked(postgres_url), pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=60)
    with refused.value as answer:
        problem = json.loads(answer.read())
    assert (problem["status"], problem["code"]) == (503, "took_too_long")
    assert "Ask for less" in problem["detail"]
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.status == 200
