"""Writing the audit log: a line in the transaction of what was done, so that neither is there without the other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from switchhook.domain.event import timed_id
from switchhook.web.audit.actor import Actor, actor, as_person
from switchhook.web.audit.models import Action, AuditEntry, Kind
from switchhook.web.members.models import Person

LONGEST_TEXT = 500

Changes = Mapping[str, tuple[Any, Any]]


def note(
    action: Action, kind: Kind, object_id: object, object_name: str, *, account_id: UUID | None, detail: str = "",
    changes: Changes | None = None, by: Actor | None = None,
) -> None:
    """Write one line. `by`: who did it, where that is not who asks now."""
    now_ms = time.time_ns() // 1_000_000
    by = by or actor()
    AuditEntry.objects.create(
        id=timed_id(now_ms, "audit", uuid4()), at_ms=now_ms, account_id=account_id, action=action, kind=kind,
        object_id=str(object_id), object_name=object_name[:LONGEST_TEXT], detail=detail[:LONGEST_TEXT],
        changes=json.dumps({name: list(pair) for name, pair in (changes or {}).items()}, ensure_ascii=False),
        **asdict(by))


def note_of_person(
    action: Action, kind: Kind, person: Person, *, detail: str = "", changes: Changes | None = None,
    by_themselves: bool = False,
) -> None:
    """What concerns a person concerns each account that they are in: a line in each account's log, or, for who is in
    none (the operator), one in the operator's. `by_themselves`: who asks is not logged in yet."""
    by = actor()
    if by_themselves and by.person_id is None:
        by = as_person(by, person)
    for account_id in _accounts_of(person):
        note(action, kind, person.id, person.email, account_id=account_id, detail=detail, changes=changes, by=by)


def _accounts_of(person: Person) -> Iterable[UUID | None]:
    return list(person.memberships.values_list("account_id", flat=True)) or [None]
