"""That somebody listened to a recording stands in the audit log: who did, in the portal, by a token or by a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from switchhook.web.audit.actor import actor
from switchhook.web.audit.models import Action, AuditEntry, Kind, Via
from switchhook.web.audit.writing import note
from switchhook.web.deliveries.search import first_id
from switchhook.web.models import Call
from switchhook.web.recordings.recorded import Recording

#: A player fetches a recording piece by piece: within so long that is one listening.
ONE_LISTENING = timedelta(minutes=10)


def note_listening(request: HttpRequest, call: Call, recording: Recording, *, by_link: bool = False) -> None:
    """Write the line, unless the same listener's is there just now. HEAD is no listening."""
    if request.META["REQUEST_METHOD"] != "GET":  # the API has HEAD answered as if it were GET
        return
    listener = replace(actor(), via=Via.LINK) if by_link else actor()
    object_id = f"{call.id}/{recording.number}"
    just_now = AuditEntry.objects.filter(
        account_id=call.account_id, id__gt=first_id(timezone.now() - ONE_LISTENING),
        action=Action.LISTENED, object_id=object_id, who=listener.who, via=listener.via, token=listener.token,
        address=listener.address)
    if not just_now.exists():
        note(Action.LISTENED, Kind.RECORDING, object_id, recording.name, account_id=call.account_id,
             detail=f"Recording {recording.number} of the call {call.id}", by=listener)
