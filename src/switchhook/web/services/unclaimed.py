"""What a connection tells and no service claims, for the operator: whose calls these are, and the service to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from switchhook.web.models import UnclaimedCall

SAMPLE = 20


@dataclass(frozen=True, slots=True)
class TenantKey:
    """A tenant key that would claim a call."""

    kind: str  # what of the call it is compared with
    value: str
    make_url: str  # the form of a new service, filled in


def unclaimed_of(connection_id: UUID) -> list[tuple[UnclaimedCall, Sequence[TenantKey]]]:
    """The last calls that nobody claimed, newest first, each with the tenant keys that would claim it, best first."""
    calls = UnclaimedCall.objects.filter(connection_id=connection_id).order_by("-at_ms", "native_call_id")[:SAMPLE]
    return [(call, _keys(call)) for call in calls]


def _keys(call: UnclaimedCall) -> list[TenantKey]:
    contexts = [(_("context"), place) for place in call.place.split()]
    told = ((_("tenant"), call.tenant), (_("account code"), call.account_code), *contexts)
    return [TenantKey(kind, value, _make_url(call.connection_id, value)) for kind, value in told if value]


def _make_url(connection_id: UUID, key: str) -> str:
    filled_in = {"connection": str(connection_id), "tenant_key": key, "name": key}
    return f"{reverse('operator-service-new')}?{urlencode(filled_in)}"
