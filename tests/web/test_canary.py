"""Canaries: secrets that are used everywhere and must be found nowhere. Real engine, real web, receivers that say
back whatever they get; then the database, the logs, every page, the API and the export are searched for them."""

from __future__ import annotations

import asyncio
import hashlib
import http.cookiejar
import io
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID, uuid4
from zipfile import ZipFile

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from switchhook.domain.catalogue import EventType
from switchhook.domain.service import UserDatabase
from tests.fixtures.processes import Half, post_json, wait_until
from tests.fixtures.receiver import Behaviour, Got, Receiver, answering
from tests.fixtures.seed import Seed

CANARIES = {
    kind: f"canary-{kind}/7f3a+\"äß" if kind in ("password", "header") else f"canary-{kind}-7f3a" for kind in (
        "password", "token", "header", "pbx", "api", "intake", "login", "apikey", "database")}
SIGNING = "whsec_" + b64encode(b"canary-signing-7f3a-32-bytes-here").decode()
API_TOKEN = "swh_" + CANARIES["api"]


def _needles() -> Iterator[bytes]:
    """Each canary in the spellings in which it could turn up."""
    for text in (*CANARIES.values(), SIGNING, "canary-signing-7f3a", f"crm:{CANARIES['password']}"):
        spellings = {text, quote(text), quote(text, safe=""), json.dumps(text)[1:-1],
                     json.dumps(text).replace("/", "\\/")[1:-1], b64encode(text.encode()).decode().rstrip("=")}
        yield from (one.encode() for one in spellings)
    yield b"canary-"  # whatever else


def _found(text: bytes) -> list[bytes]:
    return sorted({one for one in _needles() if one in text})


def echoing(status: int = 200) -> Behaviour:
    """Says back all that it got: in the body as JSON, decoded where it can, and in headers."""

    async def behave(got: Got, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        sent = dict(got.headers)
        kind, _, credentials = sent.get("Authorization", "").partition(" ")
        if kind == "Basic":
            sent["decoded"] = b64decode(credentials).decode()
            sent["password"] = sent["decoded"].partition(":")[2]
        body = json.dumps({"got": sent, "target": got.target}).encode() + repr(sent).encode() + \
            "&".join(f"{name}={quote(value)}" for name, value in sent.items()).encode()
        location = "https://login.example/?" + urllib.parse.urlencode({"token": credentials or sent.get("X-Key", "")})
        return await answering(status, body, Location=location, X_Echo=credentials or "none")(got, reader, writer)

    return behave


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, route)
        elif isinstance(one.pattern, RoutePattern):
            yield route


