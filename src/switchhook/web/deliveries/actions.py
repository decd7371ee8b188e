"""What people do with deliveries: the engine does it, the web asks (errands)."""

from __future__ import annotations

from collections.abc import Sequence

from switchhook.web.errands import ask
from switchhook.web.models import Account, Delivery, Errand
from switchhook.web.tenancy import Asker


def redeliver(account: Account, deliveries: Sequence[Delivery], asked_by: Asker) -> Errand:
    """One more attempt of each, at once, with the integration as it stands now and the same webhook-id."""
    return ask("redeliver", account, {"delivery_ids": [str(one.id) for one in deliveries]}, asked_by)


def cancel(account: Account, deliveries: Sequence[Delivery], asked_by: Asker) -> Errand:
    """No further attempt of those that are still owed."""
    return ask("cancel", account, {"delivery_ids": [str(one.id) for one in deliveries]}, asked_by)
