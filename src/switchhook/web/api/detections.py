"""Detecting over the API: the PBX is asked for its trunks, phones and menus. What counts, `change_reading` says."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from switchhook.web.api.bearer import INTEGRATIONS, access_of
from switchhook.web.api.errands import ErrandShape, asked
from switchhook.web.api.problems import Problem
from switchhook.web.api.services import service_of
from switchhook.web.errands import ask
from switchhook.web.services.asking import may_ask

router = Router()


@router.post("/services/{uuid:service_id}/detections", response={202: ErrandShape}, auth=INTEGRATIONS)
def detect(request: HttpRequest, service_id: UUID, response: HttpResponse) -> ErrandShape:
    """Ask the PBX for its trunks, phones and menus. The errand's result has them, each with the reason why it is taken
    for one; nothing of it counts before you set it (`PATCH …/reading`)."""
    access = access_of(request)
    service = service_of(access, service_id)
    if service.connection_id is None:
        raise Problem(409, "This PBX is fed by intake: there is none to ask.", code="not_connected")
    if not may_ask(access, service):
        raise Problem(403, "This PBX carries others' calls, too: only the operator may ask it.", code="others_too")
    of = {"connection_id": str(service.connection_id), "service_id": str(service.id)}
    return asked(ask("detect", access.account, of, access.asker, at=service.connection_id), response)
