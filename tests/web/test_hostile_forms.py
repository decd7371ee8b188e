"""Every form that a page shows, posted with what no person would type; every page asked with what no link has.

The forms are found by walking the URL configuration and reading the pages, so that a new one is tried, too. Whatever
comes: an answer that says something, never an error of ours; and nothing is stored that a database would not take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_plus, urljoin, urlsplit

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchhook.domain.catalogue import EventType
from switchhook.web.models import Inbox
from tests.web.made_up import SENT, House, answered, attempt

from .conftest import World
from .test_tenancy import OF_ACCOUNT, OF_OPERATOR

FEW = 5  # for each page with forms
MANY = 100
EVERY = 3  # of the values that a page is asked with
HOSTILE = [
    b"", b" ", b"\x00", b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x92\xa9" * 50, b"a\r\nX-Evil: 1",
    b"\n" * 50, b"<script>alert(1)</script>", b"\"><img src=x onerror=alert(1)>", b"' OR 1=1 --",
    b"{{ 7*7 }}{% debug %}", b"{", b"}", b"{source_number}{nothing}", b"${jndi:ldap://x}", b"../../etc/passwd",
    b"%s%n%x", b"\xe2\x80\xae" + b"gnp.exe", "аррӏе.example".encode(), "http://аррӏе.example/".encode(),
    b"http://[::1", b"http://a:99999999/", b"javascript:alert(1)", b"http://user:pass@127.0.0.1/\r\nHost: x", b"-1",
    b"0", b"99999999999999999999999", b"1e309", b"NaN", b"-0.0", "٣٤".encode(), "²".encode(), b"x" * 5_000,
    b"9" * 5_000, b"[" * 2_000, b"1,2,3", b"None", b"null", b"true", b"on", b"00000000-0000-0000-0000-000000000000",
    b"2026-13-45T99:99", b"(a+)+$", b"*" * 300, b"[!" * 200, b"/16", b"0.0.0.0/0", b"10.0.0.0/33",
    b"Europe/../Berlin", b"\xc2\x85\xe2\x80\xa8", b"=cmd|' /C calc'!A0", b"A" * 250 + b"@example.com",
]
OK = {200, 204, 301, 302, 304, 400, 403, 404, 405, 409, 410, 413, 422, 429}
tried: Counter[str] = Counter()


@dataclass(slots=True)
class Form:
    """A form as a page shows it: where it goes, and what stands in it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """Reads a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given_ = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given_.get("action", ""), given_.get("method", "get").lower()))
        elif self.found and tag in ("input", "textarea", "button") and given_.get("name"):
            if given_.get("type") not in ("checkbox", "radio") or "checked" in given_:
                self.found[-1].fields.append((given_["name"], given_.get("value", "")))
        elif self.found and tag == "select":
            self._select = given_.get("name", "")
        elif tag == "option" and self._select and self.found and "selected" in given_:
            self.found[-1].fields.append((self._select, given_.get("value", "")))
        if tag == "select" and self.found:
            self.found[-1].fields.append((self._select, ""))


@pytest.fixture
def path_of(world: World) -> Callable[[str], str]:
    """A route filled in with something that is there."""
    house = House(world)
    integration = house.integration(EventType.INBOUND_ANSWERED)
    event = house.event()
    delivery = house.delivery(event, integration, state="failed")
    attempt(delivery, 1, answered(500), SENT)
    call = house.call({"kind": "fact", "text": "It rings."})
    Inbox.objects.create(account=world.account)
    values = {
        "<slug:account>": world.account.slug, "<uuid:service_id>": world.service.id, "<uuid:event_id>": event.id,
        "<uuid:user_id>": world.users[0].id, "<uuid:integration_id>": integration.id, "<uuid:call_id>": call.id,
        "<uuid:connection_id>": world.connection.id, "<uuid:account_id>": world.account.id,
        "<uuid:delivery_id>": delivery.id, "<uuid:member_id>": world.account.members.get(person=world.viewer).id,
    }

    def path(route: str) -> str:
        for name, value in values.items():
            route = route.replace(name, str(value))
        return "" if "<" in route else "/" + route

    return path


def _pages(routes: list[str]) -> list[str]:
    return [one for one in routes if "errand_id" not in one and "token_id" not in one and "request_id" not in one]


def _encoded(pairs: list[tuple[str, bytes]]) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()


def _ways_out(path: str) -> bool:
    return urlsplit(path).path.startswith(("/logout", "/theme"))


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
@pytest.mark.parametrize("route", _pages(OF_ACCOUNT + OF_OPERATOR))
def test_no_form_breaks_over_what_is_posted(
    route: str, examples: int, path_of: Callable[[str], str], operator: Client, world: World,
) -> None:
    path = path_of(route)
    page = operator.get(path) if path else None
    forms = [] if page is None or page.status_code != 200 or page.streaming else [
        one for one in Forms(page.content.decode()).found if one.method == "post" and not _ways_out(one.action)]
    if not forms:
        return

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))
    @given(st.data())
    def post(data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(forms))
        names = sorted({name for name, _ in form.fields} - {"csrfmiddlewaretoken"})
        hostile = {name: data.draw(st.sampled_from(HOSTILE) | st.binary(max_size=80), label=name)
                   for name in data.draw(st.lists(st.sampled_from(names), max_size=4, unique=True), label="names")} \
            if names else {}
        pairs = [(name, hostile.get(name, value.encode("utf-8", "replace"))) for name, value in form.fields]
        tried[route] += 1
        answer = operator.post(urljoin(path, form.action) or path, _encoded(pairs),
                               content_type="application/x-www-form-urlencoded")
        assert answer.status_code in OK
        assert "\n" not in answer.get("Location", "")

    post()
    assert tried[route] >= 1
    _nothing_unstorable()


@pytest.mark.parametrize("route", _pages(OF_ACCOUNT + OF_OPERATOR))
def test_no_page_breaks_over_its_query(route: str, path_of: Callable[[str], str], operator: Client) -> None:
    path = path_of(route)
    page = operator.get(path) if path else None
    if page is None or page.status_code != 200 or page.streaming:
        return
    names = sorted({name for one in Forms(page.content.decode()).found if one.method == "get" for name, _ in one.fields}
                   | {"page", "q", "before", "after", "state", "event", "next", "to", "test"})
    for number, hostile in enumerate(HOSTILE[len(route) % EVERY :: EVERY]):
        name = names[number % len(names)]
        answer = operator.get(f"{path}?{quote_plus(name)}={quote_plus(hostile)}")
        assert answer.status_code in OK, (name, hostile)
        tried[route] += 1


@pytest.mark.parametrize("path", ["/login/", "/password/", "/me/", "/me/password/", "/login/once/x/", "/theme/"])
def test_no_form_of_the_way_in_breaks(path: str, world: World, client: Client, admin: Client) -> None:
    for browser in (client, admin):
        for hostile in HOSTILE:
            names = ("login", "email", "password", "name", "next", "theme", "oldpassword", "password1", "password2")
            answer = browser.post(path, _encoded([(name, hostile) for name in names]),
                                  content_type="application/x-www-form-urlencoded")
            assert answer.status_code in OK
            assert not urlsplit(answer.get("Location", "")).netloc  # and leads nowhere else


def test_a_megabyte_in_one_field_is_refused_with_what_to_do(world: World, admin: Client) -> None:
    url = f"/a/acme/pbx/{world.service.id}/name/"
    assert admin.post(url, {"friendly_name": "x" * 900_000}).status_code == 200  # the form says that it is too long
    answer = admin.post(url, _encoded([("friendly_name", b"x" * (1024 * 1024 + 1))]),
                        content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "larger than 1 MiB" in answer.content.decode()
    answer = admin.post(url, _encoded([("a", b"1")] * 2000), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert "nothing was changed" in answer.content.decode()


def _nothing_unstorable() -> None:
    """PostgreSQL takes no NUL, and nobody's UTF-8 has halves of surrogate pairs."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for text in _texts(cursor.fetchall()):
                assert "\0" not in text, table
                assert "\\u0000" not in text, table  # in a JSON column
                text.encode()


def _texts(rows: list[tuple[object, ...]]) -> Iterator[str]:
    for row in rows:
        yield from (value for value in row if isinstance(value, str))
