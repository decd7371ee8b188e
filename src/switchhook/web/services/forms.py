"""Forms of services and connections."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.web.models import Account, Connection, Service, UserDatabase
from switchhook.web.number_field import NumberField
from switchhook.web.services.countries import clean_country
from switchhook.web.services.models import ConnectionPlatform
from switchhook.web.services.pbx_login_form import PbxLoginForm, pem_widget


class FriendlyNameForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the account calls its PBX."""

    class Meta:
        model = Service
        fields = ("friendly_name",)
        labels = {"friendly_name": _lazy("Friendly name")}
        help_texts = {
            "friendly_name": _lazy("Your own name for this PBX. Requests can carry it as Service Friendly Name.")}


class Lines(forms.CharField):
    """Texts, one a line; as a list of texts."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "font-monospace", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > 200:
            raise forms.ValidationError(_("That is more than 200 lines."))
        if any(len(line) > 120 for line in lines):
            raise forms.ValidationError(_("A line has more than 120 characters."))
        return lines


_TECHNOLOGY = re.compile(r"(?:PJSIP|SIP|IAX2)/(?=.)", re.IGNORECASE)


class Devices(Lines):
    """Devices, one a line, called as legs call them: without the technology, but for lines of a card."""

    def clean(self, value: Any) -> Any:
        return list(dict.fromkeys(_TECHNOLOGY.sub("", line, count=1) for line in super().clean(value)))


class ReadingForm(forms.Form):
    """How the PBX's calls are to be read: what is a trunk, what is a user's phone."""

    trunks = Devices(
        required=False, label=_lazy("Trunks"),
        help_text=_lazy(
            "Devices that are trunks, one a line; * stands for anything. Example: trunk-provider, provider* "
            "or DAHDI/i1. These always count, whatever their calls' context."))
    trunk_contexts = Lines(
        required=False, label=_lazy("Trunk contexts"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "font-monospace", "spellcheck": "false"}),
        help_text=format_lazy(
            _lazy("Contexts in which calls from outside begin. FreePBX: {contexts}."),
            contexts=", ".join(DEFAULT_TRUNK_CONTEXTS)))
    extensions = Devices(
        required=False, label=_lazy("Extensions"),
        help_text=format_lazy(
            _lazy("Devices that are users' phones. The default is {pattern}: whatever begins with a digit."),
            pattern=DEFAULT_EXTENSIONS[0]))


class MenuForm(forms.Form):
    """One menu: the dialplan's context that it is, and what people call it."""

    context = forms.CharField(max_length=120, required=False, label=_lazy("Context"), strip=True)
    name = forms.CharField(max_length=120, required=False, label=_lazy("IVR Name"), strip=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("name") and not data.get("context") and "context" not in self.errors:
            self.add_error("context", _("Which context is this menu?"))
        return data


class _Menus(BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            context = form.cleaned_data.get("context", "") if form.is_valid() else ""
            if not context or form.cleaned_data.get("DELETE"):
                continue
            if context in seen:
                form.add_error("context", _("This context is in the list twice."))
            seen.add(context)

    def rows(self) -> list[list[str]]:
        """[[context, name], …] in the order of the page, the empty and deleted rows left out."""
        data = [form.cleaned_data for form in self.forms]
        return [[one["context"], one.get("name", "")] for one in data if one.get("context") and not one.get("DELETE")]


MenuRows = formset_factory(MenuForm, formset=_Menus, extra=2, can_delete=True, max_num=200, validate_max=True)


def menu_rows(data: Any, service: Service) -> _Menus:
    """The rows of the menus' form; filled from the service until somebody sends some."""
    initial = [{"context": context, "name": name} for context, name in service.menus]
    return MenuRows(data, initial=initial, prefix="menus")  # type: ignore[return-value]


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """The operator's form of a service."""

    class Meta:
        model = Service
        fields = ("account", "name", "friendly_name", "connection", "tenant_key", "country", "applications_enabled")
        labels = {
            "account": _lazy("Account"), "name": _lazy("Service name"), "friendly_name": _lazy("Friendly name"),
            "connection": _lazy("Connection"), "tenant_key": _lazy("Tenant key"), "country": _lazy("Country"),
            "applications_enabled": _lazy("Applications are enabled")}
        help_texts = {
            "name": _lazy("The system's name for it: unique in the account."),
            "friendly_name": _lazy("The account can change this one."),
            "country": _lazy(
                "Two letters, like AU or DE: where numbers without a country's prefix are from. Empty: the account's."),
            "connection": _lazy("What feeds it. Without one it is fed by intake."),
            "tenant_key": _lazy(
                "What tells this PBX apart when one connection feeds several: FusionPBX domain_name, "
                "Asterisk Tenantid, a pattern of contexts, or an account code. Empty when it feeds this one alone."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["connection"].empty_label = _("None: fed by intake")  # type: ignore[attr-defined]
        if self.instance.pk and Service.objects.filter(pk=self.instance.pk).exists():
            del self.fields["account"]  # what happened belongs to the account: a service does not move

    def clean_country(self) -> str:
        return clean_country(self.cleaned_data["country"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        connection, key = data.get("connection"), data.get("tenant_key", "")
        account: Account | None = data.get("account") or getattr(self.instance, "account", None)
        others = Service.objects.exclude(pk=self.instance.pk)
        if account and others.filter(account=account, name=data.get("name")).exists():
            self.add_error("name", _("The account has a service of this name already."))
        if connection is not None and others.filter(connection=connection, tenant_key=key).exists():
            self.add_error(
                "tenant_key", _("Another service of this connection has this tenant key already.") if key else
                _("This connection feeds another service already: say what tells the two apart."))
        return data


class ConnectionForm(PbxLoginForm):
    """The operator's form of a connection. The secret can be set and replaced, never read."""

    class Meta:
        model = Connection
        fields = ("name", "platform", "host", "port", "tls", "tls_ca", "username", "calls_per_minute")
        widgets = {"tls_ca": pem_widget()}
        labels = {
            "name": _lazy("Name"), "platform": _lazy("Platform"), "host": _lazy("Host"), "port": _lazy("Port"),
            "tls": _lazy("Use TLS"), "tls_ca": _lazy("Private CA"), "username": _lazy("Username"),
            "calls_per_minute": _lazy("Calls a minute")}
        help_texts = {
            "port": _lazy("AMI: 5038, with TLS 5039. ESL: 8021."),
            "tls_ca": _lazy(
                "With TLS, where the PBX's certificate is signed by an authority of your own: that authority's "
                "certificate (PEM); where it signed itself, its own. Then nobody else's signature is believed. "
                "Empty: the authorities that this machine knows."),
            "username": _lazy(
                "Asterisk: the name of the paragraph in manager.conf. FreeSWITCH: user@domain of its "
                "directory; empty logs in with the Event Socket's own password, which may do everything."),
            "calls_per_minute": _lazy("Simulated PBX only."),
        }
        field_classes = {"calls_per_minute": NumberField}

    field_order = ("name", "platform", "host", "port", "tls", "tls_ca", "username", "secret", "calls_per_minute")

    def clean_username(self) -> str:
        return self.one_line("username")

    def clean_calls_per_minute(self) -> float:
        rate = float(self.cleaned_data["calls_per_minute"])
        if not 0 <= rate <= 600:
            raise forms.ValidationError(_("From 0 to 600."))
        return rate

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("platform") == ConnectionPlatform.ASTERISK and not data.get("username"):
            self.add_error("username", _("AMI needs a username: the name of the paragraph in manager.conf."))
        if data.get("platform") == ConnectionPlatform.FREESWITCH:
            username = data.get("username", "")
            if username and not re.fullmatch(r"[^@:\s]+@[^@:\s]+", username):
                self.add_error("username", _("FreeSWITCH needs user@domain of its directory, or none at all."))
            if data.get("port") in (5038, 5039):
                self.add_error("port", _("That is Asterisk's port. FreeSWITCH's Event Socket listens on 8021."))
        return data


class UserDatabaseForm(PbxLoginForm):
    """Where FusionPBX's database is, and our login there."""

    class Meta:
        model = UserDatabase
        fields = ("host", "port", "name", "username", "tls", "tls_ca")
        widgets = {"tls_ca": pem_widget()}
        labels = {
            "host": _lazy("Host"), "port": _lazy("Port"), "name": _lazy("Database"), "username": _lazy("Username"),
            "tls": _lazy("Demand TLS"), "tls_ca": _lazy("Private CA")}
        help_texts = {
            "tls": _lazy(
                "And believe only a certificate that is made out to this host. Without it, TLS is used where the "
                "database offers it."),
            "tls_ca": _lazy(
                "The certificate (PEM) of the authority that signed the database's; where it signed itself, its "
                "own. Empty: the authorities that this machine knows."),
        }

    field_order = ("host", "port", "name", "username", "secret", "tls", "tls_ca")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].label = _("Password")

    def clean_name(self) -> str:
        return self.one_line("name")

    def clean_username(self) -> str:
        return self.one_line("username")


class ApplicationsForm(forms.Form):
    """Manage Applications: the tick box."""

    enabled = forms.BooleanField(required=False, label=_lazy("Enable Applications"))


def default_menu_words() -> str:
    """The menus' default in words, for the page's help."""
    return ", ".join(context for context, _ in DEFAULT_MENUS)
