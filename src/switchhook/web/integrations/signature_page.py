"""The page "why does the signature fail?": what is pasted is checked, and neither stored nor logged."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_post_parameters

from switchhook.domain.errors import CannotOpen
from switchhook.domain.pasted import LONGEST, Pasted, Unreadable, read_pasted
from switchhook.domain.signature_check import Diagnosis, KnownSecret, Sent, diagnose
from switchhook.domain.signing import is_secret
from switchhook.web.deliveries.recorded import body_dropped, request_of
from switchhook.web.deliveries.search import uuid_or_none
from switchhook.web.integrations.stored import context
from switchhook.web.members.models import Role
from switchhook.web.models import Integration
from switchhook.web.saying import said
from switchhook.web.secrets import unseal
from switchhook.web.tenancy import Access, account_view

#: So many other integrations' secrets are tried, and so many attempts are compared with.
MOST_TRIED, MOST_COMPARED = 50, 20


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
@account_view(needs=Role.ADMIN)
def page(request: HttpRequest, access: Access, integration_id: UUID) -> HttpResponse:
    """Paste a request and see why its signature fails."""
    row = get_object_or_404(access.integrations().select_related("service"), id=integration_id)
    form = PasteForm(request.POST if request.method == "POST" else None)
    diagnosis, about_secret = None, ""
    if form.is_valid():
        secrets = list(_secrets(access, row))
        about_secret = _about(form.cleaned_data["secret"].strip(), secrets)
        try:
            pasted = read_pasted(form.cleaned_data["pasted"], form.cleaned_data["body"])
        except Unreadable as error:
            form.add_error("pasted", said(error))
        else:
            diagnosis = _diagnosis(access, row, pasted, secrets)
    response = render(request, "integrations/signature.html", {
        "row": row, "form": form, "diagnosis": diagnosis, "about_secret": about_secret})
    response["Cache-Control"] = "no-store"
    return response


def _diagnosis(access: Access, row: Integration, pasted: Pasted, secrets: list[KnownSecret]) -> Diagnosis:
    known = secrets if row.signing_secrets else []
    return diagnose(pasted, known, list(_sent(access, pasted)), now=timezone.now().timestamp())


def _secrets(access: Access, row: Integration) -> Iterator[KnownSecret]:
    """Those of the integration, and of others of the account, in the order in which they are tried."""
    for number, secret in enumerate(_opened(row)):
        if number == 0:
            yield KnownSecret(name="this integration's secret", secret=secret, is_current=True)
        else:
            yield KnownSecret(name="the secret before this integration's newest", secret=secret)
    others = access.integrations().exclude(id=row.id).order_by("-updated_at")[:MOST_TRIED]
    for other in others:
        for secret in _opened(other):
            yield KnownSecret(name=f"the secret of {other.name}, another integration", secret=secret)


def _opened(row: Integration) -> Iterator[str]:
    """Its signing secrets, the newest first, also one that no longer signs."""
    for one in row.signing_secrets:
        try:
            yield unseal(one["sealed"], context(row, "signing"))
        except CannotOpen:
            continue


def _sent(access: Access, pasted: Pasted) -> Iterator[Sent]:
    """What was sent under the webhook-id, which is the delivery's id."""
    delivery_id = uuid_or_none(pasted.header("webhook-id"))
    delivery = access.deliveries().filter(id=delivery_id).first() if delivery_id else None
    if delivery is None:
        return
    for attempt in delivery.recorded.order_by("number")[:MOST_COMPARED]:
        request = request_of(attempt.request)
        if request is not None and not body_dropped(attempt):
            headers = {name.lower(): value for name, value in request.headers}
            yield Sent(
                number=attempt.number, timestamp=headers.get("webhook-timestamp", ""),
                signature=headers.get("webhook-signature", ""), query=urlsplit(request.url).query, body=request.body)


def _about(secret: str, known: list[KnownSecret]) -> str:
    """Whether the receiver has the right secret."""
    if not secret:
        return ""
    if not is_secret(secret):
        return _("What your receiver has is no signing secret: it must be the whole of it, with whsec_ before it.")
    found = next((one for one in known if hmac.compare_digest(one.secret.encode(), secret.encode())), None)
    if found is None:
        return _(
            "Your receiver has a secret that is of no integration of this account: make a new one, and give it that.")
    if found.is_current:
        return _("Your receiver has the right secret.")
    return _("Your receiver has %(name)s: give it this integration's.") % {"name": said(found.name)}
