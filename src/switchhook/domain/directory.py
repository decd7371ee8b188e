"""Directory: what a PBX's own list of users comes to here.

A PBX tells nobody that a user changed: the list is read again and again, and compared. It is a witness that
stutters. While an administrator saves, an extension is deleted and made anew, key by key; so a difference counts only
once it has stood still for a while, and what went away and came back within it is one Modify User. A list that is
empty or could not be read is no news at all; and of one from which many are missing a person must say that it is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.service import DirectorySource, PbxUser

#: Which of a user's details a source has. The others are ours to keep: they stay editable in portal and API.
KNOWN_DETAILS: Mapping[DirectorySource, frozenset[str]] = {
    DirectorySource.PORTAL: frozenset(),
    DirectorySource.FREEPBX: frozenset({"name", "outbound_phone_number", "has_voicemail"}),
    DirectorySource.VOICEMAIL: frozenset({"name", "has_voicemail"}),
    DirectorySource.FREESWITCH: frozenset({"name"}),
    DirectorySource.FUSIONPBX: frozenset({"name", "outbound_phone_number", "has_voicemail"}),
}

#: A list from which more than so many are missing, and more than this share, is more likely wrong than true.
MOST_MISSING, MOST_MISSING_SHARE = 5, 0.2

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
    """What is to be changed now, and what may be soon. `gone` are extension numbers, and so are the `missing`: all who
    are not in the list. `held`: nothing is changed, until a person confirms that these are gone."""

    listed: tuple[Listed, ...] = ()
    gone: tuple[str, ...] = ()
    settling: Mapping[str, Settling]
    missing: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryReport:
    """How reading a service's users from its PBX went. `read`: the list came, and has so many `users`."""

    tried_at: datetime
    read: bool = False
    users: int = 0
    problem: str = ""  # in plain words


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryMemory:
    """What is known of a service's present source of users. `imported`: they were read from it before. `confirmed`: the
    extension numbers of which a person said that they are gone."""

    imported: bool = False
    confirmed: frozenset[str] = frozenset()


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
    settle: timedelta, confirmed: Set[str] = frozenset(),
) -> Plan:
    """What a list that was read `now` comes to. A list of nobody comes to nothing. `confirmed`: who, as a person said,
    is truly gone."""
    if not listed:
        return Plan(settling=settling)
    seen: dict[str, Settling] = {}
    due: set[str] = set()
    for extension in sorted(users.keys() | listed.keys()):
        user, one = users.get(extension), listed.get(extension)
        if user is not None and one is not None and one.over(user) == user:
            continue
        before = settling.get(extension)
        seen[extension] = before if before is not None and before.listed == one else Settling(listed=one, since=now)
        if now - seen[extension].since >= settle:
            due.add(extension)
    missing = _missing(users, listed)
    if _too_many(missing, users, confirmed):
        return Plan(settling=seen, missing=missing, held=not due.isdisjoint(missing))
    return Plan(
        listed=tuple(one.listed for extension, one in seen.items() if extension in due and one.listed is not None),
        gone=tuple(extension for extension in missing if extension in due), missing=missing,
        settling={extension: one for extension, one in seen.items() if extension not in due})


def first_import(
    users: Mapping[str, PbxUser], listed: Mapping[str, Listed], confirmed: Set[str] = frozenset(),
) -> Plan:
    """All that differs, at once: nobody is told of it."""
    missing = _missing(users, listed) if listed else ()
    if _too_many(missing, users, confirmed):
        return Plan(settling={}, missing=missing, held=True)
    return Plan(settling={}, gone=missing, missing=missing,
                listed=tuple(one for extension, one in sorted(listed.items())
                             if extension not in users or one.over(users[extension]) != users[extension]))


def left_out(count: int, most: int) -> str:
    """What is said when the account may not have all users that the PBX lists."""
    return (f"This account may have {most:,} users: {count:,} of those on the PBX were left out. Delete who is not "
            "needed, or ask the operator for more.")


def _missing(users: Mapping[str, PbxUser], listed: Mapping[str, Listed]) -> tuple[str, ...]:
    return tuple(sorted(users.keys() - listed.keys()))


def _too_many(missing: tuple[str, ...], users: Mapping[str, PbxUser], confirmed: Set[str]) -> bool:
    many = len(missing) > MOST_MISSING and len(missing) > MOST_MISSING_SHARE * len(users)
    return many and not confirmed >= set(missing)
