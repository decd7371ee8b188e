"""Tenancy: the one place that narrows to an account. No other module asks for an account's rows by itself.

A view says whom it is for, and gets an Access, from which all querysets come:

    @account_view                      anybody of the account may read; whoever changes must be admin
    def page(request, access, …)

    @account_view(needs=Role.ADMIN)    for forms: who may not save is not shown the form either
    @service_view                      for /a/<account>/pbx/<service_id>/…; the view also gets the Service
    @operator_view                     for /operator/…
    @account_view(…, whole=True)       for what concerns the whole account: not for members limited to some services
    @own_view                          for /me/…/<account>/: what is one's own in an account, for viewers to change, too

Who is not of the account gets 404, as if it were not there. Who is, but may not do this, gets 403 that
names the role needed; of an account that is not open, its members get 403 that says why. The operator may do
everything everywhere, but while they view one account (accounts/viewing.py) that one alone, and only read.
Where the account wants a second factor of its people, who has none is led to set it up first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar, overload
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from switchhook.domain.catalogue import EVENTS, Level
from switchhook.web.accounts.models import AccountState
from switchhook.web.accounts.viewing import viewing_of
from switchhook.web.members.models import Role
from switchhook.web.models import (
    Account,
    ApiToken,
    AuditEntry,
    Call,
    Delivery,
    Errand,
    Event,
    Inbox,
    Integration,
    Invitation,
    Member,
    PbxUser,
    Person,
    Service,
)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPERATOR = "Operator"
#: The operator's pages that there are while they view an account: to end that, to change it, to view another.
_WHILE_VIEWING = frozenset({"operator-viewing", "operator-account-view"})
ACCOUNT_LEVEL = frozenset(one.value for one, spec in EVENTS.items() if spec.level is Level.ACCOUNT)

View = Callable[..., HttpResponseBase]
#: Who asks: a person, by themselves or by a token of theirs; or a program with a token that is the account's own.
Asker = Person | ApiToken
Row = TypeVar("Row", bound=Model)


class SecondFactorNeeded(PermissionDenied):
    """The account wants a second factor of its people, and this person has none (middleware.py leads them to it)."""


class RoleNeeded(PermissionDenied):
    """This person may not do this; `role` says which role may."""

    def __init__(self, role: str) -> None:
        super().__init__(f"You need the role {role} for this.")
        self.role = role


class AccountShut(PermissionDenied):
    """The account is suspended or closed: its members do not get in. They may read why."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"The account {account.name} is {AccountState(account.state).value}.")
        self.account = account


@dataclass(frozen=True, slots=True)
class Access:
    """What one person, or a program of the account's, may see and do in it. All querysets come from here, narrowed."""

    asker: Asker
    account: Account
    role: Role
    #: A member or a token may be limited to some services: nothing but what belongs to them is seen then.
    only: frozenset[UUID] | None = None

    @property
    def person(self) -> Person | None:
        """Who asks, where it is a person."""
        return self.asker if isinstance(self.asker, Person) else None

    @property
    def by_operator(self) -> bool:
        """Whether the operator asks, who sees more than what is the account's."""
        return self.person is not None and self.person.is_operator

    @property
    def can_write(self) -> bool:
        """Whether this person may change anything here."""
        return self.role is Role.ADMIN

    @property
    def whole(self) -> bool:
        """Whether all of the account is seen."""
        return self.only is None

    @property
    def runs_account(self) -> bool:
        """Whether this person may change what concerns all of the account: its people, tokens, own integrations."""
        return self.can_write and self.whole

    def services(self) -> QuerySet[Service]:
        return self._of_services(Service.objects.filter(account=self.account), "id")

    def users(self) -> QuerySet[PbxUser]:
        return self._of_services(PbxUser.objects.filter(service__account=self.account), "service_id")

    def integrations(self) -> QuerySet[Integration]:
        return self._of_services(Integration.objects.filter(account=self.account), "service_id")

    def members(self) -> QuerySet[Member]:
        return self._of_account(Member.objects.filter(account=self.account))

    def invitations(self) -> QuerySet[Invitation]:
        return self._of_account(Invitation.objects.filter(account=self.account))

    def inboxes(self) -> QuerySet[Inbox]:
        return self._of_account(Inbox.objects.filter(account=self.account))

    def tokens(self) -> QuerySet[ApiToken]:
        return self._of_account(ApiToken.objects.filter(account=self.account))

    def audit(self) -> QuerySet[AuditEntry]:
        return self._of_account(AuditEntry.objects.filter(account_id=self.account.id))

    def calls(self) -> QuerySet[Call]:
        return self._of_services(Call.objects.filter(account_id=self.account.id), "service_id")

    def events(self) -> QuerySet[Event]:
        return self._of_services(Event.objects.filter(account_id=self.account.id), "service_id")

    def deliveries(self) -> QuerySet[Delivery]:
        """Those of the account's own integrations (for user.*) are not what a limited token may see."""
        found = self._of_services(Delivery.objects.filter(account_id=self.account.id), "service_id")
        return found if self.only is None else found.exclude(event_type__in=ACCOUNT_LEVEL)

    def errands(self) -> QuerySet[Errand]:
        """Who is limited sees what they asked for themselves."""
        found = Errand.objects.filter(account_id=self.account.id)
        return found if self.whole else found.filter(asked_by=self.asker.id)

    def _of_services(self, found: QuerySet[Row], service: str) -> QuerySet[Row]:
        return found if self.only is None else found.filter(**{f"{service}__in": self.only})

    def _of_account(self, found: QuerySet[Row]) -> QuerySet[Row]:
        return found if self.only is None else found.none()


