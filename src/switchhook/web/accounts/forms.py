"""The operator's form of an account."""

from __future__ import annotations

import ipaddress
from typing import Any
from zoneinfo import available_timezones

from django import forms

from switchhook.web.models import Account
from switchhook.web.services.forms import Lines


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, slug, time zone, granted networks, how long things are kept."""

    allowed_networks = Lines(
        required=False, label="Allowed networks",
        help_text="Private addresses that this account's integrations may call, as networks, one a line: 10.1.2.0/24. "
        "Empty: public addresses alone.")

    class Meta:
        model = Account
        fields = ("name", "slug", "time_zone", "allowed_networks", "retention_days", "audit_retention_days")
        labels = {"slug": "Short name", "time_zone": "Time zone", "retention_days": "Days kept",
                  "audit_retention_days": "Days of audit log kept"}
        help_texts = {
            "slug": "In the addresses of the account's pages: small letters, digits and hyphens.",
            "time_zone": "Of Date/Time in requests and of times on pages, like Australia/Sydney or Europe/Berlin.",
            "retention_days": "After so many days events and deliveries are deleted.",
            "audit_retention_days": "A year (366) at least.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.attrs |= {"list": "time-zones", "autocomplete": "off"}
        self.fields["audit_retention_days"].required = False  # empty: as it is
        self.fields["audit_retention_days"].widget.attrs |= {"min": 366, "max": 3660}
        self.fields["retention_days"].widget.attrs |= {"min": 1, "max": 3650}

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(f"“{zone}” is no time zone. Write it like Europe/Berlin.")
        return zone

    def clean_allowed_networks(self) -> list[str]:
        networks = []
        for line in self.cleaned_data["allowed_networks"]:
            try:
                networks.append(str(ipaddress.ip_network(line)))
            except ValueError as error:
                raise forms.ValidationError(f"“{line}” is no network: {_why(line, error)}") from error
        return networks

    def clean_retention_days(self) -> int:
        days = int(self.cleaned_data["retention_days"])
        if not 1 <= days <= 3650:
            raise forms.ValidationError("From 1 day to 3650.")
        return days

    def clean_audit_retention_days(self) -> int:
        days = int(self.cleaned_data["audit_retention_days"] or self.instance.audit_retention_days)
        if not 366 <= days <= 3660:
            raise forms.ValidationError("From 366 days to 3660.")
        return days


def _why(line: str, error: ValueError) -> str:
    if "host bits" in str(error):
        return f"did you mean {ipaddress.ip_network(line, strict=False)}?"
    return "write it like 10.1.2.0/24 or fd00::/8."
