"""The JSON texts of an Attempt, which the portal reads by itself; and values on their way in and out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from switchhook.domain.delivery import NoAnswer, Problem, Timing
from switchhook.store.rows import answer_json, first_id, from_ms, request_json, tail, to_ms
from tests.contracts.making import request, responded


def test_a_requests_secrets_are_masked() -> None:
    kept = json.loads(request_json(request(
        headers=(("X-Api-Key", "hush"), ("Accept", "*/*")), secret_headers=frozenset({"x-api-key"}))))
    assert kept["headers"] == [["X-Api-Key", "••••"], ["Accept", "*/*"]]


@pytest.mark.parametrize(("body", "kept"), [
    (None, None), (b"", ""), ("grüezi \0".encode(), "grüezi \0"), (b"\xff", {"base64": "/w=="}),
])
def test_a_body_is_kept_as_text_where_it_is_text(body: bytes | None, kept: object) -> None:
    assert json.loads(request_json(request(body=body)))["body"] == kept


def test_a_request_is_kept_whole() -> None:
    kept = json.loads(request_json(request()))
    assert (kept["method"], kept["url"]) == ("POST", "https://crm.example/hook")
    assert request_json(None) == "null"


def test_an_answer_is_kept_with_its_timing() -> None:
    assert json.loads(answer_json(responded(503, body_truncated=True))) == {
        "status": 503, "headers": [["Server", "nginx"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]], "body": "ok",
        "truncated": True, "timing": {"total_ms": 48, "connect_ms": 11, "first_byte_ms": 40}}


def test_no_answer_is_kept_with_the_problem() -> None:
    none = NoAnswer(problem=Problem.CONNECTION_REFUSED, detail="Nothing listens there.", timing=Timing(total_ms=3))
    assert json.loads(answer_json(none)) == {
        "problem": "connection_refused", "detail": "Nothing listens there.",
        "timing": {"total_ms": 3, "connect_ms": None, "first_byte_ms": None}}


@pytest.mark.parametrize(("number", "last"), [
    ("+1 (202) 555-0171", "25550171"), ("0012025550171", "25550171"), ("201", "201"), ("", ""), ("anonymous", ""),
    ("²", ""),
])
def test_the_tail_of_a_number_is_its_last_eight_digits(number: str, last: str) -> None:
    assert tail(number) == last


def test_milliseconds_there_and_back() -> None:
    moment = datetime(2026, 3, 4, 10, 41, 55, 123_999, tzinfo=timezone(timedelta(hours=11)))
    assert from_ms(to_ms(moment)) == datetime(2026, 3, 3, 23, 41, 55, 123_000, tzinfo=UTC)


def test_the_first_id_of_a_moment_begins_with_it() -> None:
    assert str(first_id(0x019CB6D01A2B)) == "019cb6d0-1a2b-0000-0000-000000000000"
    assert first_id(-5).int == 0
