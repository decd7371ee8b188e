"""The form of an integration: what a person typed, as the domain's Integration, and each mistake at its field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.catalogue import EVENTS, EXTRA_EVENTS, EventSpec, EventType, Level
from switchhook.domain.headers import ALWAYS_SECRET
from switchhook.domain.integration import (
    Authentication,
    BasicAuth,
    BodyKey,
    Format,
    Header,
    Integration,
    Method,
    NoAuth,
    TokenAuth,
)
from switchhook.domain.validation import mistakes
from switchhook.web.integrations import models, rows
from switchhook.web.integrations.filter_card import read_card, shown_card
from switchhook.web.number_field import NumberField, bounds
from switchhook.web.saying import said


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One mistake for the summary: the id of the element where it is, that element's label, and what is wrong."""

    element: str
    label: str
    message: str


class IntegrationForm(forms.Form):
    """Creates or edits one integration. `before` is the integration as it stands, its secrets opened: what a
    secret's empty input keeps."""

    name = forms.CharField(
        label=_lazy("Integration Name"), max_length=120, help_text=_lazy("This is for your reference."),
        error_messages={"required": _lazy("Give the integration a name.")})
    type = forms.ChoiceField(label=_lazy("Type"), choices=[("webhook", _lazy("Webhook"))], required=False)
    request_url = forms.CharField(
        label=_lazy("Request URL"), max_length=2000, help_text=_lazy("The URL the payload will be sent to."),
        error_messages={"required": _lazy("Write where to send, like https://crm.example.com/hook.")},
        widget=forms.URLInput(attrs={"placeholder": "https://crm.example.com/hooks/calls", "spellcheck": "false"}))
    method = forms.ChoiceField(
        label=_lazy("Method"), choices=[(one.value, one.value) for one in Method],
        help_text=_lazy("Most endpoints will use POST. GET is for legacy applications."))
    format = forms.ChoiceField(
        label=_lazy("Format"), choices=[(one.value, one.value) for one in Format],
        help_text=_lazy("A JSON payload, or pairs in the URL's query string."))
    path_arguments = forms.CharField(
        label=_lazy("Path Arguments"), max_length=1000, required=False,
        widget=forms.TextInput(attrs={"placeholder": "/calls/{call_uuid}", "spellcheck": "false"}),
        help_text=_lazy("Added to the Request URL. Write values as placeholders in braces."))
    trigger_service_type = forms.ChoiceField(
        label=_lazy("Trigger Service Type"), required=False, help_text=_lazy("Service type."))
    event_type = forms.ChoiceField(label=_lazy("Trigger Event"))
    authentication_type = forms.ChoiceField(
        label=_lazy("Authentication Type"), choices=models.AuthenticationType.choices)
    username = forms.CharField(
        label=_lazy("Username"), max_length=255, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(
        label=_lazy("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}))
    clear_password = forms.BooleanField(label=_lazy("Clear the password"), required=False)
    token = forms.CharField(
        label=_lazy("Token"), max_length=4000, required=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}))
    clear_token = forms.BooleanField(label=_lazy("Clear the token"), required=False)
    token_prefix = forms.CharField(
        label=_lazy("Prefix"), max_length=40, required=False,
        help_text=_lazy("Stands before the token. Usually Bearer."))
    token_header = forms.CharField(
        label=_lazy("Header"), max_length=80, required=False, help_text=_lazy("Usually Authorization."))
    signed = forms.BooleanField(
        label=_lazy("Sign requests"), required=False,
        help_text=_lazy("Adds the Standard Webhooks headers, so that the receiver can tell that a request is ours."))
    timeout_seconds = NumberField(
        label=_lazy("Time-out (seconds)"), min_value=1, max_value=30,
        error_messages=bounds(_lazy("Write a number from 1 to 30.")),
        help_text=_lazy("How long the receiver may take to answer: 1 to 30."))
    max_in_flight = forms.IntegerField(
        label=_lazy("Requests at once"), min_value=1, max_value=64,
        error_messages=bounds(_lazy("Write a whole number from 1 to 64.")),
        help_text=_lazy("How many requests may be open at the same time."))
    rate_per_second = forms.IntegerField(
        label=_lazy("Requests a second"), min_value=1, max_value=1000, required=False,
        error_messages=bounds(_lazy("Write a whole number from 1 to 1,000, or leave it empty.")),
        help_text=_lazy("At most so many, evenly spaced. Empty: as many as come."))
    expiry_hours = NumberField(
        label=_lazy("Give up after (hours)"), min_value=0.0025, max_value=720, required=False,
        error_messages=bounds(_lazy("Write how many hours, at most 720 (30 days), or leave it empty.")),
        help_text=_lazy("How long a delivery is tried again. Empty: the account's usual time."),
        widget=forms.NumberInput(attrs={"step": "any"}))

    def __init__(
        self, data: QueryDict | None, *, before: Integration, signed: bool, service_type_name: str,
        granted: Collection[str] = (), **more: Any,
    ) -> None:
        self.before = self._typed = before
        self.granted = [EventType(one) for one in EXTRA_EVENTS if one in granted]
        level = Level.ACCOUNT if before.service_id is None else Level.SERVICE
        self.events = [spec for spec in events_of(level) if self._is_offered(spec)]
        super().__init__(data, initial=_initial(before) | {"signed": signed}, **more)
        self._choices("trigger_service_type", [("", service_type_name)])
        self._choices("event_type", [(spec.type.value, said(spec.label)) for spec in self.events])
        self.header_rows = rows.header_rows(before.headers) if data is None else rows.read_header_rows(data)
        self.value_rows = rows.value_rows(before.body_keys) if data is None else rows.read_value_rows(data)
        chosen = self.event_type_chosen
        self.filter_card = shown_card(before.filters, chosen) if data is None else read_card(data, chosen)
        self.row_errors: dict[str, str] = {}
        self.filter_errors: dict[str, str] = {}
        self.added_row = ""

    def _is_offered(self, spec: EventSpec) -> bool:
        """An extra event only when it is granted; one that was chosen before stays to be seen, and to be left."""
        return not spec.extra or spec.type in self.granted or spec.type is self.before.event_type

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def event_type_chosen(self) -> EventType:
        """The chosen trigger event, while the form may still be wrong elsewhere."""
        value = self.data.get("event_type", "") if self.is_bound else ""
        return next((spec.type for spec in self.events if spec.type.value == value), self.before.event_type)

    def rearrange(self, what: str) -> None:
        """Do what a row's button says: `header-add`, `value-up-3`, `value-all` and the like."""
        kind, _, verb = what.partition("-")
        verb, _, number = verb.partition("-")
        at = int(number) if number.isdecimal() else -1
        if kind == "header":
            self.header_rows = rows.rearranged(self.header_rows, verb, at)
            if verb == "add":
                self.header_rows.append(rows.HeaderRow(number=rows.free_number(self.header_rows)))
                self.added_row = f"header-{self.header_rows[-1].number}"
        elif kind == "value":
            self.value_rows = rows.rearranged(self.value_rows, verb, at)
            if verb in ("add", "text"):
                self.value_rows.append(rows.ValueRow(number=rows.free_number(self.value_rows), fixed=verb == "text"))
                self.added_row = f"value-{self.value_rows[-1].number}"
            elif verb == "all":
                self.value_rows = rows.with_all_values(self.value_rows, self.event_type_chosen)

    @property
    def wanted(self) -> Integration:
        """The integration as it was typed. What is no choice or no number is as it was before."""
        return self._typed

    @property
    def is_signed(self) -> bool:
        return bool(self.data.get("signed")) if self.is_bound else bool(self.initial["signed"])

    def _read(self, cleaned: dict[str, Any]) -> Integration:
        values = {**_initial(self.before), **cleaned}
        hours = values["expiry_hours"]
        return replace(
            self.before, name=values["name"], event_type=self.event_type_chosen, request_url=values["request_url"],
            path_arguments=values["path_arguments"], method=Method(values["method"]), format=Format(values["format"]),
            authentication=self._authentication(values),
            headers=tuple(map(self._header, self._used_header_rows())),
            body_keys=tuple(map(_body_key, self._used_value_rows())), filters=self.filter_card.filters,
            timeout_seconds=values["timeout_seconds"], max_in_flight=values["max_in_flight"],
            rate_per_second=values["rate_per_second"] or None,
            expiry_seconds=round(hours * 3600) if hours else None)

    def _used_header_rows(self) -> list[rows.HeaderRow]:
        return [row for row in self.header_rows if row.name or row.value or row.stored]

    def _used_value_rows(self) -> list[rows.ValueRow]:
        return [row for row in self.value_rows if row.key or row.field or row.text]

    def _authentication(self, values: dict[str, Any]) -> Authentication:
        stored = self.before.authentication
        match values["authentication_type"]:
            case models.AuthenticationType.BASIC:
                kept = stored.password if isinstance(stored, BasicAuth) and not values["clear_password"] else ""
                return BasicAuth(username=values["username"], password=values["password"] or kept)
            case models.AuthenticationType.TOKEN:
                kept = stored.token if isinstance(stored, TokenAuth) and not values["clear_token"] else ""
                return TokenAuth(
                    token=values["token"] or kept, prefix=values["token_prefix"],
                    header=values["token_header"] or TokenAuth(token="").header)
            case _:
                return NoAuth()

    def _header(self, row: rows.HeaderRow) -> Header:
        kept = next((one.value for one in self.before.headers if one.secret and one.name == row.stored), "")
        stays = bool(kept) and not row.value  # a stored secret is not shown by taking its tick away
        secret = row.secret or stays or row.name.lower() in ALWAYS_SECRET
        return Header(name=row.name, value=row.value or kept, secret=secret)

    def clean(self) -> dict[str, Any]:
        """What the domain says of it, each mistake at its field or row."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._typed = self._read(cleaned)
        for row in self._used_value_rows():
            if not row.fixed and rows.known_field(row.field) is None:
                self.row_errors[f"value-{row.number}-field"] = _("Choose a value.")
        for mistake in mistakes(self._typed, self.granted):
            self._place(mistake.where, mistake.message)
        return cleaned

    def is_valid(self) -> bool:
        return super().is_valid() and not self.row_errors and not self.filter_errors

    def _place(self, where: str, message: str) -> None:
        """Show the mistake where it was made: at a field, or in a row. The first at one place is enough."""
        message = said(message)
        kind, _dot, rest = where.partition(".")
        place, _dot, part = rest.partition(".")
        if part and kind == "headers":
            self.row_errors.setdefault(f"header-{self._used_header_rows()[int(place)].number}-{part}", message)
        elif part and kind == "body_keys":
            self.row_errors.setdefault(f"value-{self._used_value_rows()[int(place)].number}-{part}", message)
        elif kind == "filters":
            self.filter_errors.setdefault(self.filter_card.place(where), message)
        else:
            name = {"expiry_seconds": "expiry_hours", "signing_secrets": "signed"}.get(kind, kind)
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, message)

    def complaints(self) -> Iterator[Complaint]:
        """All that is wrong, for the summary above the form."""
        for name, errors in self.errors.items():
            for error in errors:
                if name in self.fields:
                    yield Complaint(element=f"id_{name}", label=str(self.fields[name].label), message=str(error))
                else:
                    yield Complaint(element="", label="", message=str(error))
        labels = {
            "header-name": _("Request Name"), "header-value": _("Request Value"),
            "value-key": _("Request Key"), "value-field": _("Value"), "value-text": _("Fixed text"),
        }
        for place, message in self.row_errors.items():
            kind, _number, part = place.split("-")
            yield Complaint(element=f"id_{place}", label=labels[f"{kind}-{part}"], message=message)
        for place, message in self.filter_errors.items():
            yield Complaint(element=f"id_{place}", label=_("Filters"), message=message)


def events_of(level: Level) -> list[EventSpec]:
    """The events that an integration of this level can be for, in the order in which they are offered."""
    return [spec for spec in EVENTS.values() if spec.level is level]


def blank(account_id: UUID, service_id: UUID | None, event: str = "") -> Integration:
    """A new integration before anybody has typed anything; for the `event` of that name, if this level has it."""
    offered = [spec.type for spec in events_of(Level.ACCOUNT if service_id is None else Level.SERVICE)]
    return Integration(
        id=UUID(int=0), account_id=account_id, service_id=service_id, name="", request_url="",
        event_type=next((one for one in offered if one == event), offered[0]))


def _body_key(row: rows.ValueRow) -> BodyKey:
    """A row without a key sends its value under the value's own name."""
    if row.fixed:
        return BodyKey(key=row.key, text=row.text)
    return BodyKey(key=row.key or row.field, field=rows.known_field(row.field))


def _initial(before: Integration) -> dict[str, Any]:
    """The form's fields from an integration. No secret is among them."""
    authentication = before.authentication
    token = authentication if isinstance(authentication, TokenAuth) else TokenAuth(token="")
    kinds = {NoAuth: "none", BasicAuth: "basic", TokenAuth: "token"}
    return {
        "name": before.name, "type": "webhook", "request_url": before.request_url, "method": before.method.value,
        "format": before.format.value, "path_arguments": before.path_arguments, "trigger_service_type": "",
        "event_type": before.event_type.value, "authentication_type": kinds[type(authentication)],
        "username": authentication.username if isinstance(authentication, BasicAuth) else "",
        "password": "", "clear_password": False, "token": "", "clear_token": False,
        "token_prefix": token.prefix, "token_header": token.header,
        "timeout_seconds": before.timeout_seconds, "max_in_flight": before.max_in_flight,
        "rate_per_second": before.rate_per_second,
        "expiry_hours": before.expiry_seconds / 3600 if before.expiry_seconds else None,
    }
