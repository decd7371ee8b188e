"""Detect: the PBX is asked for its trunks, phones and menus, and a person says which of them count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from switchhook.domain.detection import Detected, FoundDevice, FoundMenu, MenuSign, with_menus_named
from switchhook.web.errands import ask, outcome
from switchhook.web.members.models import Role
from switchhook.web.models import Service
from switchhook.web.services import actions
from switchhook.web.services.asking import may_ask
from switchhook.web.services.state import engine_runs
from switchhook.web.tenancy import Access, service_view

LONGEST_NAME = 120
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """Something found, and how it stands in the service's Reading. `pattern`: one there that fits it already."""

    key: str  # of its fields in the form
    subject: str  # the device or the place
    found: FoundDevice | FoundMenu
    ticked: bool
    pattern: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """All that is offered. `told` are menus of which nothing is to be set, or cannot be."""

    trunks: list[Offer]
    phones: list[Offer]
    menus: list[Offer]
    told: list[FoundMenu]


@service_view(needs=Role.ADMIN)
def ask_pbx(request: HttpRequest, access: Access, service: Service) -> HttpResponse:
    """Says what will be asked, and asks it."""
    permitted = may_ask(access, service)
    if request.method == "POST" and permitted:
        asked = {"connection_id": str(service.connection_id), "service_id": str(service.id)}
        errand = ask("detect", access.account, asked, access.asker, at=service.connection_id)
        return redirect("pbx-detected", account=access.account.slug, service_id=service.id, errand_id=errand.id)
    return render(request, "services/detect.html", {
        "service": service, "permitted": permitted, "engine_runs": engine_runs()})


@service_view(needs=Role.ADMIN)
def confirm(request: HttpRequest, access: Access, service: Service, errand_id: UUID) -> HttpResponse:
    """What was found, to be ticked. The page reloads itself until it is there."""
    told = outcome(access.errands(), errand_id, "detect", connection_id=service.connection_id)
    if told is None or not may_ask(access, service):
        raise Http404("There is no such detection.")
    detected = _detected(told.result) if told.state == "done" else None
    problem = ""
    if detected is not None and request.method == "POST":
        try:
            _save(service, detected, request.POST)
        except ValidationError as error:
            problem = str(error.message)
        else:
            messages.success(request, _("Saved. Calls that begin from now on are read so."))
            return redirect("pbx-reading", account=access.account.slug, service_id=service.id)
    return render(request, "services/detected.html", {
        "service": service, "outcome": told, "detected": detected, "problem": problem, "engine_runs": engine_runs(),
        "offers": None if detected is None else _offers(service, detected)})


def _detected(result: Mapping[str, object]) -> Detected | None:
    try:
        return Detected.from_json(result)
    except (KeyError, TypeError, ValueError):
        return None


def _offers(service: Service, detected: Detected) -> Offers:
    names = dict(service.menus)
    placed = [menu for menu in detected.menus if menu.sign is MenuSign.PLACE]
    return Offers(
        trunks=[_of_device("trunk", index, one, service.trunks) for index, one in enumerate(detected.trunks)],
        phones=[offer for index, one in enumerate(detected.phones)
                if not (offer := _of_device("phone", index, one, service.extensions)).pattern],
        menus=[Offer(f"menu-{index}", one.place, one, one.place in names, _pattern(one.place, names),
                     names.get(one.place) or one.name) for index, one in enumerate(placed)],
        told=[menu for menu in detected.menus if menu.sign is not MenuSign.PLACE])


def _of_device(kind: str, index: int, found: FoundDevice, listed: list[str]) -> Offer:
    return Offer(f"{kind}-{index}", found.device, found, found.device in listed, _pattern(found.device, listed))


def _pattern(text: str, patterns: list[str] | Mapping[str, str]) -> str:
    return next((one for one in patterns if one != text and fnmatchcase(text, one)), "")


def _save(service: Service, detected: Detected, sent: Mapping[str, str]) -> None:
    """Set what is ticked, and nothing else. Raises ValidationError."""
    offers = _offers(service, detected)
    service.trunks = _ticked(service.trunks, offers.trunks, sent)
    service.extensions = _ticked(service.extensions, offers.phones, sent)
    named: dict[str, str] = {}
    forgotten: list[str] = []
    for offer in offers.menus:
        name = " ".join(sent.get(f"{offer.key}-name", "").split())
        if len(name) > LONGEST_NAME:
            raise ValidationError(_("A name has up to %(most)s characters: %(name)s… has %(count)s.") % {
                "most": LONGEST_NAME, "name": name[:40], "count": len(name)})
        if offer.key in sent:
            named[offer.subject] = name
        elif offer.ticked:
            forgotten.append(offer.subject)
    service.menus = with_menus_named(service.menus, named, forgotten)
    if max(map(len, (service.trunks, service.extensions, service.menus))) > MOST_ROWS:
        raise ValidationError(_("Up to %(most)s can be listed: write patterns on the Reading page instead.") % {
            "most": MOST_ROWS})
    actions.save_service(service)


def _ticked(listed: list[str], offers: list[Offer], sent: Mapping[str, str]) -> list[str]:
    offered = {offer.subject: offer.key in sent for offer in offers}
    return [one for one in listed if offered.get(one, True)] + [
        device for device, ticked in offered.items() if ticked and device not in listed]
