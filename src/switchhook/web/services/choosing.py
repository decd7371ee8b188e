"""The part of a form that limits somebody or something to chosen services: members, tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.web.tenancy import Access

#: So many services can be chosen from.
MOST = 200


class ChoosesServices(forms.Form):
    """A tick for each service. No tick: no limit. Where there is but one service, there is nothing to choose."""

    services = forms.MultipleChoiceField(
        label=_lazy("Only for these PBXs"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["services"]
        assert isinstance(field, forms.MultipleChoiceField)
        chosen = self.initial.get("services") or []
        offered = {str(one.id): str(one) for one in access.services().order_by("name")[:MOST]}
        if len(offered) < 2 and not chosen:
            del self.fields["services"]
            return
        # What is chosen is offered, too: a limit that is not on the form would be taken away by saving it.
        beyond = access.services().filter(id__in=[one for one in chosen if one not in offered])
        names = dict.fromkeys(chosen, _("A deleted PBX")) | {str(one.id): str(one) for one in beyond} | offered
        field.choices = list(names.items())

    @property
    def chosen_services(self) -> Sequence[UUID]:
        """What they are limited to; empty: to nothing."""
        return [UUID(one) for one in self.cleaned_data.get("services", [])]
