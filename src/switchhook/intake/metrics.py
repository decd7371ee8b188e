"""What `/metrics` tells: every metric's meaning, and Prometheus' text format."""

from __future__ import annotations

from collections.abc import Mapping

#: Name → meaning. A name that ends in `_total` is a counter; `HISTOGRAMS` have buckets; all others are gauges.
METRICS: Mapping[str, str] = {
    "switchhook_events_accepted_total": "Events committed by this engine.",
    "switchhook_attempts_total": "Requests made, by what their answer means.",
    "switchhook_attempts_late_total": "Attempts recorded after another engine had taken over.",
    "switchhook_first_attempt_delay_seconds": "From the acceptance of an event to its first request.",
    "switchhook_attempt_duration_seconds": "From the start of a request to the end of its answer.",
    "switchhook_deliveries_in_flight": "Requests open now.",
    "switchhook_deliveries_waiting": "Deliveries in this engine's hands, by lane: first attempts, retries.",
    "switchhook_integrations_resting": "Integrations left alone because their receivers fail.",
    "switchhook_events_waiting_bytes": "Events in memory that wait for the database.",
    "switchhook_database_up": "1 while the database answers this engine's writes.",
    "switchhook_database_failures_total": "Writes that the database did not answer.",
    "switchhook_engine_sure": "1 while no other engine can have taken over.",
    "switchhook_backlog_deliveries": "Pending deliveries in the database, up to 10,000: all, due, claimed.",
    "switchhook_backlog_overdue_seconds": "How long the delivery that nobody has claimed for longest has been due.",
    "switchhook_pbx_up": "1 while this engine, which owns the Connection, is logged in to the PBX.",
    "switchhook_pbx_messages_total": "Messages heard from the PBX.",
    "switchhook_pbx_reconnects_total": "Logins after a time of deafness.",
    "switchhook_pbx_gaps_total": "Times of deafness, each shown on the PBX's page.",
    "switchhook_pbx_unclaimed_total": "Calls that no service claimed.",
    "switchhook_pbx_open_calls": "Calls going on.",
    "switchhook_pbx_silent_seconds": "Since the PBX was last heard.",
    "process_cpu_seconds_total": "CPU time of this engine.",
    "process_resident_memory_bytes": "Memory of this engine.",
}
HISTOGRAMS = frozenset({"switchhook_first_attempt_delay_seconds", "switchhook_attempt_duration_seconds"})
_PARTS = ("_bucket", "_sum", "_count")


def exposition(samples: Mapping[str, float]) -> str:
    """Samples by name and labels, as Prometheus reads them. Those of one metric stand together."""
    lines: list[str] = []
    before = ""
    for name, value in samples.items():
        metric = metric_of(name)
        if metric != before:
            lines += [f"# HELP {metric} {METRICS[metric]}"] if metric in METRICS else []
            lines.append(f"# TYPE {metric} {_type_of(metric)}")
            before = metric
        lines.append(f"{name} {value!r}" if value != int(value) else f"{name} {int(value)}")
    return "\n".join(lines) + "\n"


def metric_of(sample: str) -> str:
    """The metric that a sample belongs to."""
    name = sample.partition("{")[0]
    for part in _PARTS:
        if name.removesuffix(part) in HISTOGRAMS:
            return name.removesuffix(part)
    return name


def labelled(metric: str, /, **labels: str) -> str:
    """The sample's name with its labels, which people may have written."""
    pairs = (f'{key}="{value.translate(_ESCAPED)}"' for key, value in labels.items())
    return f"{metric}{{{','.join(pairs)}}}"


_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def _type_of(metric: str) -> str:
    if metric in HISTOGRAMS:
        return "histogram"
    return "counter" if metric.endswith("_total") else "gauge"
