"""Recovery as people ask for it: how much it would be (an estimate, bounded), and how it goes on.

The engine does it (errands `catch_up` and `redeliver_many`); a person may pause it, go on with it, or cancel it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import EventType
from switchhook.domain.delivery import DeliveryState
from switchhook.domain.integration import Wanted
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.configuration import wake_engines
from switchhook.web.deliveries.search import Filters, first_id
from switchhook.web.errands import ask
from switchhook.web.integrations import actions
from switchhook.web.integrations.preview import passing
from switchhook.web.integrations.stored import opened
from switchhook.web.models import Delivery, Errand, Event, Integration
from switchhook.web.tenancy import Access

KINDS = ("catch_up", "redeliver_many")
RECOVERABLE = (DeliveryState.FAILED.value, DeliveryState.EXPIRED.value, DeliveryState.CANCELLED.value)

#: An estimate looks at so many rows at most.
LOOKED_AT = 20_000
COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About how many there are. `more`: there may be more than were looked at."""

    count: int
    more: bool = False

    def __str__(self) -> str:
        if self.more or self.count > COUNTED:
            return _("more than %(count)s") % {"count": intcomma(min(self.count, COUNTED))}
        return _("about %(count)s") % {"count": intcomma(self.count)} if self.count else _("none")

    @property
    def total(self) -> int | None:
        """The number; None when it is not known."""
        return None if self.more or self.count > COUNTED else self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How a recovery stands, for its page."""

    errand: Errand
    done: int
    total: int | None
    detail: str

    @property
    def open(self) -> bool:
        """Whether it is not over yet."""
        return self.errand.state in ("asked", "working", "paused")

    @property
    def percent(self) -> int | None:
        """How far it has come; None: nobody knows."""
        return min(100, round(100 * self.done / self.total)) if self.total else None


def missed(access: Access, row: Integration, since: datetime) -> Estimate:
    """About how many events the integration missed since then."""
    events = access.events().filter(id__gt=first_id(since))
    sample = events.order_by("id").values_list("id", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
    wanted = events.filter(type=row.event_type, is_test=False).exclude(unwanted_reason=Wanted.APPLICATIONS_OFF.value)
    if row.service_id is not None:
        wanted = wanted.filter(service_id=row.service_id)
    if not EventType(row.event_type).startswith("user.") and row.service_id and not _applications_on(row):
        return Estimate(count=0)
    owed = access.deliveries().filter(id__gt=first_id(since), integration_id=row.id)
    if sample is not None:
        wanted, owed = wanted.filter(id__lt=sample), owed.filter(id__lt=sample)
    count = _count(wanted) - _count(owed)
    tried = passing(access, opened(row, timezone.now()).integration) if row.filters else None
    if tried is not None:
        count = round(count * tried.passed / tried.looked_at)
    return Estimate(count=max(0, count), more=sample is not None)


def failed(access: Access, filters: Filters, since: datetime, until: datetime | None = None) -> Estimate:
    """About how many deliveries, of those that the filters leave, ended undelivered in that time."""
    whole: QuerySet[Delivery] = access.deliveries().filter(id__gt=first_id(since))
    if until is not None:
        whole = whole.filter(id__lt=first_id(until))
    if filters.integration:
        whole = whole.filter(integration_id=filters.integration)
    sample = whole.order_by("id").values_list("id", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
    found = whole.filter(state__in=states(filters), is_test=False)
    if filters.event:
        found = found.filter(event_type=filters.event)
    if sample is not None:
        found = found.filter(id__lt=sample)
    return Estimate(count=_count(found), more=sample is not None)


def states(filters: Filters) -> Sequence[str]:
    """The states that can be recovered, narrowed by the filter."""
    return (filters.state,) if filters.state in RECOVERABLE else RECOVERABLE


@transaction.atomic
def enable_and_catch_up(access: Access, row: Integration, since: datetime, *, by: str = "") -> Errand:
    """Enable the integration, and have the engine send what it missed and what failed since then."""
    total = _sum(missed(access, row, since), failed(access, Filters(integration=str(row.id)), since))
    if not row.enabled:
        actions.enable(row, by=by or str(access.asker))
    return ask("catch_up", access.account, {
        "integration_id": str(row.id), "since_ms": _ms(since), "total": total}, access.asker)


def redeliver_many(access: Access, filters: Filters, since: datetime, until: datetime) -> Errand:
    """Have the engine send once more what failed in that time."""
    args = {"since_ms": _ms(since), "until_ms": _ms(until), "total": failed(access, filters, since, until).total}
    narrowed = {
        "integration_id": filters.integration, "event_type": filters.event,
        "state": filters.state if filters.state in RECOVERABLE else ""}
    return ask("redeliver_many", access.account, {**args, **narrowed}, access.asker)


def pause(access: Access, errand_id: UUID) -> None:
    """Let it rest where it is."""
    _change(access, errand_id, {"asked", "working"}, "paused")


def resume(access: Access, errand_id: UUID) -> None:
    """Go on where it rested."""
    _change(access, errand_id, {"paused"}, "asked")


def cancel(access: Access, errand_id: UUID) -> None:
    """End it. What was made due already is sent."""
    _change(access, errand_id, {"asked", "working", "paused"}, "cancelled")


def recovery(access: Access, errand_id: UUID) -> Recovery | None:
    """How that recovery stands; None when there is none. Who is limited sees those of integrations that they see."""
    errand = access.errands().filter(id=errand_id, kind__in=KINDS).first()
    if errand is None:
        return None
    of = _of_integration(errand)
    seen = access.whole or (of is not None and access.integrations().filter(id=of).exists())
    return _shown(errand) if seen else None


def open_recoveries(access: Access, integration_id: UUID | None = None) -> list[Recovery]:
    """The account's that are not over yet; of one integration, where it is given."""
    errands = access.errands().filter(kind__in=KINDS, state__in=("asked", "working", "paused")).order_by("-id")[:20]
    return [
        _shown(one) for one in errands
        if integration_id is None or _of_integration(one) == str(integration_id)]


def _of_integration(errand: Errand) -> str | None:
    """The id of the integration that it is of; None: of any."""
    return _object(errand.args).get("integration_id") or None


def _shown(errand: Errand) -> Recovery:
    args, result = _object(errand.args), _object(errand.result)
    total = result.get("total", args.get("total"))
    return Recovery(
        errand=errand, done=int(result.get("done") or 0), total=total if isinstance(total, int) else None,
        detail=str(result.get("detail") or ""))


def _change(access: Access, errand_id: UUID, before: set[str], after: str) -> None:
    """An engine that is at it sees it at its next chunk: the errand is no longer its own."""
    if recovery(access, errand_id) is None:
        return
    with transaction.atomic():
        changed = access.errands().filter(id=errand_id, kind__in=KINDS, state__in=before).update(
            state=after, owner=None, finished_at_ms=_ms(timezone.now()) if after == "cancelled" else None)
        if changed:
            note(Action.CHANGED, Kind.ERRAND, errand_id, "a recovery", account_id=access.account.id,
                 changes={"state": (None, after)})
        wake_engines()


def _applications_on(row: Integration) -> bool:
    return row.service is not None and row.service.applications_enabled


def _count(found: QuerySet[Event] | QuerySet[Delivery]) -> int:
    return found.order_by().values("id")[: LOOKED_AT].count()


def _sum(one: Estimate, other: Estimate) -> int | None:
    return None if one.total is None or other.total is None else one.total + other.total


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _object(text: str) -> Mapping[str, Any]:
    value = json.loads(text or "{}")
    return value if isinstance(value, dict) else {}
