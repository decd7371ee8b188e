"""The lists of events and deliveries as files."""

from __future__ import annotations

import json

from django.http import HttpRequest, StreamingHttpResponse

from switchhook.domain.catalogue import FIELDS
from switchhook.web.deliveries import search
from switchhook.web.deliveries.search import Filters
from switchhook.web.models import Delivery, Event
from switchhook.web.spreadsheets import ROWS_AT_ONCE, Cell, all_rows, csv_answer, moment
from switchhook.web.templatetags.catalogue import event_label
from switchhook.web.tenancy import Access, account_view

DELIVERIES = ("Created", "Finished", "State", "Status", "Problem", "Attempts", "Event", "From", "To", "Extension",
              "Integration", "Delivery ID", "Event ID", "Call UUID", "Test")
EVENTS = ("Happened", "Event", *(spec.label for spec in FIELDS.values()), "Not sent because", "Test")


@account_view
def deliveries(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """The deliveries that the filters in the URL find."""
    filters = Filters.read(request.GET)
    names = dict(access.integrations().values_list("id", "name"))
    zone = access.account.time_zone

    def cells(row: Delivery) -> list[Cell]:
        event = row.event
        return [
            moment(row.created_at_ms, zone), moment(row.finished_at_ms, zone), row.state, row.last_status,
            row.last_problem, row.attempts, event_label(row.event_type), event.source_number, event.destination_number,
            event.extension_number, names.get(row.integration_id, "deleted"), str(row.id), str(event.id),
            str(event.call_uuid or ""), row.is_test]

    found = all_rows(lambda key: search.deliveries(access, filters, {"before": key}, ROWS_AT_ONCE))
    return csv_answer(access.account, "deliveries", DELIVERIES, (cells(row) for row in found))


@account_view
def events(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """The events that the filters in the URL find, with every value that they have."""
    filters = Filters.read(request.GET)
    zone = access.account.time_zone

    def cells(row: Event) -> list[Cell]:
        values = json.loads(row.fields)
        return [moment(row.at_ms, zone), event_label(row.type), *(values.get(field) for field in FIELDS),
                row.unwanted_reason, row.is_test]

    found = all_rows(lambda key: search.events(access, filters, {"before": key}, ROWS_AT_ONCE))
    return csv_answer(access.account, "events", EVENTS, (cells(row) for row in found))
