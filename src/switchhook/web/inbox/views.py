"""The request inbox: a receiver of one's own, and what it got, live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchhook.domain.headers import ALWAYS_SECRET
from switchhook.web.deliveries.recorded import ShownBody, shown_body
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.inbox import actions
from switchhook.web.inbox.actions import url_of
from switchhook.web.inbox.checking import Checked, Signer, check, headers_of, signers
from switchhook.web.inbox.forms import AnswerForm
from switchhook.web.integrations.views import new_url
from switchhook.web.members.models import Role
from switchhook.web.models import Inbox, InboxRequest
from switchhook.web.templatetags.catalogue import event_label
from switchhook.web.tenancy import Access, account_view

#: So many of the requests are listed.
LISTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One request for the page. `event`: which event it says that it tells; empty when it is none of ours."""

    row: InboxRequest
    event: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: ShownBody
    checked: Checked


@account_view(whole=True)
def inbox(request: HttpRequest, access: Access) -> HttpResponse:
    """The inbox. Its list asks for news with the newest id that it knows, and gets nothing when there is none."""
    own = actions.inbox_of(access.account)
    rows = list(InboxRequest.objects.filter(inbox_id=own.id).order_by("-at_ms", "-id")[:LISTED])
    newest = str(rows[0].id) if rows else "none"
    if request.GET.get("known") == newest:
        return HttpResponse(status=204)
    integrations = list(access.integrations().order_by("name")[:200])
    among = signers(integrations, url_of(own))
    shown = [_shown(row, among, own, masked=not access.can_write) for row in rows]
    asked_for = uuid_or_none(request.GET.get("request", ""))
    chosen = next((one for one in shown if one.row.id == asked_for), shown[0] if shown else None)
    return render(request, "inbox/inbox.html", {
        "inbox": own, "inbox_url": url_of(own), "shown": shown, "chosen": chosen, "newest": newest,
        "form": AnswerForm(initial={"status": own.answer_status, "delay_ms": own.answer_delay_ms}),
        "services": access.services().order_by("friendly_name", "name")[:200], "integrations": integrations,
        "follows": asked_for is None,
    })


@require_POST
@account_view(whole=True)
def answer(request: HttpRequest, access: Access) -> HttpResponse:
    """Say how it answers."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        status, delay_ms = form.cleaned_data["status"], form.cleaned_data["delay_ms"]
        actions.answer_with(actions.inbox_of(access.account), status, delay_ms)
        messages.success(request, _("The inbox answers %(status)s from now on.") % {"status": status})
    else:
        messages.error(request, _("Not saved: the status is 200 to 599, the delay 0 to 10,000 milliseconds."))
    return redirect("inbox", account=access.account.slug)


@require_POST
@account_view(whole=True)
def clear(request: HttpRequest, access: Access) -> HttpResponse:
    """Forget what it got."""
    actions.clear(actions.inbox_of(access.account))
    return redirect("inbox", account=access.account.slug)


@account_view(needs=Role.ADMIN, whole=True)
def point(request: HttpRequest, access: Access) -> HttpResponse:
    """To the form of the chosen integration, or of a new one, with the inbox's URL in it. Nothing is saved yet."""
    kind, _, id_ = request.GET.get("target", "").partition(":")
    found = uuid_or_none(id_)
    if kind == "integration":
        row = get_object_or_404(access.integrations(), id=found)
        url = f"{new_url(access, None).removesuffix('new/')}{row.id}/edit/"
    else:
        service = get_object_or_404(access.services(), id=found) if kind == "pbx" else None
        url = new_url(access, service)
    return redirect(f"{url}?{urlencode({'request_url': url_of(actions.inbox_of(access.account))})}")


def _shown(row: InboxRequest, among: Sequence[Signer], own: Inbox, *, masked: bool) -> Shown:
    """`masked`: who may only read sees that a credential came, not which."""
    url = urlsplit(row.url)
    rest = url.path.partition(str(own.id))[2] + (f"?{url.query}" if url.query else "")
    headers = tuple(headers_of(row))
    event = next((value for name, value in headers if name.lower() == "switchhook-event"), "")
    return Shown(
        row=row, event=event_label(event), path=rest or "/",
        headers=tuple((name, "••••" if masked and name.lower() in ALWAYS_SECRET else value) for name, value in headers),
        body=shown_body(bytes(row.body), truncated=row.body_truncated), checked=check(row, among))
