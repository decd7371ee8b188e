"""What this engine measures of itself, for `/metrics`."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from switchhook.intake.metrics import labelled
from switchhook.pbx.fleet import Fleet


def of_connections(fleet: Fleet) -> dict[str, float]:
    """How the Connections are that this engine owns. Samples of one metric stand together."""
    measured: dict[str, dict[str, float]] = {}
    for id_, line in fleet.lines.items():
        report = line.report()
        labels = {"connection": str(id_), "name": line.connection.name}
        heard_at = report.last_message_at
        for name, value in {
            "switchhook_pbx_up": report.state == "connected",
            "switchhook_pbx_messages_total": report.messages,
            "switchhook_pbx_reconnects_total": report.reconnects,
            "switchhook_pbx_gaps_total": line.gaps,
            "switchhook_pbx_unclaimed_total": report.unclaimed,
            "switchhook_pbx_open_calls": line.open_calls,
            "switchhook_pbx_silent_seconds": (datetime.now(UTC) - heard_at).total_seconds() if heard_at else 0,
        }.items():
            measured.setdefault(name, {})[labelled(name, **labels)] = float(value)
    return {sample: value for samples in measured.values() for sample, value in samples.items()}


def of_backlog(counts: Mapping[str, int], overdue_seconds: float) -> dict[str, float]:
    """What waits in the database, as it was last looked at."""
    backlog = {labelled("switchhook_backlog_deliveries", state=state): float(count) for state, count in counts.items()}
    return backlog | {"switchhook_backlog_overdue_seconds": overdue_seconds}


def of_process() -> dict[str, float]:
    """What this process takes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return {
        "process_cpu_seconds_total": time.process_time(),
        "process_resident_memory_bytes": float(pages * resource.getpagesize()),
    }
