"""The form of a request inbox: how it answers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from switchhook.web.inbox.actions import LONGEST_DELAY_MS, STATUSES


class AnswerForm(forms.Form):
    """The status to answer with, and after how long."""

    status = forms.IntegerField(
        label=_("Status"), min_value=STATUSES.start, max_value=STATUSES.stop - 1,
        help_text=_("200 is success; 503 has the delivery tried again; 410 disables the integration."),
        widget=forms.NumberInput(attrs={"list": "statuses"}))
    delay_ms = forms.IntegerField(
        label=_("Delay (milliseconds)"), min_value=0, max_value=LONGEST_DELAY_MS, help_text=_("At most 10,000."))
