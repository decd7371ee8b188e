"""Detection: what a PBX's own words say of its trunks, phones and menus. Nothing of it counts before a person says so.

A PBX has no word for "trunk"; there are only signs of one, better and worse ones. The pbx side gathers the signs
(Inventory), this decides what they come to (Detected), and the portal offers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Self

from switchhook.domain.service import DEFAULT_EXTENSIONS


class MenuSign(StrEnum):
    """How a menu can be known when a call reaches it."""

    PLACE = "place"  # by its place in the dialplan, once the service's Reading names that
    TOLD = "told"  # the dialplan tells it: nothing is to be set
    UNTOLD = "untold"  # it asks for digits in a way that shows nowhere: the dialplan must be made to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a PBX told of itself. `trunk_signs` has device → what says that it is a trunk; `hints` extension → the
    devices of its lamp; `refused` what our login may not ask, in plain words."""

    version: str = ""
    devices: tuple[str, ...] = ()
    hints: Mapping[str, tuple[str, ...]]
    trunk_signs: Mapping[str, str]
    menus: tuple[FoundMenu, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMenu:
    """A place of the dialplan that looks like a menu. `name` is what the PBX itself calls it, `plays` the prompt."""

    place: str
    sign: MenuSign
    options: tuple[str, ...] = ()
    name: str = ""
    plays: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDevice:
    """A device, and why it is taken for what it is. `certain`: the PBX's own words leave no doubt."""

    device: str
    why: str
    certain: bool
    extension: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What there is to be confirmed."""

    version: str = ""
    trunks: tuple[FoundDevice, ...] = ()
    phones: tuple[FoundDevice, ...] = ()
    menus: tuple[FoundMenu, ...] = ()
    refused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As an errand's result."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `as_json` made. Raises KeyError, TypeError or ValueError for what it did not."""
        return cls(
            version=str(stored["version"]), refused=tuple(map(str, stored["refused"])),
            trunks=tuple(FoundDevice(**one) for one in stored["trunks"]),
            phones=tuple(FoundDevice(**one) for one in stored["phones"]),
            menus=tuple(FoundMenu(**{**one, "sign": MenuSign(one["sign"]), "options": tuple(one["options"])})
                        for one in stored["menus"]))


def detect(inventory: Inventory) -> Detected:
    """What an Inventory comes to: each device a trunk or a phone, the surest first."""
    extension_of = {device: extension for extension, devices in inventory.hints.items() for device in devices}
    trunks, phones = list[FoundDevice](), list[FoundDevice]()
    for device in sorted({*inventory.devices, *inventory.trunk_signs, *extension_of}):
        if device in inventory.trunk_signs:
            trunks.append(FoundDevice(device=device, why=inventory.trunk_signs[device], certain=True))
        elif device in extension_of:
            extension = extension_of[device]
            phones.append(FoundDevice(
                device=device, why=f"Its lamp is extension {extension}'s.", certain=True, extension=extension))
        elif any(fnmatchcase(device, glob) for glob in DEFAULT_EXTENSIONS):
            phones.append(FoundDevice(device=device, why="It is named like an extension.", certain=False))
        else:
            trunks.append(FoundDevice(
                device=device, why="No extension has it as a lamp, and it is not named like one.", certain=False))
    return Detected(
        version=inventory.version, trunks=_surest_first(trunks), phones=_surest_first(phones),
        menus=tuple(sorted(inventory.menus, key=lambda menu: (list(MenuSign).index(menu.sign), menu.place))),
        refused=inventory.refused)


def _surest_first(found: Iterable[FoundDevice]) -> tuple[FoundDevice, ...]:
    return tuple(sorted(found, key=lambda one: (not one.certain, one.device)))


def with_menus_named(
    before: Sequence[Sequence[str]], named: Mapping[str, str], forgotten: Iterable[str] = (),
) -> list[list[str]]:
    """A Reading's menus with some named, and some that are none any more. One that is new stands before the patterns:
    the first that fits counts."""
    gone = set(forgotten)
    kept = [[place, named.get(place, name)] for place, name in before if place not in gone]
    known = {place for place, _ in kept}
    new = [[place, name] for place, name in sorted(named.items()) if place not in known]
    first_pattern = next((index for index, (place, _) in enumerate(kept) if set(place) & set("*?[")), len(kept))
    return kept[:first_pattern] + new + kept[first_pattern:]
