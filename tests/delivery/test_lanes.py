"""Who goes next."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from switchhook.delivery.lane import Parcel
from switchhook.delivery.lanes import Lanes
from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import Delivery
from switchhook.domain.event import Event

NOW = datetime(2026, 3, 4, tzinfo=UTC)
A, B = UUID(int=0xA), UUID(int=0xB)


def parcel(
    integration: int, order_key: str = "", *, account: UUID = A, retry: bool = False, manual: bool = False
) -> Parcel:
    """Without an order key: one of its own."""
    id_ = uuid4()
    event = Event(id=id_, type=EventType.INBOUND_RECEIVED, account_id=account, service_id=None, at=NOW,
                  order_key=order_key or str(id_), sequence=1, fields={})
    delivery = Delivery(id=id_, event_id=id_, account_id=account, integration_id=UUID(int=integration),
                        order_key=event.order_key, created_at=NOW, expires_at=NOW)
    return Parcel(delivery, event, retry=retry, manual=manual)


def add(lanes: Lanes, *parcels: Parcel, cap: int = 8) -> None:
    for one in parcels:
        lanes.add(one, max_in_flight=cap)


def start_all(lanes: Lanes) -> list[Parcel]:
    started = []
    while (one := lanes.next()) is not None:
        started.append(one)
    return started


def integrations(parcels: list[Parcel]) -> list[int]:
    return [one.delivery.integration_id.int for one in parcels]


def test_an_integration_has_no_more_in_flight_than_its_cap() -> None:
    lanes = Lanes(max_in_flight=100)
    add(lanes, *(parcel(1) for _ in range(20)), cap=3)
    started = start_all(lanes)
    assert len(started) == 3
    lanes.ended(started[0])
    assert len(start_all(lanes)) == 1


def test_the_engine_has_no_more_in_flight_than_its_own_cap() -> None:
    lanes = Lanes(max_in_flight=10)
    add(lanes, *(parcel(number) for number in range(50)))
    assert len(start_all(lanes)) == 10
    assert lanes.next() is None


def test_integrations_take_turns_and_accounts_before_them() -> None:
    lanes = Lanes(max_in_flight=100)
    add(lanes, *(parcel(1) for _ in range(4)), *(parcel(2) for _ in range(4)))
    add(lanes, *(parcel(3, account=B) for _ in range(4)))
    assert integrations(start_all(lanes))[:8] == [1, 3, 2, 3, 1, 3, 2, 3]


def test_an_account_has_no_more_in_flight_than_its_quota_and_others_go_on() -> None:
    lanes = Lanes(max_in_flight=100)
    mine = [parcel(number) for number in range(20)]
    for one in mine:
        lanes.add(one, max_in_flight=8, of_account=5)
    add(lanes, *(parcel(99, account=B) for _ in range(8)))
    started = start_all(lanes)
    assert Counter(one.delivery.account_id for one in started) == {A: 5, B: 8}
    assert lanes.next() is None
    lanes.ended(next(one for one in started if one.delivery.account_id == A))
    assert [one.delivery.account_id for one in start_all(lanes)] == [A]


def test_an_accounts_quota_holds_its_retries_too_and_may_be_changed() -> None:
    lanes = Lanes(max_in_flight=100)
    for number in range(20):
        lanes.add(parcel(number, retry=True), max_in_flight=8, of_account=6)
    assert len(start_all(lanes)) == 3  # half of it
    lanes.add(parcel(50), max_in_flight=8, of_account=None)
    assert len(start_all(lanes)) == 18


def test_an_accounts_first_attempts_find_a_place_while_its_retries_are_under_way() -> None:
    """Many receivers that answer late and badly hold no more than half of what the account may have in flight."""
    lanes = Lanes(max_in_flight=100)
    for number in range(10):
        lanes.add(parcel(number, retry=True), max_in_flight=8, of_account=4)
    assert [one.retry for one in start_all(lanes)] == [True, True]
    lanes.add(parcel(50), max_in_flight=8, of_account=4)
    assert integrations(start_all(lanes)) == [50]
    one = Lanes(max_in_flight=100)
    one.add(parcel(1, retry=True), max_in_flight=8, of_account=1)
    assert len(start_all(one)) == 1  # who may have one only retries, too


def test_first_attempts_of_a_call_go_one_after_the_other() -> None:
    lanes = Lanes(max_in_flight=100)
    first, second, third = (parcel(1, "call") for _ in range(3))
    other = parcel(1, "another call")
    add(lanes, first, second, third, other)
    assert start_all(lanes) == [first, other]
    lanes.ended(first)
    assert start_all(lanes) == [second]
    lanes.ended(other)
    assert lanes.next() is None
    lanes.ended(second)
    assert start_all(lanes) == [third]


def test_the_order_of_a_call_binds_one_integration_alone() -> None:
    lanes = Lanes(max_in_flight=100)
    add(lanes, parcel(1, "call"), parcel(2, "call"), parcel(2, "call"))
    assert integrations(start_all(lanes)) == [1, 2]


def test_retries_and_what_people_ask_for_keep_no_order() -> None:
    lanes = Lanes(max_in_flight=100)
    add(lanes, parcel(1, "call"), parcel(1, "call", retry=True), parcel(1, "call", manual=True))
    assert len(start_all(lanes)) == 3


def test_retries_hold_at_most_half_of_an_integrations_cap() -> None:
    lanes = Lanes(max_in_flight=100)
    add(lanes, *(parcel(1, retry=True) for _ in range(20)), cap=8)
    assert len(start_all(lanes)) == 4
    add(lanes, *(parcel(1) for _ in range(20)), cap=8)
    assert [one.retry for one in start_all(lanes)] == [False] * 4


def test_retries_hold_at_most_half_of_the_engines_cap() -> None:
    lanes = Lanes(max_in_flight=10)
    add(lanes, *(parcel(number, retry=True) for number in range(50)))
    assert len(start_all(lanes)) == 5
    add(lanes, parcel(99))
    assert integrations(start_all(lanes)) == [99]


def test_a_cap_of_one_still_lets_retries_through() -> None:
    lanes = Lanes(max_in_flight=1)
    add(lanes, parcel(1, retry=True), cap=1)
    assert len(start_all(lanes)) == 1


def test_first_attempts_go_before_retries_but_do_not_starve_them() -> None:
    lanes = Lanes(max_in_flight=2)
    add(lanes, *(parcel(number, retry=True) for number in range(50)))
    add(lanes, *(parcel(100 + number) for number in range(50)))
    kinds = []
    for _ in range(40):
        one = lanes.next()
        assert one is not None
        kinds.append(one.retry)
        lanes.ended(one)
    assert kinds[:8] == [False] * 7 + [True]
    assert Counter(kinds)[True] == 5


def test_many_dead_receivers_leave_room_for_one_that_lives() -> None:
    lanes = Lanes(max_in_flight=64)
    for dead in range(30):
        add(lanes, *(parcel(dead) for _ in range(20)), cap=8)
    start_all(lanes)  # and none of them ends
    for _ in range(100):
        add(lanes, parcel(99), cap=8)
        (alive,) = [one for one in start_all(lanes) if one.delivery.integration_id.int == 99]
        lanes.ended(alive)


def test_what_has_no_room_is_shed_until_the_rest_has_been_fetched() -> None:
    lanes = Lanes(max_in_flight=10, firsts_waiting=4)
    assert lanes.has_room(UUID(int=1))
    add(lanes, *(parcel(1, "call") for _ in range(5)))
    start_all(lanes)
    assert not lanes.has_room(UUID(int=1))
    assert lanes.has_room(UUID(int=2))
    lanes.shed(UUID(int=1), A)
    assert lanes.behind() == {}  # it is not in the database yet, so that asking there proves nothing
    lanes.settled_in_database(UUID(int=1))
    while flying := [one for one in lanes if one.in_flight]:
        lanes.ended(flying[0])
        start_all(lanes)
    assert not lanes.has_room(UUID(int=1))  # it would overtake what was shed
    before = lanes.behind()
    lanes.shed(UUID(int=1), A, settled=True)  # while the database was being asked
    lanes.caught_up(before)
    assert not lanes.has_room(UUID(int=1))
    lanes.caught_up(lanes.behind())
    assert lanes.has_room(UUID(int=1))


def test_an_integration_with_much_waiting_is_not_fetched_for() -> None:
    lanes = Lanes(max_in_flight=10, firsts_waiting=4, retries_waiting=4)
    add(lanes, *(parcel(1) for _ in range(3)), *(parcel(2, retry=True) for _ in range(3)), cap=0)
    assert lanes.full(retries=False) == {UUID(int=1)}
    assert lanes.full(retries=True) == {UUID(int=2)}


@given(data=st.data())
def test_whatever_happens_everything_is_sent_once_and_in_order(data: st.DataObject) -> None:
    lanes = Lanes(max_in_flight=4)
    flying: list[Parcel] = []
    added: list[Parcel] = []
    started: list[Parcel] = []
    for _ in range(data.draw(st.integers(5, 60))):
        if data.draw(st.booleans()):
            integration, order_key = data.draw(st.integers(1, 3)), data.draw(st.sampled_from("xyz"))
            one = parcel(integration, order_key, retry=data.draw(st.booleans()))
            add(lanes, one, cap=2)
            added.append(one)
        elif flying:
            lanes.ended(flying.pop(data.draw(st.integers(0, len(flying) - 1))))
        fresh = start_all(lanes)
        flying += fresh
        started += fresh
        busy = Counter(one.delivery.integration_id for one in flying)
        rows = Counter((one.delivery.integration_id, one.delivery.order_key) for one in flying if not one.retry)
        assert len(flying) <= 4
        assert all(count <= 2 for count in busy.values())
        assert all(count == 1 for count in rows.values())
    while flying:
        lanes.ended(flying.pop())
        fresh = start_all(lanes)
        flying += fresh
        started += fresh
    assert len(started) == len(added)
    assert list(lanes) == []

    def row(parcels: list[Parcel]) -> dict[tuple[UUID, str], list[UUID]]:
        rows: dict[tuple[UUID, str], list[UUID]] = {}
        for one in parcels:
            if not one.retry:
                rows.setdefault((one.delivery.integration_id, one.delivery.order_key), []).append(one.delivery.id)
        return rows

    assert row(started) == row(added)
