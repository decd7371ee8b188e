"""How an integration does, over the API: its attempts of the last 24 hours, and what they failed of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from switchhook.web.api.bearer import READ, access_of
from switchhook.web.api.integrations import one_integration
from switchhook.web.api.shapes import Shape, moment
from switchhook.web.integrations.failures import failure_groups
from switchhook.web.integrations.figures import figures

router = Router()


class HourShape(Shape):
    """One hour."""

    begin: datetime | None
    delivered: int
    failed: int


class FailureShape(Shape):
    """What attempts failed of, grouped."""

    answer: str = Field(description="The status, or the kind of failure where there was no answer.")
    host: str
    title: str
    advice: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


class IntegrationHealthShape(Shape):
    """The attempts of the last 24 hours."""

    delivered: int
    failed: int
    success_percent: float | None = Field(description="null: there was no attempt")
    median_ms: float | None
    p95_ms: float | None
    hours: list[HourShape]
    failures: list[FailureShape] = Field(description="The latest first.")


@router.get("/integrations/{uuid:integration_id}/health", response=IntegrationHealthShape, auth=READ)
def get_integration_health(request: HttpRequest, integration_id: UUID) -> IntegrationHealthShape:
    """How its attempts of the last 24 hours went: durations, hour by hour, and what they failed of."""
    row = one_integration(access_of(request), integration_id)
    told = figures(row.id)
    return IntegrationHealthShape(
        delivered=told.delivered, failed=told.failed, success_percent=_rounded(told.success_percent),
        median_ms=_rounded(told.median_ms), p95_ms=_rounded(told.p95_ms),
        hours=[HourShape(begin=moment(one.hour_ms), delivered=one.delivered, failed=one.failed) for one in told.bars],
        failures=[
            FailureShape(answer=one.answer, host=one.host, title=one.title, advice=one.advice, count=one.count,
                         first_at=moment(one.first_ms), last_at=moment(one.last_ms))
            for one in failure_groups(row.id)])


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 1)