class Walker:
    """The operator's browser, and a program with an API token."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str, **headers: str) -> bytes:
        """All that comes back: headers and body, whatever the status."""
        request = urllib.request.Request(self.base + path, headers=headers)
        try:
            with self._opener.open(request, timeout=30) as answer:
                return bytes(answer.headers) + answer.read()
        except urllib.error.HTTPError as error:
            return bytes(error.headers) + error.read()

    def log_in(self, email: str, password: str) -> None:
        page = self.get("/login/").decode()
        [token] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[:1]
        form = urllib.parse.urlencode({"login": email, "password": password, "csrfmiddlewaretoken": token}).encode()
        self._opener.open(urllib.request.Request(self.base + "/login/", form, {"Referer": self.base + "/login/"}))
        assert b"Log out" in self.get("/me/")


def _tables(seed: Seed) -> list[str]:
    if seed.is_sqlite:
        return [row["name"] for row in seed.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [row["table_name"] for row in seed.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")]


async def test_no_secret_is_found_anywhere(
    half: Callable[..., Half], seed: Seed, database_url: str, receiver: Receiver, other_receiver: Receiver,
) -> None:
    account = seed.account(slug="acme", name="Acme", allowed_networks=["127.0.0.0/8"])
    connection = seed.connection(secret=CANARIES["pbx"], host="127.0.0.1", port=9, platform="freeswitch")
    seed.user_database(connection, UserDatabase(
        connection_id=connection, host="127.0.0.1", port=9, secret=CANARIES["database"]))
    service = seed.service(account, connection_id=connection,
                           intake_token_hash=hashlib.sha256(CANARIES["intake"].encode()).hexdigest())
    common = {"event_type": EventType.INBOUND_RECEIVED, "signing": [SIGNING]}
    integrations = [
        seed.integration(account, service, authentication_type="basic", username="crm", password=CANARIES["password"],
                         request_url=receiver.url(), name="Basic", **common),
        seed.integration(account, service, authentication_type="token", token=CANARIES["token"],
                         request_url=other_receiver.url(), name="Token", **common),
        seed.integration(account, service, request_url=receiver.url(), name="Header", headers=[
            {"name": "X-Key", "value": CANARIES["header"], "secret": True},
            {"name": "X-Api-Key", "value": CANARIES["apikey"], "secret": True}], **common),
    ]
    person = seed.insert("person", {
        "id": uuid4(), "email": "operator@example.com", "is_active": True, "is_superuser": True,
        "password": PBKDF2PasswordHasher().encode(CANARIES["login"], "salt", iterations=1_000_000)})
    seed.insert("api_token", {
        "id": uuid4(), "account_id": account, "made_by_id": person, "name": "CRM", "services": [],
        "hash": hashlib.sha256(API_TOKEN.encode()).hexdigest(), "scopes": ["read"]})
    receiver.behave(echoing())
    other_receiver.behave(echoing(302), echoing(500), echoing())
    engine, web = half("engine", log_level="DEBUG"), half("web", log_level="DEBUG")
    await asyncio.to_thread(engine.start)
    await asyncio.to_thread(web.start)
    call = {"id": "a", "type": "call.inbound_received", "call_id": "1.2",
            "fields": {"source_number": "12025550171", "destination_number": "12025550101"}}
    status, told = await asyncio.to_thread(
        post_json, f"http://127.0.0.1:{engine.intake_port}/v1/services/{service}/events", json.dumps(call).encode(),
        {"Authorization": f"Bearer {CANARIES['intake']}"})
    assert status == 202, told
    await asyncio.to_thread(wait_until, lambda: len(seed.rows("SELECT 1 FROM attempt")) >= 3, "three attempts")
    for one in (receiver, other_receiver):
        assert any("canary" in value or b64encode(b"crm:can").decode()[:8] in value
                   for got in one.requests for _, value in got.headers)  # they were used
    pages = await asyncio.to_thread(_walk, web, seed, account, service, connection, integrations)
    assert len(pages) > 60

    for path, page in pages.items():
        assert _found(page) == [], path
    for one in (engine, web):
        assert _found(one.log_path.read_bytes()) == [], one.verb
    for table in _tables(seed):
        text = "\n".join(str(value) for row in seed.rows(f"SELECT * FROM {table}") for value in row.values())
        assert _found(text.encode()) == [], table
    if seed.is_sqlite:
        path = Path(unquote(urlsplit(database_url).path))
        for file in path.parent.glob(path.name + "*"):
            assert _found(file.read_bytes()) == [], file.name


def _walk(
    web: Half, seed: Seed, account: UUID, service: UUID, connection: UUID, integrations: list[UUID],
) -> dict[str, bytes]:
    """Every page that the URL configuration knows, for each of the integrations and deliveries; the API; the export."""
    walker = Walker(f"http://127.0.0.1:{web.web_port}")
    walker.get("/api/v1/services", Authorization=f"Bearer {API_TOKEN}x")  # a wrong one is not said back either
    walker.log_in("operator@example.com", CANARIES["login"])
    deliveries = [str(UUID(str(row["id"]))) for row in seed.rows("SELECT id FROM delivery")]
    [event] = [str(UUID(str(row["id"]))) for row in seed.rows("SELECT id FROM event")]
    pages = {}
    for route in _routes(get_resolver().url_patterns):
        for number, integration in enumerate(integrations):
            path = "/" + route
            for name, value in {
                "<slug:account>": "acme", "<uuid:service_id>": service, "<uuid:connection_id>": connection,
                "<uuid:account_id>": account, "<uuid:integration_id>": integration, "<uuid:event_id>": event,
                "<uuid:delivery_id>": deliveries[number], "<str:token>": "none", "{user}": "201",
            }.items():
                path = path.replace(name, str(value))
            if path.startswith("/logout") or "<" in path or path in pages:
                continue
            headers = {"Authorization": f"Bearer {API_TOKEN}"} if path.startswith("/api/") else {}
            pages[path] = walker.get(path, **headers)
            if path.endswith("/export/") and b"PK\3\4" in pages[path]:  # of an account; of integrations it is a text
                with ZipFile(io.BytesIO(pages[path][pages[path].index(b"PK\3\4"):])) as archive:
                    pages[path] = b"".join(archive.read(name) for name in archive.namelist())
                    assert b'"password": true' not in pages[path]
    return pages
