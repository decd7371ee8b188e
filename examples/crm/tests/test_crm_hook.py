"""The webhook: what is taken, what is refused, what is kept once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from crm.book import State
from crm.configuration import Misconfigured, configuration
from crm.hook import Kind, Unsigned, check_signature
from crm_fixtures import NOBODY, SECRET, Clock, Program, example, running, serving, until

OTHER_SECRET = "whsec_" + "A" * 32


async def test_another_secret_is_refused(program: Program) -> None:
    assert await program.tell(Kind.ANSWERED, "a", secret=OTHER_SECRET) == 401
    assert program.lines() == []


async def test_a_request_without_signature_is_refused(program: Program) -> None:
    async with program.session.post(f"{program.url}/hook", json=example(Kind.ANSWERED)) as answer:
        assert (answer.status, await answer.text()) == (
            401, "Refused: it has no signature: give the integration a signing secret.\n")


@pytest.mark.parametrize("signature", ["v1,AAAA", "v1a,x ,", "v1,é"])
async def test_a_changed_body_is_refused(program: Program, signature: str) -> None:
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers={
            "webhook-id": "a", "webhook-timestamp": str(int(program.clock.now)),
            "webhook-signature": signature}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("later_seconds", [301, -301])
async def test_an_old_or_early_request_is_refused(program: Program, later_seconds: int) -> None:
    told = program.clock.now
    program.clock.now += later_seconds
    async with program.session.post(f"{program.url}/hook", data=b"{}", headers={
            "webhook-id": "a", "webhook-timestamp": str(int(told)), "webhook-signature": "v1,AAAA"}) as answer:
        assert "older than 5 minutes" in await answer.text()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_no_text_is_refused(name: str) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": "1772581315", "webhook-signature": "v1,AAAA"}
    with pytest.raises(Unsigned):
        check_signature([SECRET], headers | {name: "\udcff"}, b"{}", now=1772581315)  # so aiohttp tells of a byte FF


async def test_half_a_character_in_a_name_is_no_reason_to_lose_an_entry(program: Program) -> None:
    assert await program.tell(Kind.ANSWERED, "a", name="Ada \ud83d") == 204
    assert [line.entry.text.partition(" · ")[2] for line in program.lines()] == ["Ada ? (201)"]


async def test_each_integration_may_have_its_own_secret(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NOBODY, CRM_SECRET=f"{OTHER_SECRET} {SECRET}") as program:
        assert await program.tell(Kind.ANSWERED, "a") == 204
        assert await program.tell(Kind.ENDED, "b", secret=OTHER_SECRET) == 204


@pytest.mark.parametrize(("event", "body", "why"), [
    (Kind.ENDED, "[]", "no JSON object"), (Kind.ENDED, "", "no JSON"), (Kind.ENDED, "[" * 60_000, "no JSON"),
    (Kind.ENDED, json.dumps({"date_time": "x"}), "lacks call_uuid, source_number"),
    (Kind.USER_CREATED, json.dumps({"date_time": "x"}), "lacks extension_number"),
    (Kind.ENDED, json.dumps(example(Kind.ENDED, date_time="yesterday")), "no date"),
    (Kind.ENDED, json.dumps(example(Kind.ENDED, date_time="2026-03-04T10:41:55")), "no offset"),
    ("ivr.call_received", "{}", "ivr.call_received is none of user.created"),
])
async def test_a_request_that_is_wrong_is_refused_and_the_answer_says_why(
        program: Program, event: str, body: str, why: str) -> None:
    status, text = await program.post(body, event)
    assert status == 400
    assert why in text
    assert program.lines() == []


async def test_repeated_deliveries_are_one_entry(program: Program) -> None:
    for id_ in ("a", "a", "other-integration"):
        assert await program.tell(Kind.USER_CREATED, id_, event_id="019cb6d0") == 204
        assert await program.tell(Kind.ANSWERED, id_) == 204
        assert await program.tell(Kind.ENDED, id_) == 204
    assert len(program.lines()) == 3


async def test_a_missed_call_that_ended_is_one_activity(program: Program) -> None:
    await program.tell(Kind.MISSED, "a", disposition="missed")
    await program.tell(Kind.ENDED, "b", disposition="missed")
    assert [line.entry.text[17:28] for line in program.lines()] == ["Call missed"]


async def test_while_the_crm_is_away_entries_wait_and_the_pages_say_so(program: Program) -> None:
    await program.tell(Kind.RINGING, "a")
    await program.tell(Kind.ANSWERED, "b")
    await until(lambda: program.lines()[0].attempts)
    assert program.lines()[0].state is State.WAITING
    assert "Tryton does not answer" in await program.look("/")
    await program.look_until("/pop/201/now", "Tryton does not answer")


@pytest.mark.parametrize(("said", "problem"), [
    ({}, "Tryton refuses the user or the password"),
    ({"common.db.login": [1, "session"]}, "Tryton tells no list of party.contact_mechanism"),
    ({"common.db.login": [1, "session"], "model.res.user.get_preferences": 401}, "ends every session at once"),
    ({"common.db.login": [1, "session"], "model.party.contact_mechanism.search_read": [{"value": "1"}]}, "no list of"),
    ({"common.db.login": [1, "session"], "model.party.contact_mechanism.search_read": [
        {"value": "1", "party": 7, "party.": None}]}, "whose number it is"),
])
async def test_a_crm_that_says_something_odd_is_asked_again_later(
    tmp_path: Path, clock: Clock, said: dict[str, object], problem: str,
) -> None:
    async def odd(request: web.Request) -> web.Response:
        result = said.get((await request.json())["method"])
        return web.Response(status=401) if result == 401 else web.json_response({"id": 0, "result": result})

    app = web.Application()
    app.router.add_post("/crm/rpc/", odd)
    async with serving(app) as url, running(tmp_path, clock, replace(NOBODY, url=f"{url}/crm")) as program:
        await program.tell(Kind.ANSWERED, "a")
        await until(lambda: program.lines()[0].attempts)
        [line] = program.lines()
        assert line.state is State.WAITING
        assert problem in line.problem
        assert await program.tell(Kind.ENDED, "b") == 204


async def test_a_page_that_waits_has_the_news_at_once(program: Program) -> None:
    withheld = {"source_number": None, "source_e164": None}
    await program.tell(Kind.RINGING, "a", **withheld)
    await program.look_until("/pop/201/now", "Not in the CRM.")
    async with program.session.get(f"{program.url}/pop/201/now") as answer:
        seen = answer.headers["Shown"]
    waiting = asyncio.create_task(program.look(f"/pop/201/now?seen={seen}"))
    await program.tell(Kind.RINGING, "b", **withheld, call_uuid="another", extension_number="202")
    await program.look_until("/pop/202/now", "Not in the CRM.")
    assert not waiting.done()
    await program.tell(Kind.ANSWERED, "c")
    async with asyncio.timeout(5):  # less than it waits when there is nothing new
        assert "You are talking" in await waiting


async def test_a_test_pops_up_as_a_test(program: Program) -> None:
    await program.tell(Kind.RINGING, "a", test=True)
    assert ">Test<" in await program.look("/pop/201/now")
    assert program.lines() == []


async def test_what_a_caller_says_is_no_markup(program: Program) -> None:
    await program.tell(Kind.RINGING, "a", source_e164=None, source_number="<script>")
    await program.tell(Kind.ANSWERED, "b", name="<img>")
    for path in ("/", "/pop/201", "/pop/201/now"):
        text = await program.look(path)
        assert "<script>" not in text
        assert "<img>" not in text


async def test_an_extension_is_chosen_on_the_home_page(program: Program) -> None:
    assert "Calls to 201" in await program.look("/pop?extension=201")
    await program.look("/pop?extension=2%2F..", status=400)


async def test_the_pages_ask_for_the_password_and_the_webhook_does_not(tmp_path: Path, clock: Clock) -> None:
    async with running(tmp_path, clock, NOBODY, CRM_PASSWORD="open-sesame") as program:
        await program.look("/pop/201/now", status=401)
        assert await program.tell(Kind.RECEIVED, "a") == 204


@pytest.mark.parametrize(("name", "value"), [
    ("CRM_SECRET", ""), ("CRM_SECRET", "secret"), ("CRM_LISTEN", "8020"), ("CRM_LISTEN", "0.0.0.0:8020"),
    ("CRM_TRYTON_URL", "https://tryton.example.com/"),
])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    good = {"CRM_SECRET": SECRET, "CRM_TRYTON_URL": "https://tryton.example.com/crm"}
    assert configuration(good).port == 8020
    with pytest.raises(Misconfigured, match="CRM_"):
        configuration(good | {name: value})
