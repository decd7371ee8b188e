"""The operator's form of where a service's recordings are."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.recordings import PLACEHOLDERS, local_directory, mistake_in_pattern
from switchhook.web.models import Service
from switchhook.web.recordings.storage import mistake_in_root
from switchhook.web.saying import said

_MONOSPACE = {"class": "font-monospace", "spellcheck": "false", "autocomplete": "off"}


class RecordingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Root, the PBX's own directory, pattern; the storage's options can be set and replaced, never read."""

    options = forms.CharField(
        required=False, max_length=10_000, label=_lazy("Storage options"),
        widget=forms.Textarea(attrs=_MONOSPACE | {"rows": 4}),
        help_text=_lazy(
            'JSON, as fsspec takes it. S3: {"key": "…", "secret": "…"}. SFTP: {"username": "…", "password": "…", '
            '"host_key": "ssh-ed25519 …"}. Kept sealed, and never shown again.'))
    forget_options = forms.BooleanField(required=False, label=_lazy("Forget the storage options"))

    class Meta:
        model = Service
        fields = ("recordings_root", "recordings_base", "recordings_pattern")
        labels = {"recordings_root": _lazy("Root"), "recordings_base": _lazy("The PBX's own directory"),
                  "recordings_pattern": _lazy("Pattern")}
        help_texts = {
            "recordings_root": _lazy(
                "Where we find the recordings: /var/spool/asterisk/monitor, s3://bucket/folder, "
                "sftp://pbx.example.com/var/spool/asterisk/monitor, https://files.example.com/recordings. Empty: "
                "nowhere. Give each tenant of a PBX a root of its own: all below it can be listened to."),
            "recordings_base": _lazy(
                "The directory by which the PBX itself calls it. What the PBX names below it is looked for below "
                "the root. Empty: what Asterisk and FreeSWITCH use by default."),
            "recordings_pattern": format_lazy(
                _lazy("Where below the root a file is, if not where the PBX says: {like}. There are {placeholders}."),
                like="{yyyy}/{mm}/{dd}/{file_stem}.mp3", placeholders=", ".join(f"{{{one}}}" for one in PLACEHOLDERS)),
        }
        widgets = {name: forms.TextInput(attrs=_MONOSPACE) for name in fields}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.recordings_options_sealed:
            self.fields["options"].widget.attrs["placeholder"] = _("Set. Leave this empty to keep them.")
        else:
            del self.fields["forget_options"]

    def clean_recordings_root(self) -> str:
        root: str = self.cleaned_data["recordings_root"]
        if root and (mistake := mistake_in_root(root)):
            raise forms.ValidationError(said(mistake))
        return root

    def clean_recordings_base(self) -> str:
        base: str = self.cleaned_data["recordings_base"]
        if base and (local_directory(base) != base or ".." in base.split("/")):
            raise forms.ValidationError(_("Write an absolute path, like /var/spool/asterisk/monitor."))
        return base

    def clean_recordings_pattern(self) -> str:
        pattern: str = self.cleaned_data["recordings_pattern"]
        if pattern and (mistake := mistake_in_pattern(pattern)):
            raise forms.ValidationError(said(mistake))
        return pattern

    def clean_options(self) -> str:
        text: str = self.cleaned_data["options"]
        try:
            found = json.loads(text or "{}")
        except ValueError as error:
            raise forms.ValidationError(_("This is no JSON: %(error)s.") % {"error": error}) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_('Write a JSON object: {"key": "…"}.'))
        return text if found else ""
