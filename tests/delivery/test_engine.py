"""The way of one event, on both databases: accepted, sent, judged, recorded."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from switchhook.domain.catalogue import EventType
from tests.fixtures.delivering import Bench, small_lanes
from tests.fixtures.receiver import Receiver, answering


async def test_an_accepted_event_is_delivered_and_recorded(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver)
    await bench.start()
    event = bench.event()
    accepted = await bench.accept(event)
    assert accepted.new == {event.id}
    (got,) = await receiver.got(1)
    assert json.loads(got.body)["source_number"] == "12025550171"
    await bench.settled(1)
    (row,) = bench.deliveries()
    assert (row["state"], row["attempts"], row["last_status"]) == ("delivered", 1, 200)
    assert (got.header("webhook-id") or "").replace("-", "") == str(row["id"]).replace("-", "")


async def test_every_integration_that_wants_it_gets_it(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    bench.integration(receiver)
    bench.integration(other_receiver)
    bench.integration(other_receiver, event_type=EventType.IVR_RECEIVED)
    bench.integration(other_receiver, service_id=bench.seed.service(bench.account_id))
    bench.integration(other_receiver, enabled=False)
    await bench.start()
    await bench.accept(bench.event())
    await bench.settled(2)
    assert (len(receiver.requests), len(other_receiver.requests), len(bench.deliveries())) == (1, 1, 2)


async def test_an_event_that_nobody_wants_is_kept_with_the_reason(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver, name="CRM", enabled=False)
    bench.integration(receiver, event_type=EventType.IVR_RECEIVED)
    silent = bench.seed.service(bench.account_id, applications_enabled=False)
    await bench.start()
    disabled, nobody = bench.event(), bench.event(EventType.OUTBOUND_PLACED)
    await bench.accept(disabled, nobody)
    bench.service_id = silent
    off = bench.event()
    await bench.accept(off)
    reasons = {row["type"]: row["unwanted_reason"] for row in bench.seed.rows("SELECT * FROM event ORDER BY id")}
    told = [bench.seed.row("event", one.id)["unwanted_reason"] for one in (disabled, nobody, off)]
    assert told == ["CRM: the integration is disabled", "there is no integration for this event",
                    "Applications are switched off for this PBX"]
    assert (bench.deliveries(), len(reasons)) == ([], 2)


async def test_an_event_that_the_filters_do_not_let_through_is_kept_with_the_reason(
    bench: Bench, receiver: Receiver,
) -> None:
    bench.integration(receiver, name="NPS", event_type=EventType.IVR_OPTION, filters=[
        {"filter": "option", "match": "one_of", "values": ["1-5"]}])
    await bench.start()
    wanted, unwanted = (bench.event(EventType.IVR_OPTION, option_selected=option) for option in ("3", "7"))
    await bench.accept(wanted, unwanted)
    await bench.settled(1)
    assert bench.seed.row("event", unwanted.id)["unwanted_reason"] == "NPS: filter: option 7 is none of 1-5"
    assert [UUID(str(one["event_id"])) for one in bench.deliveries()] == [wanted.id]
async def test_a_suspended_account_is_owed_nothing_and_its_events_say_why(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver)
    await bench.start()
    bench.seed.execute("UPDATE account SET state = 'suspended' WHERE id = ?", bench.account_id)
    await bench.reload()
    event = bench.event()
    await bench.accept(event)
    assert bench.seed.row("event", event.id)["unwanted_reason"] == "the account is suspended"
    assert (bench.deliveries(), receiver.requests) == ([], [])


async def test_what_is_owed_when_an_account_is_suspended_waits_until_it_is_open_again(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switchhook.delivery.deliverer.SUSPENDED_AGAIN_SECONDS", 0.3)
    integration = bench.integration(receiver, enabled=True)
    bench.seed.execute("UPDATE account SET state = 'suspended' WHERE id = ?", bench.account_id)
    await bench.start()
    event = bench.event()
    owed = bench.engine.dispatcher.dispatch_to(event, bench.current.value.integrations[integration])
    await bench.engine.recorder.accept([owed])
    await bench.until(lambda: [row["owner"] for row in bench.deliveries()] == [None])
    assert (bench.states(), receiver.requests) == (["pending"], [])
    bench.seed.execute("UPDATE account SET state = 'open' WHERE id = ?", bench.account_id)
    await bench.reload()
    await bench.settled(1)
    assert (bench.states(), len(receiver.requests)) == (["delivered"], 1)


async def test_the_same_event_twice_is_sent_once(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver)
    await bench.start()
    event = bench.event()
    first, second = bench.engine.accept([event]), bench.engine.accept([event])
    await first
    await second
    assert (await bench.accept(event)).new == frozenset()
    await bench.settled(1)
    await bench.accept(bench.event())
    await bench.settled(2)
    assert len(receiver.requests) == 2


async def test_a_failure_is_tried_again_with_the_same_id(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(answering(500), answering(200))
    bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: bool(bench.seed.rows("SELECT 1 FROM attempt")))
    (row,) = bench.deliveries()
    assert (row["state"], row["attempts"], row["owner"]) == ("pending", 1, None)
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    first, second = await receiver.got(2)
    await bench.settled(1)
    assert first.header("webhook-id") == second.header("webhook-id")
    assert [row["number"] for row in bench.seed.rows("SELECT number FROM attempt ORDER BY number")] == [1, 2]
    assert bench.states() == ["delivered"]


async def test_a_request_that_cannot_be_made_is_recorded_and_tried_again_as_it_stands_then(
    bench: Bench, receiver: Receiver
) -> None:
    id_ = bench.integration(receiver, path_arguments="{nonsense}")
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: bool(bench.seed.rows("SELECT 1 FROM attempt")))
    assert bench.seed.rows("SELECT request, status FROM attempt") == [{"request": "null", "status": None}]
    bench.seed.execute("UPDATE integration SET path_arguments = ? WHERE id = ?", "{source_number}", id_)
    await bench.reload()
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    (got,) = await receiver.got(1)
    assert got.target == "/hook/12025550171"


async def test_gone_for_good_disables_the_integration_and_ends_what_is_pending(
    bench: Bench, receiver: Receiver
) -> None:
    receiver.behave(answering(410))
    id_ = bench.integration(receiver, max_in_flight=1)
    await bench.start()
    await bench.accept(*(bench.event() for _ in range(5)))
    await bench.settled(5)
    assert sorted(bench.states()) == ["cancelled"] * 4 + ["failed"]
    await bench.until(lambda: not bench.seed.row("integration", id_)["enabled"])
    assert "410" in bench.seed.row("integration", id_)["disabled_reason"]
    assert len(receiver.requests) == 1


async def test_an_integration_enabled_again_after_it_was_gone_is_sent_to(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(answering(410), answering(200))
    id_ = bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: not bench.seed.row("integration", id_)["enabled"])
    await bench.current.refresh()
    bench.seed.execute("UPDATE integration SET enabled = ? WHERE id = ?", True, id_)
    await bench.reload()
    await bench.accept(bench.event())
    await bench.settled(2)
    assert sorted(bench.states()) == ["delivered", "failed"]


async def test_what_is_pending_is_cancelled_when_its_integration_was_disabled_or_deleted(
    bench: Bench, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.behave(answering(503))
    disabled, deleted = bench.integration(receiver), bench.integration(receiver)
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: len(bench.seed.rows("SELECT 1 FROM attempt")) == 2)
    bench.seed.execute("UPDATE integration SET enabled = ? WHERE id = ?", False, disabled)
    bench.seed.execute("DELETE FROM integration WHERE id = ?", deleted)
    await bench.reload()
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    await bench.settled(2)
    assert sorted(row["last_problem"] for row in bench.deliveries()) == [
        "the integration is disabled", "the integration was deleted"]
    assert bench.states() == ["cancelled", "cancelled"]


async def test_what_expired_while_it_waited_is_not_sent(bench: Bench, receiver: Receiver) -> None:
    bench.integration(receiver, expiry_seconds=0)
    await bench.start()
    await bench.accept(bench.event())
    await bench.settled(1)
    assert (bench.states(), receiver.requests) == (["expired"], [])


async def test_a_saved_integration_is_in_force_without_being_told(bench: Bench, receiver: Receiver) -> None:
    await bench.start()
    bench.integration(receiver)
    bench.seed.touch()
    await bench.until(lambda: len(bench.current.value.integrations) == 1)
    await bench.accept(bench.event())
    await bench.settled(1)
    assert bench.states() == ["delivered"]


async def test_a_delivery_whose_integration_cannot_be_read_waits(bench: Bench, receiver: Receiver) -> None:
    receiver.behave(answering(503), answering(200))
    id_ = bench.integration(receiver, authentication_type="token", token="a token")
    await bench.start()
    await bench.accept(bench.event())
    await bench.until(lambda: bool(bench.seed.rows("SELECT 1 FROM attempt")))
    sealed = bench.seed.row("integration", id_)["token_sealed"]
    bench.seed.execute("UPDATE integration SET token_sealed = ? WHERE id = ?", "damaged", id_)
    await bench.reload()
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    await bench.until(lambda: bench.deliveries()[0]["next_attempt_at_ms"] > 0)
    (row,) = bench.deliveries()
    assert (row["state"], row["attempts"], row["owner"]) == ("pending", 1, None)
    bench.seed.execute("UPDATE integration SET token_sealed = ? WHERE id = ?", sealed, id_)
    await bench.reload()
    bench.seed.execute("UPDATE delivery SET next_attempt_at_ms = 0")
    await bench.settled(1)
    assert bench.states() == ["delivered"]


async def test_an_integration_that_is_gone_is_told_of_to_another_of_its_account(
    bench: Bench, receiver: Receiver
) -> None:
    disabled = EventType.INTEGRATION_DISABLED
    bench.seed.execute("UPDATE account SET granted_events = ?", json.dumps([disabled]))
    receiver.behave(answering(410), answering(200))
    gone = bench.integration(receiver, name="CRM")
    bench.integration(receiver, service_id=None, event_type=disabled)
    await bench.start()
    await bench.accept(bench.event())
    _, told = await receiver.got(2)
    body = json.loads(told.body)
    assert (body["integration_id"], body["integration_name"]) == (str(gone), "CRM")
    assert "410" in body["disabled_reason"]
    assert told.header("Switchhook-Event") == disabled


async def test_an_extra_event_that_is_not_granted_any_more_is_owed_to_nobody_and_says_so(
    bench: Bench, receiver: Receiver
) -> None:
    bench.integration(receiver, name="Billing", event_type=EventType.LEG_ENDED)
    await bench.start()
    await bench.accept(bench.event(EventType.LEG_ENDED))
    assert bench.deliveries() == []
    (row,) = bench.seed.rows("SELECT unwanted_reason FROM event")
    assert row["unwanted_reason"].startswith("Billing: not granted")


async def test_an_engine_that_is_not_sure_of_itself_waits_without_turning_in_circles(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has a pace is due again and again; while nothing may start, looking for it would take a whole processor."""
    sure, looked = True, 0
    bench.integration(receiver, rate_per_second=50)
    lanes = small_lanes()
    wait_seconds = lanes.wait_seconds

    def counted() -> float | None:
        nonlocal looked
        looked += 1
        return wait_seconds()

    monkeypatch.setattr(lanes, "wait_seconds", counted)
    engine = await bench.start(lanes=lanes, sure=lambda: sure)
    await bench.accept(*[bench.event() for _ in range(200)])
    await receiver.got(1)
    sure, looked = False, 0
    await bench.until(lambda: engine.lanes.in_flight == 0)
    await bench.accept(*[bench.event(EventType.OUTBOUND_PLACED) for _ in range(20)])  # time goes by, with real commits
    assert looked < 20
    sure = True
    engine.go_on()
    await bench.settled(200)
