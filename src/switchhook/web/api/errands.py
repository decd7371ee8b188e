"""Errands over the API: what was asked of the engine, and what came of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router
from pydantic import Field

from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.problems import not_found
from switchhook.web.api.shapes import Shape, moment
from switchhook.web.models import Errand
from switchhook.web.tenancy import Access

router = Router()

#: What a program can ask for, and so can see.
_KINDS = ("send_test", "test_event", "test_call", "redeliver", "cancel", "detect")


class ErrandShape(Shape):
    """Something asked of the engine. Ask again until the state is done or failed."""

    id: UUID
    kind: str
    state: str = Field(description="asked, working, done or failed")
    result: dict[str, Any]
    asked_at: datetime | None
    finished_at: datetime | None


@router.get("/errands/{uuid:errand_id}", response=ErrandShape, auth=READ)
def get_errand(request: HttpRequest, errand_id: UUID) -> ErrandShape:
    """How an errand stands. Finished ones are forgotten some day."""
    access = access_of(request)
    errand = access.errands().filter(id=errand_id, kind__in=_KINDS).first()
    if errand is None or not _may_see(access, errand):
        raise not_found("errand")
    return _shape(errand)


def asked(errand: Errand, response: HttpResponse) -> ErrandShape:
    """What an operation answers (202) that asked the engine for something."""
    response["Location"] = reverse("api-1:get_errand", kwargs={"errand_id": errand.id})
    return _shape(errand)


def _may_see(access: Access, errand: Errand) -> bool:
    """A limited token sees errands of what it sees."""
    if access.only is None:
        return True
    args = json.loads(errand.args)
    if errand.kind == "send_test":
        return access.integrations().filter(id=args["integration_id"]).exists()
    if errand.kind in ("test_event", "test_call"):
        return access.services().filter(id=args["service_id"]).exists()
    if errand.kind == "detect":
        return access.services().filter(connection_id=args["connection_id"]).exists()
    ids = args["delivery_ids"]
    return access.deliveries().filter(id__in=ids).count() == len(set(ids))


def _shape(errand: Errand) -> ErrandShape:
    return ErrandShape(
        id=errand.id, kind=errand.kind, state=errand.state, result=json.loads(errand.result or "{}"),
        asked_at=moment(errand.created_at_ms), finished_at=moment(errand.finished_at_ms))
