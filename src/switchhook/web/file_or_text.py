"""A form that takes a file, or its text: what an import asks for first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.domain.text_file import text_of

if TYPE_CHECKING:  # the name of it is the stubs' own
    from django.utils.functional import _StrOrPromise

MOST_BYTES = 512 * 1024


class FileOrText(forms.Form):
    """Either of the two: once it is clean, both are in `text`. A form of its kind says what file it wants."""

    #: What to say to who gives neither.
    nothing: ClassVar[_StrOrPromise]

    file = forms.FileField(required=False)
    text = forms.CharField(
        label=_lazy("Or paste it here"), required=False, strip=False, max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-monospace"}))

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is not None:
            if file.size > MOST_BYTES:
                raise forms.ValidationError(_("The file is larger than %(most)s KiB.") % {"most": MOST_BYTES // 1024})
            cleaned["text"] = text_of(file.read())
        if not str(cleaned.get("text") or "").strip() and not self.errors:
            raise forms.ValidationError(self.nothing)
        return cleaned


def file_field(label: _StrOrPromise, accept: str) -> forms.FileField:
    """The field for the file. `accept`: what a browser offers, as HTML has it (".csv,text/csv")."""
    return forms.FileField(label=label, required=False, widget=forms.FileInput(attrs={"accept": accept}))
