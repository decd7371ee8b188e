"""Recovery: what was missed while an integration was disabled, and what failed, is sent when a person asks for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from switchhook.delivery import recovery
from switchhook.domain.catalogue import EventType
from switchhook.domain.event import Event
from switchhook.store.rows import to_ms
from tests.delivery.test_errands import result
from tests.fixtures.delivering import Bench
from tests.fixtures.receiver import Receiver, answering

FAST = {"recovered_per_second": 1e6}


def ago(**span: float) -> int:
    return to_ms(datetime.now(UTC) - timedelta(**span))


def asked(bench: Bench, kind: str, **args: Any) -> UUID:
    """The errand, asked for long enough ago that every engine knows of the enabled integration."""
    told = {"since_ms": ago(hours=1)} | ({"until_ms": ago(hours=-1)} if kind == "redeliver_many" else {}) | args
    return bench.seed.errand(kind, told, bench.account_id, created_at_ms=ago(seconds=-10) - 20_000)


async def missed(bench: Bench, integration_id: UUID, *events: Event) -> None:
    """Those events come while the integration is disabled; then it is enabled."""
    await bench.accept(*events)
    enable(bench, integration_id)
    await bench.reload()


def enable(bench: Bench, integration_id: UUID, enabled: bool = True) -> None:
    bench.seed.execute("UPDATE integration SET enabled = ? WHERE id = ?", enabled, integration_id)


def call_of(got: Any) -> str:
    return str(json.loads(got.body)["native_call_id"])


async def test_what_was_missed_while_disabled_is_caught_up_in_order(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver, enabled=False, max_in_flight=1)
    await bench.start(**FAST)
    events = [bench.event(call="one", sequence=1), bench.event(call="one", sequence=2), bench.event(call="two")]
    await missed(bench, crm, *events, bench.event(EventType.OUTBOUND_PLACED))
    state, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm), total=3))
    got = await receiver.got(3)
    assert (state, told["done"], told["total"]) == ("done", 3, 3)
    of_one = [json.loads(one.body)["event_id"] for one in got if call_of(one) == "one"]
    assert of_one == [str(events[0].id), str(events[1].id)]


async def test_what_came_before_the_chosen_moment_is_not_caught_up(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver, enabled=False)
    await bench.start(**FAST)
    await missed(bench, crm, bench.event())
    state, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm), since_ms=ago(seconds=-5)))
    assert (state, told["done"], bench.deliveries()) == ("done", 0, [])


async def test_nothing_is_caught_up_of_the_time_when_applications_were_off(bench: Bench, receiver: Receiver) -> None:
    bench.service_id = bench.seed.service(bench.account_id, applications_enabled=False)
    crm = bench.integration(receiver)
    await bench.start(**FAST)
    await bench.accept(bench.event())
    bench.seed.execute("UPDATE service SET applications_enabled = ?", True)
    await bench.reload()
    _, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    assert (told["done"], bench.deliveries()) == (0, [])


async def test_only_what_the_filters_let_through_is_caught_up(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver, event_type=EventType.IVR_OPTION, enabled=False, filters=[
        {"filter": "option", "match": "none_of", "values": ["0"]}])
    await bench.start(**FAST)
    events = [bench.event(EventType.IVR_OPTION, option_selected=option) for option in ("1", "0", "2")]
    await missed(bench, crm, *events)
    _, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    assert told["done"] == 2


async def test_catching_up_also_redelivers_what_was_cancelled(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver)
    receiver.behave(answering(503))
    await bench.start(**FAST)
    await bench.accept(bench.event())
    await receiver.got(1)
    await bench.until(lambda: bench.deliveries()[0]["tried"])
    bench.seed.execute("UPDATE delivery SET state = 'cancelled'")
    receiver.behave(answering(200))
    _, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    await bench.settled(1)
    assert (told["done"], bench.states(), len(receiver.requests)) == (1, ["delivered"], 2)


async def test_catching_up_twice_sends_nothing_twice(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver, enabled=False)
    await bench.start(**FAST)
    await missed(bench, crm, bench.event(), bench.event())
    await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    await bench.settled(2)
    _, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    assert (told["done"], len(receiver.requests)) == (0, 2)


async def test_a_dead_engine_s_catching_up_is_gone_on_with(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "CHUNK", 2)
    crm = bench.integration(receiver, enabled=False)
    engine = await bench.start(recovered_per_second=0.001)  # it rests for long after its first chunk
    await missed(bench, crm, *(bench.event() for _ in range(5)))
    errand = asked(bench, "catch_up", integration_id=str(crm))
    await bench.until(lambda: json.loads(bench.seed.row("errand", errand)["result"]).get("done") == 2)
    await engine.abandon()
    await bench.end()
    await bench.store.end_incarnation(bench.engine_id)
    bench.engine_id = uuid4()
    await bench.start(**FAST)
    state, told = await result(bench, errand)
    await bench.settled(5)
    assert (state, told["done"]) == ("done", 5)
    assert len({one.header("webhook-id") for one in receiver.requests}) == 5


async def test_what_a_person_paused_rests_until_it_is_asked_for_again(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "CHUNK", 1)
    crm = bench.integration(receiver, enabled=False)
    await bench.start(recovered_per_second=20)
    await missed(bench, crm, *(bench.event() for _ in range(6)))
    errand = asked(bench, "catch_up", integration_id=str(crm))
    await receiver.got(1)
    bench.seed.execute("UPDATE errand SET state = 'paused', owner = NULL WHERE id = ?", errand)
    await bench.until(lambda: not bench.engine._errands._tasks)
    assert (bench.seed.row("errand", errand)["state"], len(bench.deliveries()) < 6) == ("paused", True)
    bench.seed.execute("UPDATE errand SET state = 'asked' WHERE id = ?", errand)
    state, told = await result(bench, errand)
    assert (state, told["done"]) == ("done", 6)


async def test_an_integration_that_is_disabled_again_ends_the_catching_up(bench: Bench, receiver: Receiver) -> None:
    crm = bench.integration(receiver, enabled=False)
    await bench.start(**FAST)
    await bench.accept(bench.event())
    state, told = await result(bench, asked(bench, "catch_up", integration_id=str(crm)))
    assert (state, "disabled again" in told["detail"], bench.deliveries()) == ("failed", True, [])


async def test_all_that_failed_in_a_window_is_redelivered(
    bench: Bench, receiver: Receiver, other_receiver: Receiver,
) -> None:
    receiver.behave(answering(500))
    other_receiver.behave(answering(500))
    crm, erp = bench.integration(receiver), bench.integration(other_receiver)
    await bench.start(**FAST)
    await bench.accept(bench.event(), bench.event())
    await bench.until(lambda: all(one["tried"] for one in bench.deliveries()))
    bench.seed.execute("UPDATE delivery SET state = 'failed'")
    receiver.behave(answering(200))
    other_receiver.behave(answering(200))
    state, told = await result(bench, asked(bench, "redeliver_many", integration_id=str(crm), state="failed"))
    await bench.settled(4)
    assert (state, told["done"]) == ("done", 2)
    await bench.until(lambda: bench.states().count("delivered") == 2)
    assert (len(receiver.requests), len(other_receiver.requests)) == (4, 2)
    for nothing in ({"state": "expired"}, {"event_type": "user.created"}, {"until_ms": ago(hours=1)}):
        _, told = await result(bench, asked(bench, "redeliver_many", **nothing))
        assert told["done"] == 0
    _, told = await result(bench, asked(bench, "redeliver_many"))
    assert told["done"] == 2
    assert erp in {UUID(str(one["integration_id"])) for one in bench.deliveries()}
