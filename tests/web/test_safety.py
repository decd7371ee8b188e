"""Safe by default: what Django's own check finds, headers and cookies behind TLS, and how large a request may be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from tests.fixtures.processes import Half

from .conftest import World

SETTINGS = """
import json
from django.conf import settings
names = ("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS",
         "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SECURE_CONTENT_TYPE_NOSNIFF")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def _django(state_dir: Path, *arguments: str, **ours: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SWITCHHOOK_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=clean | {
            "DJANGO_SETTINGS_MODULE": "switchhook.web.django_settings", "SWITCHHOOK_STATE_DIR": str(state_dir),
            "SWITCHHOOK_SECRET_KEYS": "kF3uVgkS0pQ6m4xT1yZ8wB2nR7cJ5hLd9aEoUiXq-Gs"} | ours)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_djangos_check_of_a_deployment_finds_nothing(tmp_path: Path) -> None:
    told = _django(tmp_path, "-m", "django", "check", "--deploy", "--fail-level", "WARNING",
                   SWITCHHOOK_PUBLIC_URL="https://hooks.example.com")
    assert "System check identified no issues" in told


def test_the_checks_that_we_silence_are_two_and_say_why() -> None:
    source = Path("src/switchhook/web/django_settings.py")
    text = (Path(__file__).resolve().parents[2] / source).read_text()
    assert set(settings.SILENCED_SYSTEM_CHECKS) == set(re.findall(r'"(security\.W\d+)",  # \w', text))


def test_behind_tls_cookies_are_secure_and_hsts_is_on(tmp_path: Path) -> None:
    told = _django(tmp_path, "-c", SETTINGS, SWITCHHOOK_PUBLIC_URL="https://hooks.example.com")
    for one in ('"DEBUG": false', '"SESSION_COOKIE_SECURE": true', '"CSRF_COOKIE_SECURE": true',
                '"SECURE_HSTS_SECONDS": 31536000', '"SESSION_COOKIE_HTTPONLY": true', '"CSRF_COOKIE_HTTPONLY": true',
                '"SESSION_COOKIE_SAMESITE": "Lax"', '"SECURE_CONTENT_TYPE_NOSNIFF": true'):
        assert one in told


def test_without_any_setting_nothing_is_open_to_others(tmp_path: Path) -> None:
    told = _django(tmp_path, "-c", SETTINGS, DEBUG="1", DJANGO_DEBUG="true")  # names that others use change nothing
    assert '"DEBUG": false' in told
    assert '"ALLOWED_HOSTS": ["127.0.0.1", "127.0.0.1", "localhost"' in told


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/login/", HTTP_HOST="evil.example").status_code == 400


def test_every_kind_of_answer_has_the_safe_headers(world: World, admin: Client, client: Client) -> None:
    answers = [client.get("/login/"), client.get("/nothing/here"), admin.get("/a/acme/"), admin.get("/a/none/"),
               client.get("/brand.css"), client.get("/healthz"), client.get("/api/v1/services"),
               admin.post("/a/acme/pbx/"), client.get("/api/v1/openapi.json")]
    for answer in answers:
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_page_behind_the_login_is_kept_by_no_proxy(world: World, admin: Client, client: Client) -> None:
    for path in ("/a/acme/", "/a/acme/calls/", "/me/", "/a/none/"):
        assert admin.get(path)["Cache-Control"] == "private, no-cache"
    assert "max-age=604800" in admin.get("/brand.css")["Cache-Control"]  # the same for all
    assert "no-store" in admin.get("/a/acme/calls.csv")["Cache-Control"]
    assert "Cache-Control" not in client.get("/healthz")


def test_a_form_of_another_site_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(f"/a/acme/pbx/{world.service.id}/name/", {"friendly_name": "Taken"})
    assert answer.status_code == 403
    world.service.refresh_from_db()
    assert world.service.friendly_name == "Head Office"


def test_logins_are_tried_so_often_and_no_more(world: World, client: Client) -> None:
    from django.core.cache import cache

    cache.clear()
    told = ""
    for _ in range(12):
        told = client.post("/login/", {"login": "admin@example.com", "password": "wrong"}).content.decode()
    assert "Too many failed login attempts" in told
    right = client.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    assert right.status_code == 200  # not let in
    cache.clear()


def test_another_host_or_port_gives_no_further_tries_of_a_password(world: World, client: Client) -> None:
    from django.core.cache import cache

    cache.clear()
    told = [client.post("/login/", {"login": "Admin@example.com", "password": "wrong"}, HTTP_HOST=host).content.decode()
            for host in ("localhost", "127.0.0.1", "localhost:1", "localhost:2", "localhost:3", "localhost:4")]
    assert ["Too many failed login attempts" in one for one in told] == [False] * 5 + [True]
    cache.clear()


def test_filling_the_cache_with_others_counts_throws_none_out(world: World, client: Client) -> None:
    from django.core.cache import cache

    cache.clear()
    for _ in range(6):
        client.post("/login/", {"login": "admin@example.com", "password": "wrong"})
    cache.set_many({f"z{number}": [1.0] for number in range(700)}, 300)
    told = client.post("/login/", {"login": "admin@example.com", "password": "correct horse battery"})
    assert "Too many failed login attempts" in told.content.decode()
    cache.clear()


def test_nothing_that_we_serve_is_from_elsewhere() -> None:
    for name in ("portal.css", "integrations.css", "calls.css", "portal.js"):
        found = finders.find(f"switchhook/{name}")
        assert isinstance(found, str)
        assert "//" not in re.sub(r"/\*.*?\*/|//.*|http://www\.w3\.org/\S+", "", Path(found).read_text(), flags=re.S)


def test_a_request_that_is_too_large_is_refused_before_it_is_read(half: Callable[..., Half]) -> None:
    web = half("web")
    web.start()
    asking = HTTPConnection("127.0.0.1", web.web_port, timeout=30)
    asking.putrequest("POST", "/login/")
    asking.putheader("Content-Length", str(1024**3))
    asking.endheaders()
    assert asking.getresponse().status == 413
    asking.close()
    again = HTTPConnection("127.0.0.1", web.web_port, timeout=30)
    again.request("GET", "/healthz")
    assert again.getresponse().status == 200
    again.close()


def test_a_body_that_is_too_large_is_read_to_its_end_and_answered_with_what_to_do(half: Callable[..., Half]) -> None:
    web = half("web")
    web.start()
    for body in (b"x" * 5_000_000, iter([b"x" * 1_100_000])):  # with its length, and in chunks of any
        asking = HTTPConnection("127.0.0.1", web.web_port, timeout=30)
        asking.request("POST", "/login/", body, {"Accept-Language": "de"}, encode_chunked=True)
        answer = asking.getresponse()
        assert answer.status == 413
        assert "größer als 1 MiB" in answer.read().decode()
        assert answer.headers["Content-Security-Policy"]
        asking.close()
    asking = HTTPConnection("127.0.0.1", web.web_port, timeout=30)
    asking.request("POST", "/api/v1/integrations", b"x" * 5_000_000)
    answer = asking.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (401, "unauthenticated")
    asking.close()


def test_a_portal_under_another_host_name_says_what_to_set(client: Client) -> None:
    answer = client.get("/login/", headers={"host": "portal.example.net"})
    assert answer.status_code == 400
    assert "SWITCHHOOK_PUBLIC_URL" in answer.content.decode()
