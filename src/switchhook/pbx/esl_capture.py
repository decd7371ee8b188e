"""What of a FreeSWITCH's events is stored in a capture: JSON Lines, without what callers key in.

Digits may be PINs and card numbers: they are never stored, and neither are channel variables, which may hold them, but
for the few that the reader reads. A replay shows that something was chosen in a menu, and not what.
"""

from __future__ import annotations

import json
from datetime import datetime

from switchhook.pbx.freeswitch_words import Event

#: Channel variables that are kept.
KEPT_VARIABLES = frozenset({
    "variable_sofia_profile_name", "variable_sip_gateway_name", "variable_dialed_user", "variable_dialed_domain",
    "variable_domain_name", "variable_call_direction", "variable_originating_leg_uuid", "variable_accountcode",
    "variable_user_name", "variable_sip_req_user", "variable_transfer_source", "variable_endpoint_disposition",
    "variable_cc_member_session_uuid", "variable_domain_uuid", "variable_record_seconds",
})
#: Headers that are blanked: digits, and what a step of the dialplan works with.
BLANKED = frozenset({"DTMF-Digit", "Application-Data", "Application-Response"})
BLANK = "-"


def as_line(event: Event, at: datetime) -> bytes:
    """The event as it is stored. It gets the time of its arrival, where it has none."""
    kept = {name: BLANK if name in BLANKED else value for name, value in event.items()
            if not name.startswith("variable_") or name in KEPT_VARIABLES}
    kept.setdefault("Event-Date-Timestamp", str(round(at.timestamp() * 1_000_000)))
    return json.dumps(kept, ensure_ascii=False).encode() + b"\n"
