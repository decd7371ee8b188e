"""Profile: how one Service's calls are read. Which leg is a trunk's, which place a menu, whose device it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from uuid import UUID

from switchhook.domain.catalogue import EventType
from switchhook.domain.service import Reading

#: Places from which a dialplan rings trunks (FreePBX to 16, FreePBX 17), whatever the trunk is called.
OUTBOUND_PLACES = ("macro-dialout-trunk*", "trunk-dial*", "macro-dialout-enum*")

_NUMBER = re.compile(r"\+?[0-9*#]+\Z")
_MOST_DEVICES = 20_000  # a bound on what strangers can make us remember


class Kind(StrEnum):
    """What is behind a leg."""

    PHONE = "phone"  # a user's device
    TRUNK = "trunk"  # the world outside
    LOCAL = "local"  # nobody: it joins two places of the PBX


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A Service as the tracker knows it. `extensions`: its users' numbers; empty when no directory is known.
    `extras`: the extra events that its account may have; of others, nothing is told. `tenant`: what the devices of a
    tenant may be named for (acme-101), "" when it has the PBX for itself. `takes_rest`: others share the PBX with
    it, and what they do not claim is its own."""

    service_id: UUID
    account_id: UUID
    reading: Reading = field(default_factory=Reading)
    extensions: frozenset[str] = frozenset()
    extras: frozenset[EventType] = frozenset()
    tenant: str = ""
    takes_rest: bool = False

    def menu_at(self, place: str) -> str | None:
        """The name of the menu that a place is; None when it is none."""
        return _menu_at(self.reading.menus, place)

    def menu_named(self, told: str) -> str:
        """The name of a menu that the dialplan itself told, after the same mapping."""
        return _menu_at(self.reading.menus, told) or told


@lru_cache(maxsize=8192)
def _menu_at(menus: tuple[tuple[str, str], ...], place: str) -> str | None:
    return next((name or place for glob, name in menus if fnmatchcase(place, glob)), None)


@lru_cache(maxsize=8192)
def fits(text: str, globs: tuple[str, ...]) -> bool:
    """Does one of the globs fit?"""
    return any(fnmatchcase(text, glob) for glob in globs)


def same_number(one: str, other: str) -> bool:
    """Could both be the same number, one with a prefix (9 for an outside line, 0, +)?"""
    one, other = one.lstrip("+"), other.lstrip("+")
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 5 and long.endswith(short))


class Acquaintance:
    """What one PBX's stream has taught: which devices are trunks, which extension a device belongs to.

    The Reading and the users' directory come first; this helps where they say nothing.
    """

    def __init__(self) -> None:
        self._trunks: set[str] = set()
        self._phones: set[tuple[UUID, str]] = set()
        self._extensions: dict[str, str] = {}

    def kind(self, profile: Profile, device: str, place: str, *, number: str = "", rung_from: str = "") -> Kind:
        """What is behind a leg of `device` that began at `place` ("" when we did not see it begin); of one that
        was rung, also by the number sent to it and the place that rang it."""
        reading = profile.reading
        if fits(device, reading.trunks) or fits(place, reading.trunk_contexts):
            self.learn_trunk(device)
            return Kind.TRUNK
        if device in profile.extensions:
            return Kind.PHONE
        if device in self._trunks or fits(rung_from, OUTBOUND_PLACES):
            return Kind.TRUNK
        sent_abroad = _NUMBER.match(number) and not device.endswith(number)
        if (sent_abroad or not place) and not fits(device, reading.extensions):
            return Kind.TRUNK
        return Kind.PHONE

    def learn_extension(self, extension: str, devices: tuple[str, ...]) -> None:
        """The PBX said that an extension rings these devices. Several may be a group's lamp: then only
        devices named like the extension count."""
        for device in devices:
            alike = device.endswith(extension)
            if (alike or len(devices) == 1) and len(self._extensions) < _MOST_DEVICES:
                if device == extension:
                    self._extensions[device] = extension
                else:
                    self._extensions.setdefault(device, extension)

    def learn_phone(self, profile: Profile, device: str) -> None:
        """A user's device took part in a call."""
        if len(self._phones) < _MOST_DEVICES:
            self._phones.add((profile.service_id, self.extension(profile, device)))

    def extension(self, profile: Profile, device: str) -> str:
        """The extension that a device belongs to: the device's own name, unless more is known."""
        if device in profile.extensions:
            return device
        known = self._extensions.get(device, "")
        if known and (not profile.extensions or known in profile.extensions):
            return known
        bare = re.search(r"(\d+)\Z", device)
        if bare and profile.extensions:  # tenant-101, 99201: the directory says which ending is meant
            digits = bare[1]
            return next((digits[i:] for i in range(len(digits)) if digits[i:] in profile.extensions), device)
        if bare and profile.tenant and device.startswith(profile.tenant):
            return bare[1]
        return device

    def is_users(self, profile: Profile, device: str) -> bool:
        """Does anything but what it is not say that a device is a user's phone?"""
        number = self.extension(profile, device)
        return number in profile.extensions or any(fits(one, profile.reading.extensions) for one in (device, number))

    def is_extension(self, profile: Profile, number: str) -> bool:
        """Is a number known to be an extension of the service?"""
        return number in profile.extensions or (profile.service_id, number) in self._phones

    def learn_trunk(self, device: str) -> None:
        """A device brought a call in from outside."""
        if device and len(self._trunks) < _MOST_DEVICES:
            self._trunks.add(device)
