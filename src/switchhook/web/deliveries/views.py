"""Pages of deliveries and events: what was sent, what came back, and what nobody wanted and why."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from switchhook.domain.catalogue import EVENTS
from switchhook.domain.delivery import DeliveryState
from switchhook.web.deliveries import actions, search
from switchhook.web.deliveries.chips import KEPT, chips_of_deliveries, chips_of_events
from switchhook.web.deliveries.neighbours import neighbours
from switchhook.web.deliveries.recorded import attempts_of, shown_fields
from switchhook.web.deliveries.recovery import open_recoveries
from switchhook.web.deliveries.search import Filters, Page, Row, uuid_or_none
from switchhook.web.integrations.health import resting
from switchhook.web.models import Delivery, Integration
from switchhook.web.saying import said
from switchhook.web.tenancy import Access, account_view

#: So many integrations the filter offers; more are found from their own pages.
INTEGRATIONS_OFFERED = 200


@account_view
def deliveries(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's deliveries, newest first."""
    filters = Filters.read(request.GET)
    page = search.deliveries(access, filters, request.GET)
    offered = list(access.integrations().order_by("name")[:INTEGRATIONS_OFFERED])
    return render(request, "deliveries/list.html", {
        "rows": page.rows, "names": _names(access, page.rows), "filters": filters, "more": _more(filters, page),
        "live": _live(request, filters, page), "recoveries": open_recoveries(access),
        "chips": chips_of_deliveries(filters, offered),
        "kept_filters": [(name, value) for name in KEPT if (value := getattr(filters, name))],
        "states": [(one.value, said(one.value.capitalize())) for one in DeliveryState],
        "event_types": [(spec.type.value, said(spec.label)) for spec in EVENTS.values()], "integrations": offered,
    })


@account_view
def delivery(request: HttpRequest, access: Access, delivery_id: UUID) -> HttpResponse:
    """One delivery: its attempts, and the event."""
    row = get_object_or_404(access.deliveries().select_related("event"), id=delivery_id)
    attempts = attempts_of(row)
    rest = resting(row.integration_id) if row.state == DeliveryState.PENDING else None
    told = "" if rest is None else rest.probe_at_ms
    seen = f"{row.state}.{row.attempts}.{len(attempts)}.{row.next_attempt_at_ms}.{told}"
    if request.GET.get("seen") == seen:  # the page asks for news, and there is none
        return HttpResponse(status=204)
    filters = Filters.read(request.GET)
    latest = next((one for one in attempts if not one.unknown), None)
    return render(request, "deliveries/one.html", {
        "delivery": row, "event": row.event, "attempts": attempts, "resting": rest, "latest": latest,
        "integration": access.integrations().filter(id=row.integration_id).first(),
        "fields": shown_fields(row.event), "pending": row.state == DeliveryState.PENDING, "seen": seen,
        "filters": filters, "near": neighbours(access, filters, row.id),
    })


@require_POST
@account_view
def redeliver_ticked(request: HttpRequest, access: Access) -> HttpResponse:
    """One more attempt of each that was ticked; then back to where that was."""
    ids = [id_ for one in request.POST.getlist("delivery")[: search.LIVE_ROWS] if (id_ := uuid_or_none(one))]
    rows = list(access.deliveries().filter(id__in=ids))
    if rows:
        actions.redeliver(access.account, rows, access.asker)
        messages.success(request, ngettext(
            "Asked for one more attempt of one delivery.", "Asked for one more attempt of %(count)s deliveries.",
            len(rows)) % {"count": len(rows)})
    else:
        messages.warning(request, _("Tick the deliveries first."))
    integration = uuid_or_none(request.POST.get("integration", ""))
    if integration:
        return redirect("integration", account=access.account.slug, integration_id=integration)
    return redirect(reverse("deliveries", args=[access.account.slug]) + Filters.read(request.GET).url())


@require_POST
@account_view
def redeliver(request: HttpRequest, access: Access, delivery_id: UUID) -> HttpResponse:
    """One more attempt."""
    row = get_object_or_404(access.deliveries(), id=delivery_id)
    actions.redeliver(access.account, [row], access.asker)
    messages.success(request, _("Asked for one more attempt. It appears here in a moment."))
    return _back_to(access, row, request)


@require_POST
@account_view
def cancel(request: HttpRequest, access: Access, delivery_id: UUID) -> HttpResponse:
    """No further attempt."""
    row = get_object_or_404(access.deliveries(), id=delivery_id)
    actions.cancel(access.account, [row], access.asker)
    messages.success(request, _("Asked to cancel it. It appears here in a moment."))
    return _back_to(access, row, request)


def _back_to(access: Access, row: Delivery, request: HttpRequest) -> HttpResponse:
    """The delivery's page, within the filters in which it stood."""
    filters = Filters.read(request.GET)
    return redirect(reverse("delivery", args=[access.account.slug, row.id]) + (filters.url() if filters.any else ""))


@account_view
def events(request: HttpRequest, access: Access) -> HttpResponse:
    """The account's events, newest first, also those that nobody wanted."""
    filters = Filters.read(request.GET)
    page = search.events(access, filters, request.GET)
    return render(request, "deliveries/events.html", {
        "rows": page.rows, "filters": filters, "more": _more(filters, page), "live": _live(request, filters, page),
        "event_types": [(spec.type.value, said(spec.label)) for spec in EVENTS.values()],
        "chips": chips_of_events(filters),
        "kept_filters": [(name, value) for name in KEPT if (value := getattr(filters, name))],
    })


@account_view
def event(request: HttpRequest, access: Access, event_id: UUID) -> HttpResponse:
    """One event: what it says, and to whom it was owed."""
    row = get_object_or_404(access.events(), id=event_id)
    owed = list(access.deliveries().filter(event=row).order_by("id")[: search.LIVE_ROWS])
    service = access.services().filter(id=row.service_id).first() if row.service_id else None
    of_call = access.events().filter(call_uuid=row.call_uuid).order_by("at_ms", "sequence", "id")
    fields = [one for one in shown_fields(row) if one.value != str(row.id)]  # its id stands below, to be copied
    return render(request, "deliveries/event.html", {
        "event": row, "fields": fields, "owed": owed, "names": _names(access, owed), "service": service,
        "of_call": list(of_call[: search.PAGE_ROWS]) if row.call_uuid else [],
    })


def _names(access: Access, rows: Sequence[Delivery]) -> dict[UUID, Integration]:
    """The integrations of these deliveries, in one query; deleted ones are not among them."""
    return access.integrations().in_bulk({row.integration_id for row in rows})


def _more(filters: Filters, page: Page[Row]) -> str:
    """Where the next page is; empty when there is none."""
    return filters.url(before=page.next_key) if page.next_key else ""


def _live(request: HttpRequest, filters: Filters, page: Page[Row]) -> str:
    """The URL that a first page asks for what has come since; empty for pages that stay as they are.

    It goes down to the row that was last when the page was opened, so that nothing falls between this page and
    the one after it."""
    if "before" in request.GET or filters.q:
        return ""
    return filters.url(down_to=request.GET.get("down_to") or (str(page.rows[-1].pk) if page.rows else ""))
