"""Errands: asking the engine for something, and seeing what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from switchhook.domain.event import timed_id
from switchhook.web.accounts.quotas import TESTS, check_tests
from switchhook.web.configuration import wake_engines
from switchhook.web.models import Account, Errand
from switchhook.web.tenancy import Asker

#: What can be asked (args and results: the docstring of `Errand` in store/ports.py).
Kind = Literal[
    "user_changed", "send_test", "test_event", "redeliver", "cancel", "catch_up", "redeliver_many", "test_connection",
    "test_call", "detect"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an errand stands, for the page that waits for it."""

    state: str  # asked · working · paused · done · failed · cancelled
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def ask(
    kind: Kind, account: Account | None, args: Mapping[str, object], asked_by: Asker, *, at: UUID | None = None,
) -> Errand:
    """Write an errand, in the transaction of the change that it belongs to (if there is one).

    `account` is None for the operator's own errands (test_connection). `at` is the Connection at whose PBX it is to
    be done: the engine that owns it does it. Raises QuotaReached for too many tests."""
    with transaction.atomic():
        if account is not None and kind in TESTS:
            check_tests(account)
        now_ms = time.time_ns() // 1_000_000
        errand = Errand.objects.create(
            id=timed_id(now_ms, "errand", uuid4()), account_id=account.id if account else None, kind=kind,
            state="asked", args=json.dumps(args), result="{}", asked_by=asked_by.id, created_at_ms=now_ms,
            connection_id=at)
        wake_engines()
    return errand


def outcome(among: QuerySet[Errand], errand_id: UUID, kind: Kind, **about: UUID | None) -> Outcome | None:
    """How that errand stands; None when it is none of those, of another kind, or about something else than its
    arguments say (finished ones are dropped some day)."""
    errand = among.filter(id=errand_id, kind=kind).first()
    if errand is None or not {name: str(id_) for name, id_ in about.items()}.items() <= json.loads(errand.args).items():
        return None
    return Outcome(errand.state, json.loads(errand.result or "{}"))
