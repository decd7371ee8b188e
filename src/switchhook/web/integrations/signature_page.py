"""The page "why does the signature fail?": what is pasted is checked, and neither stored nor logged."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_post_parameters

from switchhook.domain.pasted import LONGEST, Unreadable, read_pasted
from switchhook.web.integrations.integration_view import integration_view
from switchhook.web.integrations.signature_check import about_secret, diagnosis_of, secrets_of
from switchhook.web.members.models import Role
from switchhook.web.models import Integration
from switchhook.web.saying import said
from switchhook.web.tenancy import Access


def _area(rows: int, placeholder: str = "") -> forms.Textarea:
    return forms.Textarea(attrs={
        "rows": rows, "spellcheck": "false", "autocomplete": "off", "class": "font-monospace",
        "placeholder": placeholder})


class PasteForm(forms.Form):
    """What is pasted."""

    pasted = forms.CharField(
        label=_lazy("Request"), max_length=LONGEST, strip=False,
        help_text=_lazy("As it came in, with its headers: raw HTTP, or a curl command."),
        widget=_area(10, "POST /hook HTTP/1.1\nwebhook-id: …\nwebhook-timestamp: …\nwebhook-signature: v1,…\n\n"
                         "{\"source_number\":…}"))
    body = forms.CharField(
        label=_lazy("Body"), max_length=LONGEST, strip=False, required=False,
        help_text=_lazy("Only if it is not in the above."), widget=_area(3))
    secret = forms.CharField(
        label=_lazy("The secret that your receiver has"), max_length=200, required=False,
        help_text=_lazy("If you like: then we say whether it is the right one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "whsec_…"}))


@sensitive_post_parameters()
@integration_view(needs=Role.ADMIN)
def page(request: HttpRequest, access: Access, row: Integration) -> HttpResponse:
    """Paste a request and see why its signature fails."""
    form = PasteForm(request.POST if request.method == "POST" else None)
    diagnosis, about = None, ""
    if form.is_valid():
        secrets = list(secrets_of(access, row))
        about = about_secret(form.cleaned_data["secret"].strip(), secrets)
        try:
            pasted = read_pasted(form.cleaned_data["pasted"], form.cleaned_data["body"])
        except Unreadable as error:
            form.add_error("pasted", said(error))
        else:
            diagnosis = diagnosis_of(access, row, pasted, secrets)
    response = render(request, "integrations/signature.html", {
        "row": row, "form": form, "diagnosis": diagnosis, "about_secret": about})
    response["Cache-Control"] = "no-store"
    return response
