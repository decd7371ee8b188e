"""What the forms of logins to a PBX have in common: where it is, TLS, and a secret that is never shown."""

from __future__ import annotations

import re
from typing import Any

from cryptography.x509 import load_pem_x509_certificates
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


def pem_widget() -> forms.Textarea:
    """Where a certificate is pasted."""
    return forms.Textarea(attrs={
        "rows": 3, "class": "font-monospace", "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"})


class PbxLoginForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a model with `host`, `port`, `tls_ca` and `secret_sealed`. The secret can be set and replaced, never
    read."""

    secret = forms.CharField(
        required=False, max_length=255, strip=False, label=_lazy("Secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].help_text = (
            _("A secret is set. Leave this empty to keep it, or type another one to replace it.")
            if self.instance.secret_sealed else _("It is stored encrypted and never shown again."))

    def clean_host(self) -> str:
        host = str(self.cleaned_data["host"]).strip()
        if not re.fullmatch(r"[A-Za-z0-9._:\-]+", host):
            raise forms.ValidationError(_("Write a host name or an address, without a scheme and without a port."))
        return host

    def clean_port(self) -> int:
        port = int(self.cleaned_data["port"])
        if not 0 < port < 65536:
            raise forms.ValidationError(_("A port is a number from 1 to 65535."))
        return port

    def clean_tls_ca(self) -> str:
        pem = str(self.cleaned_data["tls_ca"]).strip()
        if "PRIVATE KEY" in pem:
            raise forms.ValidationError(
                _("That is a private key: keep it to yourself. The certificate is wanted here."))
        try:
            if pem:
                load_pem_x509_certificates(pem.encode())
        except ValueError:
            raise forms.ValidationError(
                _("This is no certificate. It begins with -----BEGIN CERTIFICATE----- and ends with "
                  "-----END CERTIFICATE-----.")) from None
        return pem

    def clean_secret(self) -> str:
        return self.one_line("secret")

    def one_line(self, name: str) -> str:
        """What was typed into a field. Raises ValidationError for line breaks and the like."""
        text = str(self.cleaned_data.get(name) or "")
        if any(ord(character) < 32 for character in text):
            raise forms.ValidationError(_("This must be one line, without control characters."))
        return text