def accounts_of(person: Person) -> QuerySet[Account]:
    """The accounts that the person may see: the operator all, others those in which they are members."""
    if person.is_operator:
        return Account.objects.order_by("name")
    return Account.objects.filter(members__person=person).order_by("name")


def tokens_of(person: Person) -> QuerySet[ApiToken]:
    """The person's own tokens, of all accounts."""
    return ApiToken.objects.filter(made_by=person, of_account=False)


def access_to(person: Person, slug: str) -> Access:
    """What the person may do in the account of that slug. Raises Http404 when it is none of their business, and
    AccountShut when it is not open."""
    if person.is_operator:
        account = Account.objects.filter(slug=slug).first()
        if account is not None:
            return Access(person, account, Role.ADMIN)
    else:
        member = Member.objects.select_related("account").filter(person=person, account__slug=slug).first()
        if member is not None:
            check_open(member.account)
            return Access(person, member.account, Role(member.role), limit(member.services))
    raise Http404("There is no such account.")


def limit(services: Sequence[str]) -> frozenset[UUID] | None:
    """The services that a member or a token is limited to, as their rows name them; None: to none."""
    return frozenset(map(UUID, services)) if services else None


def check_open(account: Account) -> None:
    """Raises AccountShut when the account is suspended or closed."""
    if account.state != AccountState.OPEN:
        raise AccountShut(account)


@overload
def account_view(view: View, /) -> View: ...
@overload
def account_view(*, needs: Role = ..., whole: bool = ...) -> Callable[[View], View]: ...
def account_view(
    view: View | None = None, /, *, needs: Role = Role.VIEWER, whole: bool = False,
) -> View | Callable[[View], View]:
    """A view of one account: `view(request, access, …)`. The URL names the account by its slug."""

    def decorate(view: View) -> View:
        @wraps(view)
        def narrowed(request: HttpRequest, account: str, **rest: Any) -> HttpResponseBase:
            access = _enter(request, account, needs)
            if whole and not access.whole:
                raise RoleNeeded(_("%(role)s of all PBXs") % {"role": needs.label})
            return view(request, access, **rest)

        return narrowed

    return decorate(view) if view is not None else decorate


@overload
def service_view(view: View, /) -> View: ...
@overload
def service_view(*, needs: Role) -> Callable[[View], View]: ...
def service_view(view: View | None = None, /, *, needs: Role = Role.VIEWER) -> View | Callable[[View], View]:
    """A view of one service: `view(request, access, service, …)`. The URL names account and service."""

    def decorate(view: View) -> View:
        @wraps(view)
        def narrowed(request: HttpRequest, account: str, service_id: UUID, **rest: Any) -> HttpResponseBase:
            access = _enter(request, account, needs)
            service = access.services().select_related("connection").filter(id=service_id).first()
            if service is None:
                raise Http404("There is no such PBX.")
            return view(request, access, service, **rest)

        return narrowed

    return decorate(view) if view is not None else decorate


def own_view(view: View) -> View:
    """A view of what is one's own in one account: `view(request, access, …)`. Who may enter may change it, viewers
    included; but nobody who views the account as its members see it."""

    @wraps(view)
    def narrowed(request: HttpRequest, account: str, **rest: Any) -> HttpResponseBase:
        if viewing_of(request) is not None:
            raise RoleNeeded("Member")
        return view(request, _enter(request, account, Role.VIEWER, own=True), **rest)

    return narrowed


def operator_view(view: View) -> View:
    """A view for the operator alone, unless they view an account as its members see it."""

    @wraps(view)
    def narrowed(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        if not request.user.is_authenticated or not request.user.is_operator:
            raise RoleNeeded(OPERATOR)
        match = request.resolver_match
        if viewing_of(request) is not None and (match is None or match.url_name not in _WHILE_VIEWING):
            raise RoleNeeded(OPERATOR)
        return view(request, **rest)

    return narrowed


def _enter(request: HttpRequest, slug: str, needs: Role, *, own: bool = False) -> Access:
    """Who asks may enter; whoever changes something that is not their `own` must be admin, whatever the view says."""
    if not request.user.is_authenticated:  # the middleware has sent them to the login already
        raise Http404
    access = _viewed(request, access_to(request.user, slug))
    if access.account.second_factor_required and not is_mfa_enabled(request.user):
        raise SecondFactorNeeded
    changes = request.method not in SAFE_METHODS and not own
    if (changes or needs is Role.ADMIN) and not access.can_write:
        raise RoleNeeded(str(Role.ADMIN.label))
    timezone.activate(ZoneInfo(access.account.time_zone))
    request.access = access  # type: ignore[attr-defined]  # for the shell around the page
    return access


def _viewed(request: HttpRequest, access: Access) -> Access:
    """The same, as far as the operator views the account as its members see it."""
    viewing = viewing_of(request)
    if viewing is None:
        return access
    if viewing.account_id != access.account.id:
        raise Http404("There is no such account.")
    return replace(access, role=Role.ADMIN if viewing.may_change else Role.VIEWER)
