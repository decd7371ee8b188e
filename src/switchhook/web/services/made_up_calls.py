"""The made-up calls that *Place a test call* offers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _lazy

#: By their names in an errand, what they are called.
TEST_CALLS = (
    ("answered", _lazy("Inbound, answered by a user")), ("missed", _lazy("Inbound, not answered")),
    ("outbound", _lazy("Outbound")),
    ("picked_up", _lazy("Inbound, picked up by another user")),
    ("voicemail", _lazy("Inbound, the caller leaves a message")),
    ("forwarded", _lazy("Inbound, forwarded to a mobile")),
    ("menu", _lazy("Inbound, to the main menu")), ("survey", _lazy("Inbound, then transferred to the NPS survey")),
)
