"""The webhook: what is taken, what is refused, what is corrected."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.fixtures.postgres import PostgresServer

from billing.database import Database
from billing.hook import Secret, Unsigned, check_signature, key_of
from billing_fixtures import CALL, SECRET, Clock, Program, call, leg, running

OTHER_SECRET = "whsec_" + "A" * 32


async def test_a_forward_to_a_mobile_is_charged_to_who_is_forwarded(program: Program) -> None:
    assert await program.tell(leg_id="1.1", direction="inbound", source_number="12025550171") == "New."
    assert await program.tell(leg_id="1.2") == "New."
    assert await program.tell("call.ended") == "New."
    of_call, came_in, forward = program.records()
    assert (of_call.ended.leg_id, of_call.charge.price) == ("", 0)
    assert (came_in.ended.direction, came_in.charge.price) == ("inbound", 0)
    assert (forward.ended.call_uuid, forward.ended.extension, forward.ended.user_name) == (CALL, "201", "Ada Example")
    assert (forward.charge.call_type, forward.charge.rate_name) == ("Mobile", "United Kingdom mobile")
    assert (forward.charge.billed_seconds, forward.charge.price) == (128, Decimal("0.2447"))  # 0.01 + 0.11 × 128 ÷ 60


async def test_another_secret_is_refused(program: Program) -> None:
    assert (await program.tell(secret=OTHER_SECRET)).startswith("401 Refused: the signature does not fit")
    assert program.records() == []


async def test_a_request_without_signature_is_refused(program: Program) -> None:
    async with program.session.post(f"{program.url}/hook", json=leg()) as answer:
        assert (answer.status, await answer.text()) == (
            401, "Refused: it has no signature: give the integration a signing secret.\n")


async def test_a_changed_body_is_refused(program: Program) -> None:
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers={
            "webhook-id": "a", "webhook-timestamp": str(int(program.clock.now)),
            "webhook-signature": "v1,AAAA v1a,x ,"}) as answer:
        assert answer.status == 401
    assert program.records() == []


@pytest.mark.parametrize("later_seconds", [301, -301])
async def test_an_old_or_early_request_is_refused(program: Program, later_seconds: int) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": str(int(program.clock.now)), "webhook-signature": "v1,AAAA"}
    program.clock.now += later_seconds
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers=headers) as answer:
        assert "older than 5 minutes" in await answer.text()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_no_text_is_refused(name: str) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": "1772581315", "webhook-signature": "v1,AAAA"}
    with pytest.raises(Unsigned):
        check_signature(  # aiohttp tells so of a byte FF
            [Secret("", key_of(SECRET))], headers | {name: "\udcff"}, b"{}", now=1772581315)


async def test_the_secret_that_signed_says_which_account_is_billed(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite://{tmp_path / 'b.sqlite3'}"
    async with running(url, clock, BILLING_SECRET=f"acme={SECRET} globex={OTHER_SECRET}") as program:
        await program.tell(leg_id="a")
        await program.tell(leg_id="b", secret=OTHER_SECRET)
        assert [record.ended.account for record in program.legs()] == ["acme", "globex"]
        page = await program.look()
        assert "acme · Ada Example · 201" in page
        assert "globex · Ada Example · 201" in page


async def test_no_account_changes_another_s_record(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite://{tmp_path / 'b.sqlite3'}"
    async with running(url, clock, BILLING_SECRET=f"acme={SECRET} globex={OTHER_SECRET}") as program:
        await program.tell()
        said = await program.tell(billable_seconds=0, sequence=9, secret=OTHER_SECRET)
        assert said == "409 Another account has this call: not kept."
        [record] = program.legs()
        assert (record.ended.account, record.ended.billable_seconds, record.versions) == ("acme", 128, 1)


async def test_the_same_content_counts_once(program: Program) -> None:
    assert [await program.tell() for _ in range(3)] == ["New.", "Here before.", "Here before."]
    assert [record.versions for record in program.legs()] == [1]


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_newest_version_counts_in_whatever_order_they_come(program: Program, backwards: bool) -> None:
    versions = [
        {"billable_seconds": 60}, {"billable_seconds": 120, "sequence": 2},
        {"billable_seconds": 180, "date_time": "2026-11-22T10:44:04+00:00"}]
    said = [await program.tell(**version) for version in (versions[::-1] if backwards else versions)]
    assert said == (["New.", *["Older than what is known."] * 2] if backwards else ["New.", *["A correction."] * 2])
    [record] = program.legs()
    assert (record.ended.billable_seconds, record.charge.price, record.versions) == (180, Decimal("0.34"), 3)
    page = await program.look()
    assert page.count(">replaced<") == 2
    assert ">0.2300<" in page  # what the second version would have cost


async def test_a_test_is_understood_and_not_kept(program: Program) -> None:
    assert await program.post(json.dumps(leg()), **{"Switchhook-Test": "1"}) == "A test: understood, and not kept."
    assert program.records() == []


@pytest.mark.parametrize(("body", "event", "why"), [
    ("[]", "call.ended", "no JSON object"), ("a=b", "call.ended", "no JSON"), ("[" * 60_000, "call.ended", "no JSON"),
    (json.dumps(leg()), "call.missed", "the Trigger Event must be Call Ended or Call Leg Ended"),
    (json.dumps(call()), "call.leg_ended", "lacks leg_id"),
    (json.dumps(leg(leg_id=None)), "call.leg_ended", "leg_id is empty"),
    (json.dumps(leg(date_time="yesterday")), "call.leg_ended", "no date"),
    (json.dumps(leg(date_time="2026-03-04T10:41:55")), "call.leg_ended", "no offset"),
    (json.dumps(leg(billable_seconds=1.5)), "call.leg_ended", "billable_seconds is '1.5'"),
    (json.dumps(leg(billable_seconds=-1)), "", "billable_seconds is '-1'"),
])
async def test_a_body_that_is_wrong_is_refused_and_the_answer_says_why(
    program: Program, body: str, event: str, why: str,
) -> None:
    said = await program.post(body, **{"Switchhook-Event": event} if event else {})
    assert said.startswith("400 Not understood")
    assert why in said
    assert program.records() == []


async def test_hostile_values_are_kept_and_shown_as_text(program: Program) -> None:
    await program.tell(name="<script>\0x\ud800", trunk="'; DROP TABLE call_record; --")
    assert [record.ended.trunk for record in program.legs()] == ["'; DROP TABLE call_record; --"]
    page = await program.look()
    assert "<script" not in page
    assert "&lt;script&gt; x?" in page


async def test_while_the_database_does_not_answer_switchhook_is_asked_to_come_again(program: Program) -> None:
    with Database(program.ours.database_url) as database:
        database.run("ALTER TABLE call_version RENAME TO elsewhere")
        assert (await program.tell()).startswith("503")
        database.run("ALTER TABLE elsewhere RENAME TO call_version")
    assert await program.tell() == "New."


async def test_after_postgresql_has_cut_the_connection_the_next_attempt_is_kept(
    postgres: PostgresServer, clock: Clock,
) -> None:
    postgres.execute("CREATE DATABASE billing_cut")
    async with running(postgres.url("billing_cut"), clock) as program:
        assert await program.tell(leg_id="a") == "New."
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'billing_cut'")
        assert (await program.tell(leg_id="b")).startswith("503")
        assert await program.tell(leg_id="b") == "New."
        assert [record.ended.leg_id for record in program.legs()] == ["a", "b"]
