"""Traces for OpenTelemetry: `accept` for an event, and an `attempt` below it for each request.

A trace's id is the event's, and a span's follows from what it is of: so every engine knows them, nothing need be
stored, and what is traced is decided alike everywhere. The packages are an extra, imported only when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from switchhook import __version__
from switchhook.domain.delivery import Answer, Delivery, Responded
from switchhook.domain.event import Event
from switchhook.domain.integration import Integration

_HALF = (1 << 64) - 1


class Traced:
    """Tracing towards an OTLP endpoint, as OpenTelemetry's own variables name it. `close()` it at the end, off the
    loop: it sends what it has."""

    def __init__(self, engine_id: UUID, *, send_traceparent: bool) -> None:
        """`send_traceparent`: receivers are told, too."""
        self._ids = _Ids()
        self._send_traceparent = send_traceparent
        resource = Resource.create({
            "service.name": "switchhook", "service.version": __version__, "service.instance.id": str(engine_id)})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("switchhook", __version__)

    def accepted(self, event: Event, began_at: datetime, committed_at: datetime, deliveries: int) -> None:
        """See `Tracing.accepted`."""
        self._ids.trace_id, self._ids.span_id = event.id.int, _span_of(event)
        span = self._tracer.start_span("accept", context=Context(), start_time=_ns(began_at), attributes={
            **_about(event), "switchhook.event_at": event.at.isoformat(), "switchhook.deliveries": deliveries})
        span.end(_ns(committed_at))

    def attempted(
        self, event: Event, delivery: Delivery, integration: Integration, started_at: datetime, answer: Answer,
        verdict: str,
    ) -> None:
        """See `Tracing.attempted`."""
        self._ids.trace_id, self._ids.span_id = event.id.int, _span_of_attempt(delivery)
        parent = SpanContext(event.id.int, _span_of(event), is_remote=True, trace_flags=self._flags(event))
        span = self._tracer.start_span(
            "attempt", context=trace.set_span_in_context(NonRecordingSpan(parent), Context()),
            kind=SpanKind.CLIENT, start_time=_ns(started_at), attributes={
                **_about(event), "switchhook.integration_id": str(integration.id),
                "switchhook.delivery_id": str(delivery.id), "switchhook.attempt": delivery.attempts,
                "switchhook.verdict": verdict, "http.request.method": integration.method,
                "server.address": urlsplit(integration.request_url).hostname or ""})
        if isinstance(answer, Responded):
            span.set_attribute("http.response.status_code", answer.status)
        else:
            span.set_attribute("error.type", answer.problem.value)
        if verdict != "delivered":
            span.set_status(Status(StatusCode.ERROR))
        span.end(_ns(started_at + timedelta(milliseconds=answer.timing.total_ms)))

    def traceparent(self, event: Event, delivery: Delivery) -> str:
        """See `Tracing.traceparent`."""
        if not self._send_traceparent:
            return ""
        return f"00-{event.id.hex}-{_span_of_attempt(delivery):016x}-{self._flags(event):02x}"

    def close(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()

    def _flags(self, event: Event) -> TraceFlags:
        decision = self._provider.sampler.should_sample(None, event.id.int, "accept").decision
        return TraceFlags(TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)


class _Ids(RandomIdGenerator):
    """Gives the ids that were laid ready; spans are made one at a time."""

    trace_id = 0
    span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id or super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.span_id or super().generate_span_id()


def _span_of(event: Event) -> int:
    return event.id.int & _HALF


def _span_of_attempt(delivery: Delivery) -> int:
    digest = sha256(delivery.id.bytes + delivery.attempts.to_bytes(4, "big")).digest()
    return int.from_bytes(digest[:8], "big")


def _about(event: Event) -> Mapping[str, str]:
    """No number and no name of a person is in it."""
    return {
        "switchhook.event_id": str(event.id), "switchhook.event_type": event.type.value,
        "switchhook.account_id": str(event.account_id), "switchhook.service_id": str(event.service_id or "")}


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1000
