"""The form of a new API token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.web.services.choosing import ChoosesServices
from switchhook.web.tenancy import Access
from switchhook.web.tokens.models import Scope

_DAYS = [
    ("7", _lazy("In a week")), ("30", _lazy("In 30 days")), ("90", _lazy("In 90 days")), ("365", _lazy("In a year")),
    ("", _lazy("Never"))]


class TokenForm(ChoosesServices):
    """What a new token is for, which of these scopes it has, and until when."""

    name = forms.CharField(label=_lazy("Name"), max_length=120, help_text=_lazy("What will use it: “CRM sync”."))
    scopes = forms.MultipleChoiceField(
        label=_lazy("It may"), initial=[Scope.READ], widget=forms.CheckboxSelectMultiple)
    expires = forms.ChoiceField(label=_lazy("It ends"), choices=_DAYS, initial="365", required=False)

    field_order = ("name", "scopes", "services", "expires")

    def __init__(self, *args: Any, access: Access, scopes: Sequence[Scope], **kwargs: Any) -> None:
        super().__init__(*args, access=access, **kwargs)
        offered = self.fields["scopes"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = [(one.value, one.label) for one in scopes]
        if "services" in self.fields:
            self.fields["services"].help_text = _(
                "None ticked: all of the account, and the account's own integrations.")
            if not access.whole:
                self.fields["services"].help_text = _("None ticked: all that you see.")

    @property
    def chosen_scopes(self) -> list[Scope]:
        return [Scope(one) for one in self.cleaned_data["scopes"]]

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["expires"]
        return timezone.now() + timedelta(days=int(days)) if days else None
