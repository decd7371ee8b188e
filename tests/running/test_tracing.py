"""Traces, as an OpenTelemetry collector gets them; and receivers, who are told of them only when it is wanted."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.faults.load import Load
from tests.fixtures.processes import Half
from tests.fixtures.receiver import Receiver, answering
from tests.fixtures.seed import Seed

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Collector:
    """Takes what is sent by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: set[str] = set()
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources |= {
                each.value.string_value for each in one.resource.attributes if each.key == "service.name"}
            self.spans += [span for scope in one.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    one = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", one.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.port = runner.addresses[0][1]
    yield one
    await runner.cleanup()


async def traced(
    half: Callable[..., Half], load: Load, monkeypatch: pytest.MonkeyPatch, **settings: object
) -> Collector:
    """What the collector has got of 5 events or more, once the engine has ended in order."""
    async with collector() as one:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{one.port}")
        engine = half("engine", **settings)
        await asyncio.to_thread(engine.start)
        async with load.told_to(engine):
            await load.accepts(5)
        await load.has_arrived()
        assert await asyncio.to_thread(engine.stop) == 0, engine.log()
    return one


@sqlite
async def test_each_event_is_a_trace_with_a_span_for_each_attempt(
    half: Callable[..., Half], seed: Seed, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Load(seed, receiver)
    receiver.behave(answering(500), answering(200))
    got = await traced(half, load, monkeypatch)
    accepts = {UUID(bytes=span.trace_id): span for span in got.spans if span.name == "accept"}
    attempts = [span for span in got.spans if span.name == "attempt"]
    assert set(accepts) == set(load.accepted.values())
    assert len(attempts) >= len(accepts)
    for span in attempts:
        parent = accepts[UUID(bytes=span.trace_id)]
        assert span.parent_span_id == parent.span_id
        assert span.end_time_unix_nano >= span.start_time_unix_nano >= parent.start_time_unix_nano
    statuses = [each.value.int_value for span in attempts for each in span.attributes
                if each.key == "http.response.status_code"]
    assert sorted(set(statuses)) == [200, 500]
    assert got.resources == {"switchhook"}
    assert b"12025550171" not in b"".join(span.SerializeToString() for span in got.spans)
    assert all(one.header("traceparent") is None for one in receiver.requests)


@sqlite
async def test_receivers_are_told_of_the_trace_when_it_is_wanted(
    half: Callable[..., Half], seed: Seed, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = await traced(half, Load(seed, receiver), monkeypatch, send_traceparent=True)
    told = {one.header("traceparent") for one in receiver.requests}
    assert told == {f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01" for span in got.spans if span.name == "attempt"}
