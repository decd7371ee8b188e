"""What is the same for every request to the API: problems, limits, idempotency, methods, sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from switchhook.web.api import limits
from switchhook.web.models import ApiAnswer, ApiToken, Errand
from tests.web.api.conftest import MakeProgram, Program, problem, told
from tests.web.conftest import World

CORA = {"extension_number": "203", "name": "Cora"}


@pytest.fixture
def users(world: World) -> str:
    return f"/services/{world.service.id}/users"


def test_what_is_sent_twice_with_one_key_is_done_once(users: str, program: Program) -> None:
    first = program.ask("POST", users, CORA, Idempotency_Key="k1")
    again = program.ask("POST", users, CORA, Idempotency_Key="k1")
    assert told(first, 201) == told(again, 201)
    assert (first["Location"], first["ETag"]) == (again["Location"], again["ETag"])
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Errand.objects.count() == 1


def test_a_key_for_another_request_is_refused(users: str, program: Program) -> None:
    program.ask("POST", users, CORA, Idempotency_Key="k1")
    found = program.refused("POST", users, CORA | {"extension_number": "204"}, status=422, Idempotency_Key="k1")
    assert found["code"] == "idempotency_key_reused"


def test_what_failed_may_be_sent_again_with_its_key(users: str, program: Program) -> None:
    program.refused("POST", users, CORA | {"name": ""}, status=422, Idempotency_Key="k1")
    told(program.ask("POST", users, CORA, Idempotency_Key="k1"), 201)


def test_keys_are_each_tokens_own_and_kept_for_a_day(users: str, program: Program, make_program: MakeProgram) -> None:
    told(program.ask("POST", users, CORA, Idempotency_Key="k1"), 201)
    make_program().refused("POST", users, CORA, status=422, Idempotency_Key="k1")  # asked anew: the extension is taken
    ApiAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    found = program.refused("POST", users, CORA, status=422, Idempotency_Key="k1")
    assert found["code"] == "invalid"


def test_kept_answers_are_sealed(users: str, program: Program) -> None:
    program.ask("POST", users, CORA, Idempotency_Key="k1")
    assert "Cora" not in ApiAnswer.objects.get().body_sealed


def test_who_asks_too_often_is_told_when_to_come_back(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    two = settings.SWITCHHOOK.model_copy(update={"api_requests_per_minute": 2})
    monkeypatch.setattr(settings, "SWITCHHOOK", two)
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_012.0)
    answers = [program.ask("GET", "/services") for _ in range(3)]
    assert [one["RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert [one["RateLimit-Reset"] for one in answers] == ["48"] * 3
    found = problem(answers[2], 429)
    assert found["code"] == "too_many_requests"
    assert answers[2]["Retry-After"] == "48"


def test_use_is_written_once_a_minute(program: Program) -> None:
    program.get("/services")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    program.get("/services")
    assert ApiToken.objects.get().last_used_at == used
    ApiToken.objects.update(last_used_at=used - timedelta(seconds=61))
    program.get("/services")
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None
    assert noted > used


def test_where_nothing_is_and_what_does_nothing_is_a_problem(program: Program, users: str) -> None:
    assert program.refused("GET", "/nothing", status=404)["code"] == "not_found"
    assert program.refused("GET", "/services/", status=404)["code"] == "not_found"
    assert program.refused("DELETE", "/services", status=405)["code"] == "method_not_allowed"
    assert program.ask("DELETE", "/services")["Allow"] == "GET"


def test_head_is_get_without_a_body(program: Program) -> None:
    get, head = program.ask("GET", "/services"), program.ask("HEAD", "/services")
    assert (head.status_code, head.content) == (200, b"")
    assert get.content


def test_options_tell_the_methods_to_anybody(users: str) -> None:
    answer = Client().options(f"/api/v1{users}")
    assert (answer.status_code, answer["Allow"]) == (204, "GET, HEAD, OPTIONS, POST, PUT")
    problem(Client().options("/api/v1/nothing"), 404)


@pytest.mark.parametrize(("body", "content_type", "status", "code"), [
    (b"{", "application/json", 400, "malformed"),
    (b"\xff", "application/json", 400, "malformed"),
    (b"extension_number=203", "application/x-www-form-urlencoded", 415, "not_json"),
    (b"[]", "application/json", 422, "invalid"),
    (b"", "application/json", 422, "invalid"),
    (b" " * (1024 * 1024 + 1), "application/json", 413, "too_large"),
])
def test_what_is_no_json_object_of_reasonable_size_is_refused(
    users: str, program: Program, body: bytes, content_type: str, status: int, code: str,
) -> None:
    answer = Client().generic("POST", f"/api/v1{users}", body, content_type=content_type,
                              headers={"Authorization": f"Bearer {program.text}"})
    assert problem(answer, status)["code"] == code


@pytest.mark.parametrize(("method", "path", "body", "said"), [
    ("GET", "/events?limit=0", None, "“limit” should be greater than or equal to 1."),
    ("GET", "/events?service_id=abc", None, "“service_id” should be a UUID."),
    ("GET", "/events?since=yesterday", None, "Write a moment with its offset: 2026-03-04T12:00:00Z."),
    ("POST", "/tokens", [], "The body should be a JSON object."),
    ("POST", "/tokens", {"name": "CRM", "scopes": []}, "“scopes” should have at least 1 item."),
    ("PATCH", "/services/{service}", {"applications_enabled": "x", "country": "Atlantis"},
     "“applications_enabled” should be a boolean. “country” should have at most 2 characters."),
])
def test_what_is_wrong_is_said_with_its_name(
    world: World, program: Program, method: str, path: str, body: object, said: str,
) -> None:
    found = program.refused(method, path.format(service=world.service.id), body, status=422)
    assert found["detail"] == said


def test_a_bug_is_a_problem_that_names_the_request(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from switchhook.web.api import services

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(services, "states_of", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/services", headers={"Authorization": f"Bearer {program.text}"})
    assert "secret detail" not in str(problem(answer, 500))


def test_nothing_of_the_api_is_kept_by_caches(program: Program) -> None:
    assert program.ask("GET", "/services")["Cache-Control"] == "no-store"
