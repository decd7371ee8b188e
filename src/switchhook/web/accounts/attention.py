"""What needs somebody's attention, each with the button that helps. Every query here is bounded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from switchhook.domain.failing import AT_LEAST
from switchhook.web.models import DirectoryState, Integration, IntegrationHealth, Service
from switchhook.web.saying import said
from switchhook.web.services.state import Shown
from switchhook.web.templatetags.portal import from_ms, written
from switchhook.web.tenancy import Access

#: Sooner than the e-mail (domain/failing.py): who looks at the page wants to know now.
FAILING_AFTER_MS = timedelta(minutes=5) // timedelta(milliseconds=1)
MOST_OF_A_KIND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that needs attention. `kind`: bad, warn, or neutral: a person meant it so."""

    kind: str
    title: str
    url: str
    words: str
    button: str
    button_url: str


def concerns(access: Access, cards: Sequence[tuple[Service, Shown]]) -> list[Concern]:
    """The account's concerns, the worst first. `cards`: its PBXs with their state."""
    return [
        *_disabled(access, by_hand=False), *_failing(access), *_connections(access, cards), *_held(access, cards),
        *_silenced(access, cards), *_disabled(access, by_hand=True)]


def _disabled(access: Access, *, by_hand: bool) -> list[Concern]:
    """Those that a person disabled on purpose, or those that the engine gave up on."""
    found = access.integrations().filter(enabled=False, disabled_by_hand=by_hand).exclude(disabled_reason="")
    return [
        Concern(kind="neutral" if by_hand else "bad", title=_(
            "%(name)s is disabled.") % {"name": one.name}, url=_of(access, one),
                words=said(one.disabled_reason), button=_("Enable and catch up") if access.can_write else _("See it"),
                button_url=_of(access, one, "integration-catch-up" if access.can_write else "integration"))
        for one in found.order_by("-disabled_at")[:MOST_OF_A_KIND]]


def _failing(access: Access) -> list[Concern]:
    """Enabled, and nothing but failures for a while."""
    since_ms = time.time_ns() // 1_000_000 - FAILING_AFTER_MS
    enabled = access.integrations().filter(enabled=True)
    ill = IntegrationHealth.objects.filter(
        integration_id__in=enabled.values("id"), failing_since_ms__lt=since_ms, failures__gte=AT_LEAST,
    ).order_by("failing_since_ms")
    since = {one.integration_id: from_ms(one.failing_since_ms) for one in ill[:MOST_OF_A_KIND]}
    return [
        Concern(kind="warn", title=_("%(name)s has done nothing but fail since %(time)s.") % {
                    "name": one.name, "time": written(localtime(since[one.id]), "%-d %b %H:%M")},
                url=_of(access, one), words=_("After five days it is disabled."), button=_("See why"),
                button_url=reverse("deliveries", args=[access.account.slug]) + f"?integration={one.id}")
        for one in enabled.filter(id__in=since).order_by("name")]


def _connections(access: Access, cards: Sequence[tuple[Service, Shown]]) -> list[Concern]:
    found = [
        Concern(kind=state.kind, title=f"{service}: {state.words}.", url=_of(access, service), words=said(state.detail),
                button=_("Connection"), button_url=_of(access, service, "pbx-connection"))
        for service, state in cards if state.kind in ("bad", "warn")]
    return found[:MOST_OF_A_KIND]


def _held(access: Access, cards: Sequence[tuple[Service, Shown]]) -> list[Concern]:
    """So many users are missing on their PBX that a person must say that they are gone."""
    services = {service.id: service for service, _ in cards}
    waiting = [one for one in DirectoryState.objects.filter(service_id__in=services).exclude(held="[]") if one.missing]
    found = [
        Concern(kind="warn", title=_("%(count)s users of %(pbx)s are missing on the PBX.") % {
            "count": len(one.missing), "pbx": services[one.service_id]},
                url=_of(access, services[one.service_id]), words=_("So many are not deleted unless somebody says so."),
                button=_("See who"), button_url=_of(access, services[one.service_id], "pbx-directory"))
        for one in waiting if services[one.service_id].directory_source == one.source]
    return found[:MOST_OF_A_KIND]


def _silenced(access: Access, cards: Sequence[tuple[Service, Shown]]) -> list[Concern]:
    """Applications are off, though there are integrations that could fire."""
    off = {service.id: service for service, _ in cards if not service.applications_enabled}
    if not off:
        return []
    waiting = set(access.integrations().filter(service__in=off, enabled=True).values_list("service_id", flat=True))
    found = [
        Concern(kind="warn", title=_(
            "Applications are disabled on %(service)s.") % {"service": service}, url=_of(access, service),
                words=_("None of its integrations fires."), button=_("Manage Applications"),
                button_url=_of(access, service, "pbx-applications"))
        for id_, service in off.items() if id_ in waiting]
    return found[:MOST_OF_A_KIND]


def _of(access: Access, row: Integration | Service, page: str = "") -> str:
    """A page of an integration or a PBX; its own when no other is named."""
    return reverse(page or ("pbx" if isinstance(row, Service) else "integration"), args=[access.account.slug, row.id])
