"""The form of a user of a PBX."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.catalogue import CALL_TYPES
from switchhook.web.models import PbxUser, Service
from switchhook.web.saying import said_lazily
from switchhook.web.users.sources import known_to_pbx

_CALLS = [(one, said_lazily(one)) for one in CALL_TYPES]


class PbxUserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A user's details, as integrations can send them."""

    enabled_calls = forms.MultipleChoiceField(
        choices=_CALLS, required=False, widget=forms.CheckboxSelectMultiple, label=_lazy("Enabled Calls"),
        help_text=_lazy("The kinds of calls that this user may place."))

    class Meta:
        model = PbxUser
        fields = ("extension_number", "name", "outbound_phone_number", "has_voicemail", "enabled_calls")
        labels = {
            "extension_number": _lazy("Extension Number"), "name": _lazy("Name"),
            "outbound_phone_number": _lazy("Outbound Phone Number"), "has_voicemail": _lazy("Has Voicemail"),
        }
        help_texts = {"outbound_phone_number": _lazy("The number that this user's outbound calls show.")}

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        self.instance.service = service
        for name in known_to_pbx(service):  # Django keeps what stands there, whatever is sent
            self.fields[name].disabled = True
            self.fields[name].help_text = _("The PBX says this: change it there.")

    def clean_extension_number(self) -> str:
        number = str(self.cleaned_data["extension_number"]).strip()
        if not re.fullmatch(r"[0-9*#]+", number):
            raise forms.ValidationError(_("An extension number has digits, * and # only."))
        if self.service.users.filter(extension_number=number).exclude(id=self.instance.id).exists():
            raise forms.ValidationError(_(
                "Another user of this PBX has the extension %(number)s.") % {"number": number})
        return number

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_outbound_phone_number(self) -> str:
        number = re.sub(r"[\s().\-/]", "", str(self.cleaned_data["outbound_phone_number"]))
        if number and not re.fullmatch(r"\+?[0-9]{3,20}", number):
            raise forms.ValidationError(_("A phone number has 3 to 20 digits, with + in front if you like."))
        return number

    def clean_enabled_calls(self) -> list[str]:
        chosen = self.cleaned_data["enabled_calls"]
        return [one for one in CALL_TYPES if one in chosen]
