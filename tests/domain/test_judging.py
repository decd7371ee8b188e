"""Judging: what an answer means, when the next attempt is, and the sentences that people read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.delivery import (
    Answer,
    Delivered,
    DeliveryState,
    DisableIntegration,
    GiveUp,
    NoAnswer,
    Problem,
    Responded,
    Timing,
    TryAgain,
    Verdict,
)
from switchhook.domain.explaining import advice, explain
from switchhook.domain.judging import LAST_CHANCE, LONGEST_RETRY_AFTER, judge, next_delay, retry_after
from tests.domain.examples import NOW, texts

A_DAY = timedelta(hours=24)
TIMING = Timing(total_ms=12)

any_headers = st.lists(
    st.tuples(st.sampled_from(["Retry-After", "retry-after", "Location", "X"]), texts), max_size=3).map(tuple)
answers = st.builds(
    Responded, status=st.integers(100, 999), headers=any_headers, body=st.binary(), body_truncated=st.booleans(),
    timing=st.just(TIMING),
) | st.builds(NoAnswer, problem=st.sampled_from(Problem), detail=texts, timing=st.just(TIMING))


def answered(status: int, **headers: str) -> Responded:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Responded(status=status, headers=pairs, body=b"", body_truncated=False, timing=TIMING)


def unanswered(problem: Problem, detail: str = "") -> NoAnswer:
    return NoAnswer(problem=problem, detail=detail, timing=TIMING)


def judged(
    answer: Answer, *, attempt: int = 1, expires_in: timedelta = A_DAY, jitter: float = 0.0, placeholders: bool = False,
) -> Verdict:
    return judge(answer, now=NOW, attempt=attempt, expires_at=NOW + expires_in, jitter=jitter,
                 url_has_placeholders=placeholders)


def wait_after(answer: Answer, *, attempt: int = 1, expires_in: timedelta = A_DAY) -> timedelta:
    verdict = judged(answer, attempt=attempt, expires_in=expires_in)
    assert isinstance(verdict, TryAgain)
    return verdict.at - NOW


# -- the verdict ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 207, 299])
def test_any_2xx_is_success(status: int) -> None:
    assert judged(answered(status)) == Delivered()


@pytest.mark.parametrize("answer", [
    *(answered(status) for status in (100, 301, 304, 307, 400, 401, 403, 404, 409, 429, 500, 503, 599, 999)),
    *(unanswered(problem) for problem in Problem),
], ids=lambda answer: str(answer.status if isinstance(answer, Responded) else answer.problem))
def test_everything_else_is_tried_again(answer: Answer) -> None:
    assert isinstance(judged(answer), TryAgain)


def test_410_disables_the_integration_unless_its_url_has_placeholders() -> None:
    assert judged(answered(410)) == DisableIntegration(why="The server answered 410 Gone.")
    assert isinstance(judged(answered(410), placeholders=True), TryAgain)


def test_a_delivery_that_is_past_its_expiry_is_given_up() -> None:
    verdict = judged(answered(500), expires_in=timedelta(0))
    assert isinstance(verdict, GiveUp)
    assert verdict.state is DeliveryState.EXPIRED
    assert verdict.why.startswith("The server answered 500 Internal Server Error.")


# -- when ----------------------------------------------------------------------------------------------------------


def test_the_schedule_is_5_s_30_s_2_min_10_min_30_min_2_h_5_h_and_10_h_from_then_on() -> None:
    assert [next_delay(attempt, 0).total_seconds() for attempt in range(1, 11)] == [
        5, 30, 120, 600, 1800, 7200, 18000, 36000, 36000, 36000]
    assert next_delay(1, 1) == timedelta(seconds=6)
    assert next_delay(1, -1) == timedelta(seconds=4)


@given(attempt=st.integers(), jitter=st.floats(allow_nan=False))
def test_every_delay_is_between_4_seconds_and_12_hours(attempt: int, jitter: float) -> None:
    assert timedelta(seconds=4) <= next_delay(attempt, jitter) <= timedelta(hours=12)


@given(answer=answers, attempt=st.integers(1, 50), jitter=st.floats(-1, 1), expires_in=st.integers(-9, 10 ** 6))
def test_the_next_attempt_is_never_at_once_never_too_late_and_never_after_more_than_a_day(
    answer: Answer, attempt: int, jitter: float, expires_in: int,
) -> None:
    expires = timedelta(seconds=expires_in)
    verdict = judged(answer, attempt=attempt, jitter=jitter, expires_in=expires)
    if isinstance(verdict, TryAgain):
        wait = verdict.at - NOW
        assert min(next_delay(attempt, jitter), LAST_CHANCE) <= wait < expires
        assert wait <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize("expires_in", [30, 60, 600, 24 * 3600, 3 * 24 * 3600])
def test_attempts_that_all_fail_come_to_an_end_just_before_the_delivery_expires(expires_in: int) -> None:
    now, expires_at, at = NOW, NOW + timedelta(seconds=expires_in), [NOW]
    for attempt in range(1, 100):
        verdict = judge(answered(500), now=now, attempt=attempt, expires_at=expires_at, jitter=0.0,
                        url_has_placeholders=False)
        if not isinstance(verdict, TryAgain):
            break
        now = verdict.at
        at.append(now)
    assert len(at) < 20
    assert expires_at - at[-1] <= 2 * LAST_CHANCE


def test_a_receiver_can_ask_for_more_time_but_not_for_less() -> None:
    assert wait_after(answered(503, Retry_After="120")) == timedelta(seconds=120)
    assert wait_after(answered(503, retry_after="1")) == timedelta(seconds=5)
    assert wait_after(answered(503, Retry_After=format_datetime(NOW + timedelta(minutes=7)))) == timedelta(minutes=7)
    assert wait_after(answered(503, Retry_After=format_datetime(NOW - timedelta(minutes=7)))) == timedelta(seconds=5)


def test_no_receiver_can_put_us_off_for_more_than_a_day_or_past_the_expiry() -> None:
    assert wait_after(answered(503, Retry_After="99999999"), expires_in=3 * A_DAY) == A_DAY
    assert wait_after(answered(503, Retry_After="9999"), expires_in=timedelta(hours=1)) == timedelta(minutes=59)


def test_after_too_many_requests_we_wait_at_least_a_minute() -> None:
    assert wait_after(answered(429)) == timedelta(seconds=60)
    assert wait_after(answered(429, Retry_After="90")) == timedelta(seconds=90)
    assert wait_after(answered(429), attempt=4) == timedelta(minutes=10)


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "²", "Wed, 99 Foo 2026", "9" * 10000, "\x00", ", , , ,"])
def test_a_garbled_retry_after_is_passed_over(text: str) -> None:
    assert wait_after(answered(503, Retry_After=text), expires_in=3 * A_DAY) in (timedelta(seconds=5), A_DAY)


@given(headers=any_headers, hours=st.integers(-12, 12))
def test_whatever_retry_after_says_it_is_within_a_day(headers: tuple[tuple[str, str], ...], hours: int) -> None:
    wait = retry_after(headers, datetime(2026, 3, 4, tzinfo=timezone(timedelta(hours=hours))))
    assert wait is None or timedelta(0) <= wait <= LONGEST_RETRY_AFTER


def test_a_date_without_a_zone_is_utc() -> None:
    assert retry_after((("Retry-After", "Wed, 04 Mar 2026 00:01:00 -0000"),), datetime(2026, 3, 4, tzinfo=UTC)) == (
        timedelta(minutes=1))


# -- in words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "sentence"), [
    (answered(200), "The server answered 200 OK."),
    (answered(503), "The server answered 503 Service Unavailable."),
    (answered(599), "The server answered 599."),
    (answered(301, Location="https://new.example/\r\nx"),
     "The URL has moved to https://new.example/  x (the server answered 301 Moved Permanently)."),
    (answered(302), "The server answered 302 Found."),
    (unanswered(Problem.NAME_NOT_FOUND, "The name crm.exmaple.com does not exist"),
     "The name crm.exmaple.com does not exist."),
    (unanswered(Problem.NAME_NOT_FOUND), "The name of the server does not exist."),
])
def test_an_answer_is_explained_in_a_sentence(answer: Answer, sentence: str) -> None:
    assert explain(answer) == sentence


@given(answers)
def test_every_answer_is_explained_and_every_failure_comes_with_advice(answer: Answer) -> None:
    assert explain(answer)
    assert bool(advice(answer)) == (judged(answer) != Delivered())


def test_advice_says_what_to_look_at() -> None:
    assert "Authentication" in advice(answered(401))
    assert "Request URL" in advice(answered(308))
    assert "operator" in advice(unanswered(Problem.ADDRESS_FORBIDDEN))
