"""Every metric is there, means something, and is what dashboards and alerts ask for."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from switchhook.intake.metrics import HISTOGRAMS, METRICS, labelled, metric_of
from tests.faults.load import Load
from tests.fixtures.processes import Half, wait_until
from tests.fixtures.receiver import Receiver
from tests.fixtures.seed import Seed

DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\b(?:switchhook|process)_[a-z_]+")


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_there_are() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    alerts = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    assert len(asked) > 20
    names = {name for expression in asked for name in _NAME.findall(expression)}
    assert {metric_of(name) for name in names} <= METRICS.keys()
    assert all(name.endswith("_bucket") for name in names if metric_of(name) in HISTOGRAMS)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_documented_with_its_meaning(name: str) -> None:
    assert f"| `{name}` | {METRICS[name]} |" in (DEPLOY.parent / "docs/scaling.md").read_text()


def test_a_name_that_a_person_wrote_breaks_no_line() -> None:
    assert labelled("x", name='a "b" \\ \n') == r'x{name="a \"b\" \\ \n"}'


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_engine_at_work_tells_them_all(half: Callable[..., Half], seed: Seed, receiver: Receiver) -> None:
    load = Load(seed, receiver)
    seed.connection(platform="simulator", name="Made up", calls_per_minute=60.0)
    engine = half("engine")
    await asyncio.to_thread(engine.start)
    async with load.told_to(engine):
        await load.accepts(20)
    await load.has_arrived()
    await asyncio.to_thread(wait_until, lambda: METRICS.keys() <= metrics(engine).keys(), "all are there")
    told = metrics(engine)
    assert told["switchhook_events_accepted_total"]['switchhook_events_accepted_total'] >= 20
    assert told["switchhook_first_attempt_delay_seconds"]['switchhook_first_attempt_delay_seconds_bucket{le="+Inf"}'] \
        == len(load.accepted)
    assert [*told["switchhook_pbx_up"].values()] == [1.0]
    assert told["switchhook_database_up"] == {"switchhook_database_up": 1.0}
    assert told.keys() == METRICS.keys()


def metrics(engine: Half) -> dict[str, dict[str, float]]:
    """What it tells: metric → sample → value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.intake_port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    told: dict[str, dict[str, float]] = {}
    for line in lines:
        if not line.startswith("#"):
            sample, _, value = line.rpartition(" ")
            told.setdefault(metric_of(sample), {})[sample] = float(value)
    return told
