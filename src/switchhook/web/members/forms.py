"""Forms of people: logging in, one's own name and e-mail, a member to be added."""

from __future__ import annotations

from typing import Any

import allauth.account.forms
from allauth.account.forms import SetPasswordForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from switchhook.web.members.addresses import plain_address
from switchhook.web.members.models import Role
from switchhook.web.models import Account, Person
from switchhook.web.services.choosing import ChoosesServices
from switchhook.web.tenancy import Access


class LoginForm(allauth.account.forms.LoginForm):
    """allauth's, in fewer words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Keep me logged in on this device")
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)

    def clean_login(self) -> str:
        """However the domain is written."""
        typed = str(super().clean_login())
        try:
            return plain_address(typed)
        except forms.ValidationError:
            return typed


class ResetForm(allauth.account.forms.ResetPasswordForm):
    """allauth's, which would send the letter to the address as it was typed."""

    def clean_email(self) -> str:
        self.cleaned_data["email"] = plain_address(self.cleaned_data["email"])
        return str(super().clean_email())


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change about themselves."""

    language = forms.ChoiceField(
        label=_lazy("Language"), required=False, choices=[("", _lazy("As the browser asks")), *settings.LANGUAGES])

    class Meta:
        model = Person
        fields = ("name", "email", "language")
        labels = {"name": _lazy("Your name"), "email": _lazy("E-mail")}
        help_texts = {"email": _lazy("With this address you log in.")}

    def clean_email(self) -> str:
        email = plain_address(self.cleaned_data["email"])
        if Person.objects.exclude(id=self.instance.id).filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody else logs in with this address."))
        return email


class MemberForm(forms.Form):
    """A person to be added to an account, by e-mail."""

    email = forms.EmailField(label=_lazy("E-mail"), max_length=254)
    name = forms.CharField(label=_lazy("Name"), max_length=120, required=False)
    role = forms.ChoiceField(
        choices=Role.choices, initial=Role.ADMIN, label=_lazy("Role"),
        help_text=_lazy("An admin changes users and integrations; a viewer only looks."))

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_email(self) -> str:
        return not_yet_member(self.account, self.cleaned_data["email"])


class RoleForm(ChoosesServices):
    """What a member may do, and with which PBXs."""

    role = forms.ChoiceField(
        choices=Role.choices, initial=Role.VIEWER, label=_lazy("Role"),
        help_text=_lazy("An admin changes users and integrations; a viewer only looks."))

    field_order = ("email", "role", "services")

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, access=access, **kwargs)
        if "services" in self.fields:
            self.fields["services"].help_text = _(
                "None ticked: all of the account. Else they see the calls, deliveries, users and integrations of these "
                "PBXs and nothing else: no members, no tokens, none of the account's own integrations.")

    @property
    def chosen_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class InvitationForm(RoleForm):
    """Somebody to be invited."""

    email = forms.EmailField(label=_lazy("E-mail"), max_length=254)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, access=access, **kwargs)
        self._account = access.account

    def clean_email(self) -> str:
        return not_yet_member(self._account, self.cleaned_data["email"])


class KeyForm(AddWebAuthnForm):
    """allauth's, in fewer words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("What you call it: “Laptop”, “Key on my key ring”.")
        self.fields["passwordless"].label = _("As a passkey: it logs you in by itself, without a password")
        self.fields["passwordless"].help_text = ""
        self.fields["passwordless"].initial = True


class NewcomerForm(SetPasswordForm):
    """Name and password of who accepts an invitation and has no login yet."""

    name = forms.CharField(label=_lazy("Your name"), max_length=120)

    field_order = ("name", "password1", "password2")


def not_yet_member(account: Account, email: str) -> str:
    """The address as it is stored. Raises ValidationError when it is a member's."""
    email = plain_address(email)
    if account.members.filter(person__email__iexact=email).exists():
        raise forms.ValidationError(_("This person is a member of the account already."))
    return email
