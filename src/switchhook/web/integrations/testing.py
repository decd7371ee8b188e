"""A test that somebody sent: from the errand to the answer, so that the page can wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from time import time

from django.utils.translation import gettext as _

from switchhook.domain.event import id_ms
from switchhook.web.deliveries.recorded import ShownAttempt, attempt_of
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.errands import outcome
from switchhook.web.models import Delivery, Integration
from switchhook.web.saying import said
from switchhook.web.tenancy import Access

#: After so many seconds the page says that the engine may not be running, and after so many it stops asking.
SLOW_SECONDS, HOPELESS_SECONDS = 8, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTest:
    """How a test stands. `attempt`: its first, once there is an answer (or none came)."""

    errand_id: str
    delivery: Delivery | None = None
    attempt: ShownAttempt | None = None
    failure: str = ""
    waited_seconds: float = 0.0

    @property
    def waiting(self) -> bool:
        """Whether it is worth asking again."""
        return self.attempt is None and not self.failure and self.waited_seconds < HOPELESS_SECONDS

    @property
    def slow(self) -> bool:
        """Whether the engine has had the errand for so long that something is wrong."""
        return self.attempt is None and not self.failure and self.waited_seconds > SLOW_SECONDS


def sent_test(access: Access, row: Integration, errand_id: str) -> SentTest | None:
    """The test of that errand; None when there is none of this integration."""
    id_ = uuid_or_none(errand_id)
    told = None if id_ is None else outcome(access.errands(), id_, "send_test", integration_id=row.id)
    if told is None or id_ is None:
        return None
    waited = time() - id_ms(id_) / 1000
    if told.state == "failed":
        detail = said(told.result.get("detail") or "")
        return SentTest(errand_id=errand_id, failure=detail or _("The engine could not send it."))
    delivery_id = uuid_or_none(str(told.result.get("delivery_id", "")))
    delivery = access.deliveries().filter(id=delivery_id, integration_id=row.id).first() if delivery_id else None
    if delivery is None:
        return SentTest(errand_id=errand_id, waited_seconds=waited)
    first = delivery.recorded.order_by("number").first()
    if first is None and delivery.state != "pending":
        reason = said(delivery.last_problem) or _("It was %(state)s.") % {"state": said(delivery.state.capitalize())}
        return SentTest(errand_id=errand_id, delivery=delivery, failure=reason)
    attempt = None if first is None else attempt_of(first)
    return SentTest(errand_id=errand_id, delivery=delivery, attempt=attempt, waited_seconds=waited)
