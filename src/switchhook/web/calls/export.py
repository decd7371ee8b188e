"""The list of calls as a file."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse

from switchhook.web.calls import search
from switchhook.web.calls.search import Filters
from switchhook.web.calls.timeline import state_of
from switchhook.web.models import Call
from switchhook.web.spreadsheets import ROWS_AT_ONCE, Cell, all_rows, csv_answer, moment
from switchhook.web.tenancy import Access, account_view

HEADING = ("Began", "Ended", "Seconds", "Direction", "From", "To", "Extension", "Came to", "PBX", "Call UUID",
           "Native Call ID", "Test")


@account_view
def calls(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """The calls that the filters in the URL find."""
    filters = Filters.read(request.GET)
    services = {service.id: str(service) for service in access.services()}
    zone = access.account.time_zone

    def cells(call: Call) -> list[Cell]:
        seconds = None if call.ended_ms is None else max(0, round((call.ended_ms - call.began_ms) / 1000))
        return [
            moment(call.began_ms, zone), moment(call.ended_ms, zone), seconds, call.direction, call.source_number,
            call.destination_number, call.extension_number, state_of(call)[1], services.get(call.service_id, ""),
            str(call.id), call.native_call_id, call.is_test]

    found = all_rows(lambda key: search.calls(access, filters, {"before": key}, ROWS_AT_ONCE))
    return csv_answer(access.account, "calls", HEADING, (cells(call) for call in found))
