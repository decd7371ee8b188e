"""What happens around every request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

log = logging.getLogger(__name__)


class RequestId:
    """Gives every request an id: it stands in the answer (`X-Request-Id`), on the error page and in the log.

    And begins it in UTC: the thread may still be in the time zone of the account that it served before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid4().hex[:12]  # type: ignore[attr-defined]
        timezone.deactivate()
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if response.status_code >= 500:
            log.error("request %s: %s %s answered %s", request.request_id, request.method,  # type: ignore[attr-defined]
                      request.path, response.status_code)
        return response
