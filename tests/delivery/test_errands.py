"""What people asked for."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from switchhook.delivery.errands import CannotDo
from switchhook.domain.catalogue import EventType
from switchhook.store.ports import Errand
from tests.fixtures.delivering import Bench
from tests.fixtures.receiver import Receiver, answering

ADA = {"extension_number": "201", "name": "Ada Example", "outbound_phone_number": "12025550100", "has_voicemail": True,
       "enabled_calls": ["Local", "National"]}


async def result(bench: Bench, errand_id: UUID) -> tuple[str, dict[str, Any]]:
    """How the errand ended."""
    await bench.until(lambda: bench.seed.row("errand", errand_id)["state"] in ("done", "failed"))
    row = bench.seed.row("errand", errand_id)
    return row["state"], json.loads(row["result"])


def user_args(
    bench: Bench, type_: EventType, user: dict[str, Any], before: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"type": type_.value, "at_ms": 1_772_580_115_000, "service_id": str(bench.service_id), "user": user,
            "before": before}


async def test_a_changed_user_becomes_an_event_with_what_changed(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver, service_id=None, event_type=EventType.USER_MODIFIED)
    await bench.start()
    user = ADA | {"id": str(uuid4())}
    args = user_args(bench, EventType.USER_MODIFIED, user, user | {"name": "Ada Sample"})
    state, told = await result(bench, bench.seed.errand("user_changed", args, bench.account_id))
    (got,) = await receiver.got(1)
    body = json.loads(got.body)
    assert (state, body["event_id"]) == ("done", told["event_id"])
    assert (body["name"], body["extension_number"], body["has_voicemail"]) == ("Ada Example", "201", True)
    assert (body["enabled_calls"], body["date_time"]) == ("Local,National", "2026-03-03T23:21:55+00:00")
    assert json.loads(body["changed_fields"]) == {"name": ["Ada Sample", "Ada Example"]}


async def test_an_account_with_applications_off_still_hears_of_users(bench: Bench, receiver: Receiver) -> None:
    bench.service_id = bench.seed.service(bench.account_id, applications_enabled=False)
    bench.integration(receiver, service_id=None, event_type=EventType.USER_DELETED)
    await bench.start()
    bench.seed.errand("user_changed", user_args(bench, EventType.USER_DELETED, ADA | {"id": "7"}), bench.account_id)
    (got,) = await receiver.got(1)
    assert json.loads(got.body)["name"] == "Ada Example"


async def test_a_made_up_event_goes_to_whoever_wants_it_and_is_marked_as_a_test(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    bench.integration(receiver, event_type=EventType.IVR_OPTION)
    bench.integration(other_receiver, event_type=EventType.IVR_RECEIVED)
    await bench.start()
    args = {"service_id": str(bench.service_id), "event_type": "ivr.option_selected"}
    state, told = await result(bench, bench.seed.errand("test_event", args, bench.account_id))
    (got,) = await receiver.got(1)
    assert (state, told["deliveries"], got.header("switchhook-test")) == ("done", 1, "1")
    assert (json.loads(got.body)["event_id"], json.loads(got.body)["option_selected"]) == (told["event_id"], "9")
    assert other_receiver.requests == []


async def test_a_made_up_event_of_the_account_itself_goes_to_whoever_wants_it(
    bench: Bench, receiver: Receiver
) -> None:
    disabled = EventType.INTEGRATION_DISABLED
    bench.seed.execute("UPDATE account SET granted_events = ?", json.dumps([disabled]))
    bench.integration(receiver, service_id=None, event_type=disabled)
    await bench.start()
    args = {"service_id": str(bench.service_id), "event_type": disabled.value}
    state, told = await result(bench, bench.seed.errand("test_event", args, bench.account_id))
    (got,) = await receiver.got(1)
    assert (state, told["deliveries"], got.header("switchhook-event")) == ("done", 1, disabled)


async def test_another_accounts_pbx_has_no_made_up_events_for_us(bench: Bench) -> None:
    await bench.start()
    args = {"service_id": str(bench.seed.service(bench.seed.account())), "event_type": "ivr.option_selected"}
    assert await result(bench, bench.seed.errand("test_event", args, bench.account_id)) == (
        "failed", {"detail": "There is no such PBX."})


async def test_a_test_is_sent_to_that_integration_alone_also_when_it_is_disabled(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    bench.service_id = bench.seed.service(bench.account_id, applications_enabled=False, friendly_name="Branch")
    id_ = bench.integration(receiver, enabled=False, event_type=EventType.IVR_OPTION)
    bench.integration(other_receiver, event_type=EventType.IVR_OPTION)
    await bench.start()
    errand = bench.seed.errand("send_test", {"integration_id": str(id_)}, bench.account_id)
    state, told = await result(bench, errand)
    (got,) = await receiver.got(1)
    body = json.loads(got.body)
    assert (state, got.header("Switchhook-Test")) == ("done", "1")
    assert (body["service_friendly_name"], body["ivr_name"], body["option_selected"]) == ("Branch", "NPS", "9")
    await bench.settled(1)
    (row,) = bench.deliveries()
    assert (str(row["id"]).replace("-", ""), row["state"]) == (told["delivery_id"].replace("-", ""), "delivered")
    assert other_receiver.requests == []


async def test_an_integration_saved_a_moment_ago_can_be_tested(bench: Bench, receiver: Receiver) -> None:
    await bench.start()
    id_ = bench.integration(receiver, service_id=None, event_type=EventType.USER_CREATED)
    bench.seed.touch()
    state, _ = await result(bench, bench.seed.errand("send_test", {"integration_id": str(id_)}, bench.account_id))
    assert state == "done"
    await receiver.got(1)


async def test_nobody_tests_the_integration_of_another_account(bench: Bench, receiver: Receiver) -> None:
    id_ = bench.integration(receiver)
    stranger = bench.seed.account()
    await bench.start()
    state, told = await result(bench, bench.seed.errand("send_test", {"integration_id": str(id_)}, stranger))
    assert (state, told, receiver.requests) == ("failed", {"detail": "There is no such integration."}, [])


async def test_a_delivery_is_sent_again_when_a_person_asks_for_it(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await bench.settled(1)
    delivery_id = str(UUID(str(bench.deliveries()[0]["id"])))
    state, told = await result(bench, bench.seed.errand("redeliver", {"delivery_ids": [delivery_id]}, bench.account_id))
    first, second = await receiver.got(2)
    assert (state, told) == ("done", {"count": 1})
    assert first.header("webhook-id") == second.header("webhook-id")
    await bench.until(lambda: bench.states() == ["delivered"] and len(bench.seed.rows("SELECT 1 FROM attempt")) == 2)


async def test_nobody_redelivers_or_cancels_what_is_another_accounts(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(answering(500))
    bench.integration(receiver)
    stranger = bench.seed.account()
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: bool(bench.seed.rows("SELECT 1 FROM attempt")))
    args = {"delivery_ids": [str(UUID(str(bench.deliveries()[0]["id"])))]}
    assert await result(bench, bench.seed.errand("redeliver", args, stranger)) == ("done", {"count": 0})
    assert await result(bench, bench.seed.errand("cancel", args, stranger)) == ("done", {"count": 0})
    assert bench.states() == ["pending"]
    assert await result(bench, bench.seed.errand("cancel", args, bench.account_id)) == ("done", {"count": 1})
    assert bench.states() == ["cancelled"]


async def test_an_errand_that_cannot_be_done_says_why(bench: Bench) -> None:
    async def refused(_errand: Errand) -> dict[str, object]:
        raise CannotDo("The PBX did not let us in.")

    async def broken(_errand: Errand) -> dict[str, object]:
        raise RuntimeError("a bug")

    async def fine(errand: Errand) -> dict[str, object]:
        return {"ok": True, "connection": errand.args["connection_id"]}

    await bench.start(handlers={"test_call": refused, "break": broken, "test_connection": fine})
    ask = bench.seed.errand
    assert await result(bench, ask("test_call", {})) == ("failed", {"detail": "The PBX did not let us in."})
    told = await result(bench, ask("test_connection", {"connection_id": "7"}))
    assert told == ("done", {"ok": True, "connection": "7"})
    assert (await result(bench, ask("sing", {})))[1]["detail"].startswith("This engine does not know how to do 'sing'")
    assert await result(bench, ask("user_changed", {"type": "user.created"}, bench.account_id)) == (
        "failed", {"detail": "The errand cannot be read."})
    assert (await result(bench, ask("break", {})))[0] == "failed"
