"""The webhook: what is taken, what is refused, what counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nps.book import AGAIN, Book, Row
from nps.hook import Unsigned, check_signature
from nps_fixtures import SECRET, Clock, Program, example, running

OTHER_SECRET = "whsec_" + "A" * 32


def kept(program: Program) -> tuple[list[Row], list[Row]]:
    with Book(program.ours.book) as book:
        return book.scores(0), book.not_counted(100)


async def test_a_signed_request_is_kept_as_a_score(program: Program) -> None:
    assert await program.tell(date_time="2026-03-04T10:41:55+11:00") == 204
    (row,), other = kept(program)
    assert (row.score, row.menu, row.source, row.destination) == (9, "NPS", "12025550171", "12025550101")
    assert (row.user, row.extension, row.call_uuid) == ("Ada Example", "201", "8c1de9f5-0d5e-5a43-a9f0-3d6f3b1f2c77")
    assert row.at_ms == 1772581315_000
    assert not other


async def test_another_secret_is_refused(program: Program) -> None:
    assert await program.tell(secret=OTHER_SECRET) == 401
    assert kept(program) == ([], [])


async def test_a_request_without_signature_is_refused(program: Program) -> None:
    async with program.session.post(f"{program.url}/hook", json=example()) as answer:
        assert (answer.status, await answer.text()) == (
            401, "Refused: it has no signature: give the integration a signing secret.\n")


async def test_a_changed_body_is_refused(program: Program) -> None:
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers={
            "webhook-id": "a", "webhook-timestamp": str(int(program.clock.now)),
            "webhook-signature": "v1,AAAA v1a,x ,"}) as answer:
        assert answer.status == 401
    assert kept(program) == ([], [])


@pytest.mark.parametrize("later_seconds", [301, -301])
async def test_an_old_or_early_request_is_refused(program: Program, later_seconds: int) -> None:
    told = program.clock.now
    headers = {"webhook-id": "a", "webhook-timestamp": str(int(told)), "webhook-signature": "v1,AAAA"}
    program.clock.now += later_seconds
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers=headers) as answer:
        assert "older than 5 minutes" in await answer.text()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_no_text_is_refused(name: str) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": "1772581315", "webhook-signature": "v1,AAAA"}
    with pytest.raises(Unsigned):
        check_signature([SECRET], headers | {name: "\udcff"}, b"{}", now=1772581315)  # so aiohttp tells of a byte FF


async def test_half_a_character_in_a_name_is_no_reason_to_lose_a_score(program: Program) -> None:
    assert await program.tell(name="Ada \ud83d") == 204
    assert [row.user for row in kept(program)[0]] == ["Ada ?"]


async def test_while_the_secret_is_rotated_both_are_good(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NPS_SECRET=f"{OTHER_SECRET} {SECRET}") as program:
        assert await program.tell("a", call_uuid="1") == 204
        assert await program.tell("b", call_uuid="2", secret=OTHER_SECRET) == 204


async def test_the_same_webhook_id_counts_once(program: Program) -> None:
    assert [await program.tell() for _ in range(3)] == [204, 204, 204]
    assert len(kept(program)[0]) == 1


async def test_a_second_choice_in_the_same_call_does_not_count(program: Program) -> None:
    await program.tell("a", option_selected="9")
    await program.tell("b", option_selected="1")
    scores, other = kept(program)
    assert [row.score for row in scores] == [9]
    assert [row.why for row in other] == [AGAIN]


async def test_the_first_choice_counts_also_when_it_is_told_last(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NPS_SMTP_URL="smtp://127.0.0.1:9", NPS_API_URL="http://127.0.0.1:9",
                       NPS_API_TOKEN="swh_synthetic") as program:
        await program.tell("b", option_selected="1", date_time="2026-11-22T10:00:09+00:00")
        await program.tell("a", option_selected="9", date_time="2026-11-22T10:00:01+00:00")
        scores, other = kept(program)
    assert [(row.score, row.told) for row in scores] == [(9, "mail waiting")]
    assert [(row.option, row.why, row.told) for row in other] == [("1", AGAIN, "")]


@pytest.mark.parametrize("option", ["*", "#", "11", "A"])
async def test_an_option_that_is_no_score_is_shown_but_not_counted(program: Program, option: str) -> None:
    await program.tell("a", option_selected=option)
    await program.tell("b", option_selected="4")  # then the caller tries again
    scores, other = kept(program)
    assert [row.score for row in scores] == [4]
    assert [(row.option, row.why) for row in other] == [(option, "not a score from 0 to 10")]


async def test_another_menu_is_no_survey(program: Program) -> None:
    await program.tell(ivr_name="Main menu")
    assert kept(program)[0] == []


async def test_a_test_is_shown_as_a_test_and_not_counted(program: Program) -> None:
    assert await program.tell(test=True) == 204
    scores, other = kept(program)
    assert (scores, [row.why for row in other]) == ([], ["a test"])
    assert "a test" in await program.look()


@pytest.mark.parametrize(("body", "why"), [
    ("[]", "no JSON object"), ("score=9", "no JSON"), ("", "no JSON"), ("[" * 60_000, "no JSON"),
    (json.dumps({"ivr_name": "NPS", "call_uuid": "1", "date_time": "x"}), "lacks option_selected"),
    (json.dumps(example(date_time="yesterday")), "no date"),
    (json.dumps(example(date_time="2026-03-04T10:41:55")), "no offset"),
    (json.dumps(example(date_time="9999-12-31T23:59:59-14:00")), "out of range"),
])
async def test_a_body_that_is_wrong_is_refused_and_the_answer_says_why(program: Program, body: str, why: str) -> None:
    status, text = await program.post(body)
    assert status == 400
    assert why in text
    assert kept(program) == ([], [])


async def test_a_withheld_number_and_an_unknown_user_are_fine(program: Program) -> None:
    assert await program.tell(source_number=None, name=None, extension_number=None) == 204
    assert "withheld" in await program.look()
