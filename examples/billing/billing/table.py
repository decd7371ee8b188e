"""The records as a CSV table, for spreadsheets and for other billing programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from billing.book import Record
from billing.configuration import Configuration

HEAD = (
    "Date/Time", "Account", "Service", "Call UUID", "Leg ID", "Extension", "Name", "Direction", "Trunk",
    "Source Number", "Destination Number", "Rated Number", "Disposition", "Answered At", "Ended At", "Duration",
    "Billable Seconds", "Billed Seconds", "Call Type", "Rate", "Price", "Currency", "Not Rated Because", "Versions")


def as_csv(records: Sequence[Record], ours: Configuration) -> str:
    """A line for each call (without Leg ID) and each leg. A cell that a spreadsheet would take for a formula gets an
    apostrophe; numbers, also those in E.164, stay as they are."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEAD)
    for record in records:
        one, charge = record.ended, record.charge
        at = datetime.fromtimestamp(one.at_ms / 1000, UTC).astimezone(ours.time_zone)
        cells = (
            at.isoformat(), one.account, one.service, one.call_uuid, one.leg_id, one.extension,
            one.user_name, one.direction, one.trunk, one.source, one.destination, one.number, one.disposition,
            one.answered_at, one.ended_at, one.duration, one.billable_seconds,
            charge.billed_seconds, charge.call_type, charge.rate_name,
            None if charge.price is None else f"{charge.price:.{ours.decimals}f}", ours.currency, charge.why,
            record.versions)
        table.writerow([_harmless("" if cell is None else str(cell)) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    is_number = re.fullmatch(r"\+?\d+", cell, re.ASCII)
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") and not is_number else cell
