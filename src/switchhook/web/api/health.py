"""How a PBX's connection is, over the API: now, and when it was not heard."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape, moment
from switchhook.web.services.state import engine_runs, gaps_of, state_of, states_of

router = Router()

GAPS_TOLD = 50


class GapShape(Shape):
    """When the PBX was not heard: calls of that time may be missing, or known in part."""

    begin: datetime | None
    end: datetime | None
    reason: str
    partial_calls: int


class HealthShape(Shape):
    """How the connection is. `state`: good, busy, warn, bad or neutral; `words` says it."""

    engine_runs: bool
    state: str
    words: str
    detail: str
    since: datetime | None
    last_message_at: datetime | None
    messages: int
    reconnects: int
    gaps: list[GapShape] = Field(description=f"The last {GAPS_TOLD}, the newest first.")


@router.get("/services/{uuid:service_id}/health", response=HealthShape, auth=READ)
def get_service_health(request: HttpRequest, service_id: UUID) -> HealthShape:
    """Whether the PBX is heard, and when it was not."""
    service = service_of(access_of(request), service_id)
    state = state_of(service, states_of([service.connection_id]))
    return HealthShape(
        engine_runs=engine_runs(), state=state.kind, words=str(state.words), detail=state.detail,
        since=moment(state.since_ms), last_message_at=moment(state.last_message_at_ms), messages=state.messages,
        reconnects=state.reconnects, gaps=[
            GapShape(begin=moment(gap.begin_ms), end=moment(gap.end_ms), reason=gap.reason,
                     partial_calls=gap.partial_calls) for gap in gaps_of(service.connection_id, GAPS_TOLD)])
