"""The decisions: what goes into the CRM because of what happened. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from crm.contacts import PhoneNumber
from crm.hook import Happening, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be added to the CRM; a task if it has a title, else an activity on the contact with this number.

    There is one entry for one `reference`, however often and by whichever integration we hear of it.
    """

    reference: str
    number: PhoneNumber
    title: str = ""
    text: str


def entry_of(happening: Happening) -> Entry | None:
    """The entry that something gives rise to; None for tests, calls between users, and what only pops up."""
    if happening.is_test or happening.direction == "internal":
        return None
    match happening.kind:
        case Kind.USER_CREATED:
            return _wellness_check(happening)
        case Kind.ANSWERED:
            return _activity(happening, "answered", f"Call answered{_by(happening)}")
        case Kind.MISSED:
            return _activity(happening, "unanswered", f"Call missed{_by(happening)}")
        case Kind.ENDED if happening.disposition == "answered":
            verb = "Called by us" if happening.direction == "outbound" else "Call ended"
            return _activity(happening, "ended", f"{verb}: talked for {_length(happening.seconds)}{_by(happening)}")
        case Kind.ENDED:  # of a call that was missed we may hear twice: it is one activity
            verb = "Called by us" if happening.direction == "outbound" else "Call"
            return _activity(happening, "unanswered", f"{verb}: {happening.disposition or 'ended'}{_by(happening)}")
        case Kind.RECEIVED | Kind.RINGING:
            return None


def _wellness_check(happening: Happening) -> Entry:
    who = f"{happening.name or 'the new user'} (extension {happening.extension})"
    return Entry(
        reference=f"user/{happening.id}",
        number=happening.number,
        title=f"Wellness check: call {who}",
        text=f"New on {happening.pbx or 'the PBX'} since {happening.at:%Y-%m-%d %H:%M}. Is everything well? "
        f"Calls show the number {happening.number}.",
    )


def _activity(happening: Happening, what: str, text: str) -> Entry:
    return Entry(
        reference=f"call/{happening.call_uuid}/{what}",
        number=happening.number,
        text=f"{happening.at:%Y-%m-%d %H:%M} {text}",
    )


def _by(happening: Happening) -> str:
    who = " ".join(filter(None, (happening.name, happening.extension and f"({happening.extension})")))
    return f" · {who}" if who else ""


def _length(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
