"""Listening: the recordings on a call's page, for everybody who may see the call, and by link without a login."""

from __future__ import annotations

import time
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from switchhook.domain.recording_links import read_link
from switchhook.domain.recordings import RecordingState
from switchhook.web.accounts.models import AccountState
from switchhook.web.models import Call, Service
from switchhook.web.recordings.listening import note_listening
from switchhook.web.recordings.media import RangeBeyond, media
from switchhook.web.recordings.recorded import files_of, look_at, recordings_of
from switchhook.web.recordings.storage import Unreachable
from switchhook.web.streams import stream_of
from switchhook.web.tenancy import Access, account_view

#: So long after its end a call's page still looks for recordings.
SETTLES_MS = 60_000


@account_view
def of_call(request: HttpRequest, access: Access, call_id: UUID) -> HttpResponse:
    """The card of recordings on a call's page, which asks for it by itself: storage elsewhere may take its time."""
    call, service = _call_of(access, call_id)
    unreachable = ""
    try:
        found = recordings_of(call, service)
    except Unreachable as error:
        found, unreachable = [], str(error)
    fresh = call.ended_ms is None or time.time() * 1000 - call.ended_ms < SETTLES_MS
    waits = any(one.state is RecordingState.PENDING for one in found) or (fresh and not found)
    seen = ".".join([unreachable and "away", *(one.state for one in found), str(int(waits))])
    if request.GET.get("seen") == seen:  # it asks for news, and there is none: who listens is not interrupted
        return HttpResponse(status=204)
    return render(request, "recordings/of_call.html", {
        "access": access, "call": call, "recordings": found, "unreachable": unreachable, "waits": waits, "seen": seen})


@require_safe
@account_view
def listen(request: HttpRequest, access: Access, call_id: UUID, number: int) -> HttpResponseBase:
    """One recording, for the player of the page. Who may see the call may listen."""
    call, service = _call_of(access, call_id)
    return _answer(request, call, service, number)


@require_safe
@login_not_required
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The recording to which a signed link leads (domain/recording_links.py): it is all that is asked for here."""
    link = read_link(token, settings.SWITCHHOOK.keys())
    if link is None:
        raise Http404("There is no such recording.")
    if link.expires_s < time.time():
        return _plain("This link has expired.", 410)
    call = Call.objects.filter(id=link.call_uuid).first()
    service = None if call is None else Service.objects.select_related("account").filter(id=call.service_id).first()
    if call is None or service is None or service.account.state != AccountState.OPEN:
        raise Http404("There is no such recording.")
    stream_of(request, service.account_id)
    for number, file in enumerate(files_of(call, service), start=1):
        if link.leads_to(file):
            return _answer(request, call, service, number, by_link=True)
    raise Http404("There is no such recording.")


def _call_of(access: Access, call_id: UUID) -> tuple[Call, Service]:
    call = access.calls().filter(id=call_id).first()
    service = None if call is None else access.services().select_related("account").filter(id=call.service_id).first()
    if call is None or service is None:
        raise Http404("There is no such call.")
    return call, service


def _answer(
    request: HttpRequest, call: Call, service: Service, number: int, *, by_link: bool = False,
) -> HttpResponseBase:
    if not 1 <= number <= len(files_of(call, service)):
        raise Http404("There is no such recording.")
    try:
        recording, opened = look_at(call, service, number)
        if opened is not None:
            response = media(request, recording, opened)
            note_listening(request, call, recording, by_link=by_link)
            return response
    except Unreachable as error:
        return _plain(str(error), 503, **{"Retry-After": "60"})
    except RangeBeyond as beyond:
        return _plain(str(beyond), 416, **beyond.headers)
    if recording.state is RecordingState.PENDING:
        return _plain(recording.why, 409, **{"Retry-After": str(recording.retry_after_s)})
    return _plain(recording.why, 410 if recording.state is RecordingState.DELETED else 404)


def _plain(words: str, status: int, **headers: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8",
                        headers={"Cache-Control": "no-store"} | headers)
