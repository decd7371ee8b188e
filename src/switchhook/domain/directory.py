"""Directory: what a PBX's own list of users comes to here.

A PBX tells nobody that a user changed: the list is read again and again, and compared. It is a witness that
stutters. While an administrator saves, an extension is deleted and made anew, key by key; so a difference counts only
once it has stood still for a while, and what went away and came back within it is one Modify User. A list that is
empty or could not be read is no news at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.service import DirectorySource, PbxUser

#: Which of a user's details a source has. The others are ours to keep: they stay editable in portal and API.
KNOWN_DETAILS: Mapping[DirectorySource, frozenset[str]] = {
    DirectorySource.PORTAL: frozenset(),
    DirectorySource.FREEPBX: frozenset({"name", "outbound_phone_number", "has_voicemail"}),
    DirectorySource.VOICEMAIL: frozenset({"name", "has_voicemail"}),
    DirectorySource.FREESWITCH: frozenset({"name"}),
}

LONGEST_NAME = 120
_EXTENSION = re.compile(r"[0-9*#]{1,40}\Z")
_NUMBER = re.compile(r"\+?[0-9]{3,20}\Z")


class ScopeNeeded(ValueError):
    """The list has users of several voicemail contexts or domains, and nothing says which are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A user as a PBX lists them. None: it does not know this detail. `scope`: the voicemail context, the domain."""

    extension_number: str
    name: str
    outbound_phone_number: str | None = None
    has_voicemail: bool | None = None
    scope: str = ""

    def over(self, user: PbxUser) -> PbxUser:
        """The user, with what the PBX knows better."""
        return replace(
            user, name=self.name,
            outbound_phone_number=(
                user.outbound_phone_number if self.outbound_phone_number is None else self.outbound_phone_number),
            has_voicemail=user.has_voicemail if self.has_voicemail is None else self.has_voicemail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """A difference that has not stood still for long enough. `listed` None: the user is not in the list."""

    listed: Listed | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be changed now, and what may be soon. `gone` are extension numbers."""

    listed: tuple[Listed, ...] = ()
    gone: tuple[str, ...] = ()
    settling: Mapping[str, Settling]


def listed_user(
    extension: str, name: str, *, outbound: str | None = None, has_voicemail: bool | None = None, scope: str = "",
) -> Listed | None:
    """A user out of what a PBX wrote; None for what is no extension of anybody's."""
    if not _EXTENSION.match(extension):
        return None
    clean = " ".join(name.split())[:LONGEST_NAME]
    return Listed(
        extension_number=extension, name=clean or extension, has_voicemail=has_voicemail, scope=scope,
        outbound_phone_number=None if outbound is None else _number(outbound))


def _number(written: str) -> str:
    """The number in `"Ada Example" <+1 202 555 0100>`; "" where there is none."""
    inside = re.search(r"<([^>]*)>", written)
    number = re.sub(r"[\s().\-/]", "", inside[1] if inside else written)
    return number if _NUMBER.match(number) else ""


def in_scope(listed: Iterable[Listed], scope: str) -> dict[str, Listed]:
    """Those of a context or domain, by extension number; where none is named, those of the only one. Raises
    ScopeNeeded when there are several."""
    everybody = list(listed)
    scopes = sorted({one.scope for one in everybody})
    if not scope and len(scopes) > 1:
        raise ScopeNeeded(f"The PBX lists users of {', '.join(scopes[:8])}: say whose are meant.")
    return {one.extension_number: one for one in everybody if not scope or one.scope == scope}


def plan(
    users: Mapping[str, PbxUser], listed: Mapping[str, Listed], settling: Mapping[str, Settling], now: datetime,
    settle: timedelta,
) -> Plan:
    """What a list that was read `now` comes to. A list of nobody comes to nothing."""
    if not listed:
        return Plan(settling=settling)
    still: dict[str, Settling] = {}
    changed: list[Listed] = []
    gone: list[str] = []
    for extension in sorted(users.keys() | listed.keys()):
        user, one = users.get(extension), listed.get(extension)
        if user is not None and one is not None and one.over(user) == user:
            continue
        before = settling.get(extension)
        since = before.since if before is not None and before.listed == one else now
        if now - since < settle:
            still[extension] = Settling(listed=one, since=since)
        elif one is None:
            gone.append(extension)
        else:
            changed.append(one)
    return Plan(listed=tuple(changed), gone=tuple(gone), settling=still)


def first_import(users: Mapping[str, PbxUser], listed: Mapping[str, Listed]) -> Plan:
    """All that differs, at once: nobody is told of it."""
    return Plan(settling={}, gone=tuple(sorted(users.keys() - listed.keys())) if listed else (),
                listed=tuple(one for extension, one in sorted(listed.items())
                             if extension not in users or one.over(users[extension]) != users[extension]))
