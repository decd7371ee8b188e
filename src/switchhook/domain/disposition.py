"""Disposition: what a call, or a leg of it, came to in the end."""

from __future__ import annotations

from enum import StrEnum

from switchhook.domain.facts import Cause


class Disposition(StrEnum):
    """What it came to, in one word."""

    ANSWERED = "answered"  # somebody took it: a user, by pickup, too, or the party outside
    VOICEMAIL = "voicemail"  # nobody took it, and the caller left a message
    MENU = "menu"  # only the PBX itself took it: a menu, an announcement
    MISSED = "missed"  # a user's phone rang, or the caller waited in a queue, and nobody took it
    UNANSWERED = "unanswered"  # the same of a party outside
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"  # it was tried, and nothing rang
    FAILED = "failed"  # it led to nobody, or the network refused it


#: Of several phones that were tried in vain, the one that came furthest says what the call came to.
_FURTHEST_FIRST = (
    Disposition.MISSED, Disposition.UNANSWERED, Disposition.DECLINED, Disposition.BUSY, Disposition.UNREACHABLE,
    Disposition.FAILED)


def of_rung_leg(*, answered: bool, rang: bool, outside: bool, cause: Cause) -> Disposition:
    """What became of a leg that the PBX rang. Busy after it rang is a decline: many phones have no other word."""
    if answered:
        return Disposition.ANSWERED
    match cause:
        case Cause.DECLINED:
            return Disposition.DECLINED
        case Cause.BUSY:
            return Disposition.DECLINED if rang else Disposition.BUSY
        case Cause.FAILED:
            return Disposition.FAILED
        case _ if rang:
            return Disposition.UNANSWERED if outside else Disposition.MISSED
        case _:
            return Disposition.UNREACHABLE


def of_calling_leg(*, connected: bool, cause: Cause) -> Disposition:
    """What became of a leg that called: connected with a person or a menu, or by its own end."""
    if connected:
        return Disposition.ANSWERED
    return {Cause.BUSY: Disposition.BUSY, Cause.DECLINED: Disposition.DECLINED}.get(cause, Disposition.UNANSWERED)


def furthest(one: Disposition | None, other: Disposition) -> Disposition:
    """What came further of two legs that nobody took."""
    return other if one is None else min(one, other, key=_FURTHEST_FIRST.index)
