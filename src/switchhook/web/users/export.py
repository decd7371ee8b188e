"""The list of users as a file, under the names that an import understands."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from switchhook.web.models import Account, PbxUser, Service
from switchhook.web.spreadsheets import MOST_ROWS, ROWS_AT_ONCE, Cell, csv_answer
from switchhook.web.tenancy import Access, account_view, service_view
from switchhook.web.users.search import matching

HEADING = ("Extension Number", "Name", "Outbound Phone Number", "Has Voicemail", "Enabled Calls", "PBX")


@account_view
def users(request: HttpRequest, access: Access) -> StreamingHttpResponse:
    """The users of all PBXs that fit the search."""
    return _file(access.account, access.users(), request)


@service_view
def pbx_users(request: HttpRequest, access: Access, service: Service) -> StreamingHttpResponse:
    """The users of one PBX that fit the search."""
    return _file(access.account, access.users().filter(service=service), request)


def _file(account: Account, found: QuerySet[PbxUser], request: HttpRequest) -> StreamingHttpResponse:
    found = matching(found, request.GET.get("q", "")).select_related("service")
    return csv_answer(account, "users", HEADING, _rows(found.order_by("extension_number", "id")[:MOST_ROWS]))


def _rows(found: QuerySet[PbxUser]) -> Iterator[list[Cell]]:
    for one in found.iterator(ROWS_AT_ONCE):
        yield [one.extension_number, one.name, one.outbound_phone_number, one.has_voicemail,
               ", ".join(one.enabled_calls), str(one.service)]
