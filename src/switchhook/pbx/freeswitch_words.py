"""How FreeSWITCH writes things: numbers, moments, tenants, and its list of channels. Nothing here keeps state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

Event = Mapping[str, str]

TRUNK_PROFILE, TRUNK_CONTEXT = "external", "public"
_OF_NO_TENANT = frozenset({"", "default", TRUNK_CONTEXT})
_WITHHELD = frozenset({"", "anonymous", "unknown", "0000000000", "restricted", "unavailable", "private"})


def number_of(told: str) -> str:
    """A caller's number; "" when it is withheld."""
    return "" if told.strip().lower() in _WITHHELD else told.strip()


def tenant_of(event: Event) -> str:
    """FusionPBX: the domain, which is also the context of what is no trunk."""
    context = event.get("Caller-Context", "")
    domain = event.get("variable_domain_name") or event.get("variable_dialed_domain") or ""
    return domain or (context if context not in _OF_NO_TENANT else "")


def leg_of(event: Event) -> str:
    """The leg that an event is about. What mod_voicemail tells names it in a header of its own."""
    return event.get("Unique-ID") or (event.get("VM-UUID", "") if event.get("VM-Action") else "")


def rung_by(event: Event) -> str:
    """The leg for which this one is rung; for an agent of a queue (mod_callcenter) the waiting caller's."""
    return (event.get("variable_originating_leg_uuid") or event.get("Other-Leg-Unique-ID")
            or event.get("variable_cc_member_session_uuid") or "")


def uuid_of(text: str) -> UUID | None:
    """FreeSWITCH's ids of calls are UUIDs; of some made-up ones, not."""
    try:
        return UUID(text)
    except ValueError:
        return None


def moment_of(microseconds: str) -> datetime | None:
    """A moment, from microseconds since 1970."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds))
    except (ValueError, OverflowError):
        return None


def channels(listing: bytes) -> list[Event] | None:
    """The channels of `show channels as json`, each as the event that tells of it would be. None: no such list."""
    try:
        found = json.loads(listing.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "row_count" not in found:
        return None
    rows = found.get("rows", [])
    return [_as_event({str(name): str(value) for name, value in row.items()})
            for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _as_event(row: Mapping[str, str]) -> Event:
    """As the channel began: the columns `initial_…` keep it, whatever the dialplan made of it since."""
    name, called = row.get("name", ""), row.get("direction") == "outbound"
    technology, _, rest = name.partition("/")
    profile, _, address = rest.partition("/")
    user, _, domain = row.get("presence_id", "").partition("@")
    event = {
        "Unique-ID": row.get("uuid", ""), "Call-Direction": row.get("direction", ""), "Channel-Name": name,
        "Channel-Call-UUID": row.get("call_uuid", ""), "Channel-Call-State": row.get("callstate", ""),
        "Caller-Context": row.get("initial_context") or row.get("context", ""),
        "Caller-Destination-Number": row.get("initial_dest") or row.get("dest", ""),
        "Caller-Caller-ID-Number": row.get("initial_cid_num") or row.get("cid_num", ""),
        "Caller-Channel-Created-Time": f"{row.get('created_epoch', '')}000000",
        "Caller-Username": address.partition("@")[0], "variable_accountcode": row.get("accountcode", ""),
        "variable_sofia_profile_name": profile if technology == "sofia" else "",
        "variable_domain_name": "" if row.get("context", "") in _OF_NO_TENANT else row["context"],
    }
    if called:
        event |= {"variable_dialed_user": user, "variable_dialed_domain": domain}
    if row.get("application") == "ivr":
        event["Menu-Name"] = row.get("application_data", "")
    return event
