"""A made-up event for a test: the catalogue's true example, with what is known of the account and its PBX."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from switchhook.domain.catalogue import EVENTS, EventType, Field
from switchhook.domain.event import Event, complete, timed_id
from switchhook.domain.service import Account, Service

#: What is true of the test itself, so that it is not taken from the example.
_OWN = frozenset({
    Field.DATE_TIME, Field.SERVICE_UUID, Field.SERVICE_NAME, Field.SERVICE_FRIENDLY_NAME, Field.CALL_UUID,
    Field.EVENT_ID, Field.SEQUENCE,
})


def example_event(type_: EventType, account: Account, service: Service | None, *, at: datetime, test_id: UUID) -> Event:
    """The event of one test. The same test has the same event, however often it is made.

    `service` None: the account has none yet, and the example's stands in for it where the event is of a PBX."""
    example = EVENTS[type_].example()
    of_call = Field.CALL_UUID in example
    if Field.SERVICE_UUID not in example:
        service = None
    elif service is None:
        service = Service(
            id=UUID(str(example[Field.SERVICE_UUID])), account_id=account.id, connection_id=None,
            name=str(example[Field.SERVICE_NAME]), friendly_name=str(example[Field.SERVICE_FRIENDLY_NAME]))
    sequence = example[Field.SEQUENCE]
    event = Event(
        id=timed_id(int(at.timestamp() * 1000), "test", test_id), type=type_, account_id=account.id,
        service_id=None if service is None else service.id, at=at, order_key=f"test:{test_id}",
        sequence=sequence if isinstance(sequence, int) else 1,
        fields={field: value for field, value in example.items() if field not in _OWN},
        call_uuid=uuid5(test_id, "call") if of_call else None,
        native_call_id=str(example.get(Field.NATIVE_CALL_ID) or ""), is_test=True)
    return complete(event, account, service, None)
