"""The operator's form of an account."""

from __future__ import annotations

import ipaddress
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.catalogue import EVENTS
from switchhook.web.accounts.models import AccountState
from switchhook.web.models import Account
from switchhook.web.saying import said_lazily
from switchhook.web.services.countries import clean_country
from switchhook.web.services.forms import Lines

#: The quotas that the operator may set, as the model and as a person calls them; the default is a setting.
QUOTAS = {
    "max_services": _lazy("PBXs"), "max_users": _lazy("Users"), "max_integrations": _lazy("Integrations"),
    "max_tokens": _lazy("API tokens"),
    "max_events_per_second": _lazy("Events a second, by intake"), "max_in_flight": _lazy("Requests in flight"),
    "max_stored_mib": _lazy("Stored, in MiB"),
}
_DEFAULTS = {
    "max_services": "account_services", "max_users": "account_users", "max_integrations": "account_integrations",
    "max_tokens": "account_tokens", "max_events_per_second": "account_events_per_second",
    "max_in_flight": "account_in_flight", "max_stored_mib": "account_stored_mib",
}


class StateForm(forms.Form):
    """What state an account is to be in, and why."""

    state = forms.ChoiceField(choices=AccountState.choices, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_lazy("Reason"), max_length=500, required=False,
        help_text=_lazy("The account's members read it when they log in: what happened, and whom to ask."))


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, slug, time zone, granted networks, how long things are kept."""

    allowed_networks = Lines(
        required=False, label=_lazy("Allowed networks"),
        help_text=_lazy(
            "Private addresses that this account's integrations may call, as networks, one a line: 10.1.2.0/24. "
            "Empty: public addresses alone."))

    granted_events = forms.MultipleChoiceField(
        required=False, label=_lazy("Extra events"), widget=forms.CheckboxSelectMultiple,
        choices=[
            (spec.type.value, format_lazy("{}: {}", said_lazily(spec.label), said_lazily(spec.fires_when)))
            for spec in EVENTS.values() if spec.extra],
        help_text=_lazy(
            "Events beyond the usual ones, which this account may select for its integrations. Those of calls "
            "are recorded from the next call on; when you take one away, nothing of it is sent any more."))

    class Meta:
        model = Account
        fields = ("name", "slug", "time_zone", "country", "brand", "allowed_networks", "retention_days",
                  "body_days", "audit_retention_days", "granted_events", *QUOTAS)
        labels = {
            "name": _lazy("Name"), "slug": _lazy("Short name"), "time_zone": _lazy("Time zone"),
            "country": _lazy("Country"), "retention_days": _lazy("Days kept"),
            "body_days": _lazy("Days bodies are kept"), "audit_retention_days": _lazy("Days of audit log kept"),
            **QUOTAS}
        help_texts = {
            "slug": _lazy("In the addresses of the account's pages: small letters, digits and hyphens."),
            "time_zone": _lazy(
                "Of Date/Time in requests and of times on pages, like Australia/Sydney or Europe/Berlin."),
            "country": _lazy(
                "Two letters, like AU or DE: where numbers without a country's prefix are from, for Source and "
                "Destination in E.164. Each service can have its own."),
            "retention_days": _lazy("After so many days events and deliveries are deleted."),
            "body_days": _lazy(
                "After so many days the bodies and query strings of requests and answers are deleted, and the "
                "rest stays. Empty: they are kept as long as the rest."),
            "audit_retention_days": _lazy("A year (366) at least."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.attrs |= {"list": "time-zones", "autocomplete": "off"}
        self.fields["audit_retention_days"].required = False  # empty: as it is
        self.fields["audit_retention_days"].widget.attrs |= {"min": 366, "max": 3660}
        self.fields["retention_days"].widget.attrs |= {"min": 1, "max": 3650}
        brands = [(one.key, one.name) for one in settings.BRANDS.others]
        if brands:
            choices = [("", _("%(brand)s (the default)") % {"brand": settings.BRANDS.default.name}), *brands]
            self.fields["brand"] = forms.ChoiceField(
                label=_("Brand of its e-mails"), choices=choices, required=False, initial=self.instance.brand)
        else:
            del self.fields["brand"]
        for name, setting in _DEFAULTS.items():
            field = self.fields[name]
            field.widget.attrs |= {"placeholder": intcomma(getattr(settings.SWITCHHOOK, setting)), "min": 0}

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("“%(zone)s” is no time zone. Write it like Europe/Berlin.") % {"zone": zone})
        return zone

    def clean_country(self) -> str:
        return clean_country(self.cleaned_data["country"])

    def clean_allowed_networks(self) -> list[str]:
        networks = []
        for line in self.cleaned_data["allowed_networks"]:
            try:
                networks.append(str(ipaddress.ip_network(line)))
            except ValueError as error:
                raise forms.ValidationError(_(
                    "“%(line)s” is no network: %(why)s") % {"line": line, "why": _why(line, error)}) from error
        return networks

    def clean_retention_days(self) -> int:
        days = int(self.cleaned_data["retention_days"])
        if not 1 <= days <= 3650:
            raise forms.ValidationError(_("From 1 day to 3650."))
        return days

    def clean_body_days(self) -> int | None:
        days: int | None = self.cleaned_data["body_days"]
        if days is not None and not 1 <= days <= int(self.cleaned_data.get("retention_days") or days):
            raise forms.ValidationError(_("From 1 day to as long as the rest is kept."))
        return days

    def clean_audit_retention_days(self) -> int:
        days = int(self.cleaned_data["audit_retention_days"] or self.instance.audit_retention_days)
        if not 366 <= days <= 3660:
            raise forms.ValidationError(_("From 366 days to 3660."))
        return days


def _why(line: str, error: ValueError) -> str:
    if "host bits" in str(error):
        return _("did you mean %(network)s?") % {"network": ipaddress.ip_network(line, strict=False)}
    return _("write it like 10.1.2.0/24 or fd00::/8.")
