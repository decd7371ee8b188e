"""Messages: what is sent because of a score, and what is enclosed. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to be sent because of a score: an e-mail, or an entry for the CRM (then without subject)."""

    kind: str  # "mail" or "crm"
    target: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A score as it goes into the CRM. `date_time` has an offset; what is withheld or not known is None."""

    score: int
    group: str
    survey: str
    call_uuid: str
    source_number: str | None
    destination_number: str
    date_time: str
    user: str | None
    extension: str | None

    @classmethod
    def read(cls, text: str) -> Entry:
        """What `written` has written. Raises ValueError for what another version wrote otherwise."""
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"an entry of another version: {error}") from error

    def written(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording as a file."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes along with a message. `remark`: what is to be said of it; empty when nobody asked for recordings."""

    sounds: tuple[Sound, ...] = ()
    remark: str = ""
