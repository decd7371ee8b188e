"""The shell around every page: what the sidebar offers to this person, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from switchhook.web.accounts.viewing import Viewing, viewing_of
from switchhook.web.models import Account
from switchhook.web.page_help import HELP, PageHelp
from switchhook.web.tenancy import Access, accounts_of

#: So many accounts the switcher lists; the operator finds the others under Accounts.
SWITCHER_LIMIT = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the sidebar."""

    label: str
    icon: str
    url: str
    active: bool
    #: `g` and this key lead there; shown on the help sheet (static/switchhook/keyboard.js).
    key: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of the sidebar under one heading ("" for none)."""

    heading: str
    items: list[Item]


class Shell:
    """What the base template shows around a page. Asks the database only for what is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.access: Access | None = getattr(request, "access", None)

    @cached_property
    def signed_in(self) -> bool:
        user = getattr(self._request, "user", None)
        return user is not None and user.is_authenticated

    @cached_property
    def viewing(self) -> Viewing | None:
        """Which account the operator views as its members see it."""
        return viewing_of(self._request)

    @cached_property
    def theme(self) -> str:
        """light, dark, or auto: as the system has it."""
        theme = self._request.COOKIES.get("theme", "auto")
        return theme if theme in ("light", "dark") else "auto"

    @cached_property
    def help(self) -> PageHelp | None:
        """What this page is for."""
        match = self._request.resolver_match
        return HELP.get(match.url_name or "") if match is not None else None

    @cached_property
    def accounts(self) -> list[Account]:
        """The accounts that the switcher offers; empty when there is nothing to switch."""
        if not self._request.user.is_authenticated:
            return []
        if self.viewing is not None:
            return []
        found = list(accounts_of(self._request.user)[: SWITCHER_LIMIT + 1])
        return found if len(found) > 1 or self.access is None else []

    @cached_property
    def sections(self) -> list[Section]:
        """The sidebar."""
        user = self._request.user
        sections = []
        if self.access is not None:
            slug = self.access.account.slug
            sections += [
                Section("", [
                    self._item(_("Home"), "outline/home", "home", slug, key="h"),
                    self._item(_("PBXs"), "outline/server-2", "pbx-list", slug, key="p"),
                    self._item(_("Live"), "outline/activity", "live", slug, key="l"),
                    self._item(_("Calls"), "outline/phone", "calls", slug, key="c"),
                    self._item(_("Deliveries"), "outline/send", "deliveries", slug, key="d"),
                    self._item(_("Users"), "outline/users", "users", slug, key="u"),
                ]),
                Section(_("My Admin"), [
                    self._item(label, icon, name, slug, key)
                    for label, icon, name, key in self._my_admin(self.access)]),
            ]
        if user.is_authenticated and user.is_operator and self.viewing is None:
            sections.append(Section(_("Operator"), [
                self._item(_("Overview"), "outline/heart-rate-monitor", "operator-overview"),
                self._item(_("Connections"), "outline/plug", "operator-connections"),
                self._item(_("Accounts"), "outline/building", "operator-accounts"),
                self._item(_("Services"), "outline/list-details", "operator-services"),
                self._item(_("Audit log"), "outline/history", "operator-audit"),
            ]))
        return sections

    def _my_admin(self, access: Access) -> list[tuple[str, str, str, str]]:
        """What is offered of the account as a whole. Who is limited to some PBXs finds integrations there."""
        offered = [
            (_("Integrations"), "outline/webhook", "integrations", "i"),
            (_("Event catalogue"), "outline/book", "catalogue", "e")]
        if access.whole:
            offered.append((_("Request inbox"), "outline/inbox", "inbox", "b"))
        if access.runs_account:
            offered += [
                (_("API tokens"), "outline/key", "tokens", "t"), (_("Members"), "outline/user-shield", "members", "m"),
                (_("Audit log"), "outline/history", "audit", "a")]
        return offered

    def _item(self, label: str, icon: str, name: str, slug: str = "", key: str = "") -> Item:
        url = reverse(name, kwargs={"account": slug} if slug else None)
        here = self._request.path
        below = name not in ("home", "operator-overview") and here.startswith(url)
        if getattr(self._request, "of_service", False):  # an integration of a PBX: its page stands below that
            below = name == "pbx-list"
        return Item(label, icon, url, here == url or below, key)


def shell(request: HttpRequest) -> dict[str, object]:
    """For every template: `shell`, and `access` where the page belongs to an account."""
    return {"shell": Shell(request), "access": getattr(request, "access", None)}
