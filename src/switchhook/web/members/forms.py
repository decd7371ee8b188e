"""Forms of people: logging in, one's own name and e-mail, a member to be added."""

from __future__ import annotations

from typing import Any

import allauth.account.forms
from django import forms

from switchhook.web.members.models import Role
from switchhook.web.models import Account, Person


class LoginForm(allauth.account.forms.LoginForm):
    """allauth's, in fewer words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["password"].help_text = ""
        self.fields["remember"].label = "Keep me logged in on this device"
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person may change about themselves."""

    class Meta:
        model = Person
        fields = ("name", "email")
        labels = {"name": "Your name", "email": "E-mail"}
        help_texts = {"email": "With this address you log in."}

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if Person.objects.exclude(id=self.instance.id).filter(email__iexact=email).exists():
            raise forms.ValidationError("Somebody else logs in with this address.")
        return str(email)


class MemberForm(forms.Form):
    """A person to be added to an account, by e-mail."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.ChoiceField(
        choices=Role.choices, initial=Role.ADMIN, label="Role",
        help_text="An admin changes users and integrations; a viewer only looks.")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if self.account.members.filter(person__email__iexact=email).exists():
            raise forms.ValidationError("This person is a member of the account already.")
        return email
