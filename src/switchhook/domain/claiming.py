"""Claiming: which of the Services that share a Connection a call belongs to, by their tenant keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from uuid import UUID

from switchhook.domain.facts import LegStarted
from switchhook.domain.profile import Profile
from switchhook.domain.service import Account, PbxUser, Service

_MOST_PLACES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimedCall:
    """A call that no Service claimed, and what a tenant key could be compared with."""

    call: str  # the PBX's own id
    at: datetime
    device: str
    caller_number: str
    dialled: str
    tenant: str
    place: str  # the first few places where it was, with a space between them
    account_code: str


def unclaimed(leg: LegStarted, at: datetime, places: str = "") -> UnclaimedCall:
    """The call that began with this leg, which nobody claimed; `places`: where it was seen before."""
    seen = [*places.split(), leg.party.place]
    return UnclaimedCall(
        call=leg.party.call, at=at, device=leg.party.device, caller_number=leg.caller_number, dialled=leg.dialled,
        tenant=leg.tenant, place=" ".join(list(dict.fromkeys(seen))[:_MOST_PLACES]), account_code=leg.account_code)


def claimant(
    services: Iterable[Service], users: Mapping[tuple[UUID, str], PbxUser], accounts: Mapping[UUID, Account]
) -> Callable[[LegStarted], Profile | None]:
    """Asks, with a call's first leg, whose it is; None: nobody's.

    A tenant key is compared with the PBX's own tenant (Asterisk `Tenantid`, FusionPBX `domain_name`), then, as a
    glob, with the place where the leg is (its context), then with its account code. A call that nobody claims is asked
    about again when more is known of it: see `Claims`. A Service without a tenant key takes what no other claims; of
    several such, none does, for nobody could tell them apart.
    """
    extensions: dict[UUID, set[str]] = {}
    for service_id, extension_number in users:
        extensions.setdefault(service_id, set()).add(extension_number)
    keyed: list[tuple[str, Profile]] = []
    keyless: list[Profile] = []
    for service in services:
        profile = Profile(
            service_id=service.id, account_id=service.account_id, reading=service.reading,
            extensions=frozenset(extensions.get(service.id, ())),
            extras=accounts[service.account_id].granted_events if service.account_id in accounts else frozenset(),
            tenant=service.tenant_key.rstrip("*-_."))
        if service.tenant_key:
            keyed.append((service.tenant_key, profile))
        else:
            keyless.append(profile)
    by_key = dict(keyed)
    rest = replace(keyless[0], takes_rest=bool(keyed)) if len(keyless) == 1 else None

    @lru_cache(maxsize=4096)
    def by_place(place: str) -> Profile | None:
        return next((profile for key, profile in keyed if fnmatchcase(place, key)), None)

    def claim(leg: LegStarted) -> Profile | None:
        return (
            (by_key.get(leg.tenant) if leg.tenant else None)
            or (by_place(leg.party.place) if leg.party.place else None)
            or (by_key.get(leg.account_code) if leg.account_code else None)
            or rest
        )

    return claim
