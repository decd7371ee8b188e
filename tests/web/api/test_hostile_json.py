"""Every operation that takes a body, sent JSON that no program would write: it is answered with a problem or done,
never with an error of ours, and nothing is stored that a database would not take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from switchhook.web.api.examples import BODIES
from switchhook.web.models import ApiToken, Service
from tests.web.api.conftest import Program
from tests.web.api.test_walk import DOCUMENT
from tests.web.conftest import World
from tests.web.furnished import furnish

#: Written as they are into the body, in the place of one value.
VALUES = (
    b'"\\ud800"', b'"a\\u0000b"', b'"\\r\\nX-Evil: 1"', b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 5_000, b"-1",
    b"1.5", b"true", b"null", b'""', b"[]", b"{}", b"[" * 90 + b"]" * 90, b'{"a":' * 90 + b"1" + b"}" * 90,
    b'"' + b"x" * 20_000 + b'"', b'"=cmd|calc"', b'"{{ 7*7 }}{nothing}"', "\"аррӏе.example\"".encode(),
    b'"http://[::1"', b'"2026-13-45T99:99:99Z"', b'"9999-12-31T23:59:59+14:00"', b'"0001-01-01T00:00:00-14:00"')
#: Sent in the place of the whole body.
WHOLE = (
    b"", b" ", b"null", b"[]", b'""', b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b"\xed\xa0\x80", b"[" * 200_000,
    b'{"a":' * 100_000, b'{"name": 1, "name": 2}', b'{"\\u0000": 1}', b'{"\\ud800": 1}', b"9" * 900_000)
OPERATIONS = sorted(
    (method.upper(), path, one["operationId"]) for path, methods in DOCUMENT["paths"].items()
    for method, one in methods.items() if "requestBody" in one)
HOLE = "7f3a-the-hole"


def _holes(body: Any) -> Iterator[Any]:
    """The body with a hole in the place of each of its values."""
    match body:
        case dict():
            for name, value in body.items():
                yield body | {name: HOLE}
                yield from (body | {name: one} for one in _holes(value))
        case list():
            for place, value in enumerate(body[:1]):
                yield from ([*body[:place], one, *body[place + 1:]] for one in (HOLE, *_holes(value)))
        case _:
            return


def _bodies(operation: str) -> Iterator[bytes]:
    yield from WHOLE
    for holed in _holes(json.loads(json.dumps(BODIES.get(operation, {})))):
        before, _, after = json.dumps(holed).encode().partition(f'"{HOLE}"'.encode())
        yield from (before + value + after for value in VALUES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[one[2] for one in OPERATIONS])
def test_hostile_json_is_answered_with_words(
    method: str, path: str, operation: str, world: World, make_program: Callable[..., Program],
) -> None:
    furnished = furnish(world)
    program = make_program()
    values = {name: str(value) for name, value in furnished.values.items()} | {"user": "201"}
    url = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "custom"), path)
    client, tried = Client(raise_request_exception=False), 0
    for body in _bodies(operation):
        ApiToken.objects.update(counted=0, counted_minute=0)  # what it asked is forgotten: it asks a lot
        answer = client.generic(method, f"/api/v1{url}" if not url.startswith("/api") else url, body,
                                content_type="application/json", headers={"Authorization": f"Bearer {program.text}"})
        tried += 1
        assert answer.status_code < 500, (body[:200], answer.content)
        if answer.status_code >= 400:
            assert json.loads(answer.content)["detail"], body[:200]
    assert tried > len(WHOLE)
    with connection.cursor() as cursor:
        for table in ("integration", "pbx_user", "service", "invitation", "api_token", "errand", "inbox"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "\\u0000" not in repr(cursor.fetchall()), table
    assert Service.objects.filter(id=world.service.id).exists()
