"""Idempotency-Key: a POST that is sent again with the same key is done once, and answered the same for 24 hours.

The answer is written in the transaction of what was done: either both are there or neither, and of two at the same
time one waits for the other. What failed (400 and above) did nothing and is not kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from switchhook.web.api.problems import Problem
from switchhook.web.models import ApiAnswer, ApiToken
from switchhook.web.secrets import seal, unseal

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
_HEADERS = ("Content-Type", "Location", "ETag")

Handler = Callable[[HttpRequest], HttpResponse]


def once(request: HttpRequest, token: ApiToken, handler: Handler) -> HttpResponse:
    """The answer of the handler, or the one that was given before. Raises Problem. Within a transaction."""
    key = request.headers["Idempotency-Key"]
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Problem(400, f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.",
                      code="bad_idempotency_key")
    ApiAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    asked = hashlib.sha256(b"\n".join([request.get_full_path().encode(), request.body])).hexdigest()
    try:
        with transaction.atomic():
            kept = ApiAnswer.objects.create(token=token, key=key, asked=asked)
    except IntegrityError:
        return _again(ApiAnswer.objects.get(token=token, key=key), asked)
    response = handler(request)
    if response.status_code < 400:
        kept.status, kept.headers = response.status_code, {
            name: response[name] for name in _HEADERS if name in response}
        kept.body_sealed = seal(response.content.decode(), f"api-answer:{kept.id}")
        kept.save()
    return response


def _again(kept: ApiAnswer, asked: str) -> HttpResponse:
    if kept.asked != asked:
        raise Problem(422, "This Idempotency-Key was used for another request.", code="idempotency_key_reused")
    response = HttpResponse(unseal(kept.body_sealed, f"api-answer:{kept.id}"), status=kept.status)
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response
