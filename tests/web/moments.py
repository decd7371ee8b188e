"""Pages that are open only for a moment: to who is invited, half logged in, or has just confirmed that it is them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from switchhook.web.models import Person
from tests.web.conftest import World
from tests.web.furnished import Furnished, Route

PASSWORD = {"password": "correct horse battery"}
BY_PASSWORD = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Somebody's browser, and what is open to them now."""

    client: Client
    pages: tuple[tuple[Route, str], ...]


def moments(world: World, furnished: Furnished) -> Iterator[Moment]:
    """Each when it is asked for: what comes later ends what was before."""
    yield _moment(Client(), join=furnished.path(Route(route="join/<str:token>/", name="join")))
    forgetful = Client()
    key = f"{user_pk_to_url_str(world.viewer)}-{default_token_generator.make_token(world.viewer)}"
    yield _moment(forgetful, account_reset_password_from_key=forgetful.get(f"/password/key/{key}/")["Location"])

    first_time = Client()
    world.nobody.set_unusable_password()
    world.nobody.save()
    first_time.force_login(world.nobody, BY_PASSWORD)
    yield _moment(first_time, "account_set_password", "account_logout")

    admin = _confirmed(world.admin)
    yield _moment(admin, "mfa_activate_totp")
    secret = {"account": world.account.slug, "integration_id": furnished.values["integration_id"]}
    admin.post(reverse("integration-reveal", kwargs=secret))
    yield _moment(admin, **{"integration-secret": reverse("integration", kwargs=secret)})

    TOTP.activate(world.admin, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(world.admin)
    laptop = _key(world.admin, "Laptop")
    half_way = Client()
    half_way.post("/login/", {"login": world.admin.email} | PASSWORD)
    yield _moment(half_way, "mfa_authenticate")
    of_key = {f"mfa_{what}_webauthn": reverse(f"mfa_{what}_webauthn", kwargs={"pk": laptop.pk})
              for what in ("edit", "remove")}
    yield _moment(
        admin, "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_view_recovery_codes", "mfa_deactivate_totp",
        "mfa_generate_recovery_codes", "mfa_add_webauthn", **of_key,
        **{f"{name}-set-up": reverse(name) for name in ("mfa_index", "mfa_list_webauthn")})


def _moment(client: Client, *names: str, **paths: str) -> Moment:
    """Pages by the names of their routes, or by the name of their picture and the path."""
    named = {name: reverse(name) for name in names} | paths
    return Moment(client=client, pages=tuple((Route(route=path[1:], name=name), path) for name, path in named.items()))


def _confirmed(person: Person) -> Client:
    client = Client()
    client.force_login(person, BY_PASSWORD)
    client.post("/me/again/", PASSWORD)
    return client


def _key(person: Person, name: str) -> Authenticator:
    """A passkey as a browser would have made it; nobody has its private half."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = AttestationObject.create("none", AuthenticatorData.create(
        hashlib.sha256(b"localhost").digest(),
        AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT, 0,
        AttestedCredentialData.create(bytes(16), b"made up", public)), {})
    client_data = b'{"type": "webauthn.create", "challenge": "", "origin": "http://localhost"}'
    return WebAuthn.add(person, name, {
        "id": websafe_encode(b"made up"), "rawId": websafe_encode(b"made up"), "type": "public-key",
        "response": {"clientDataJSON": websafe_encode(client_data), "attestationObject": websafe_encode(bytes(made))},
        "clientExtensionResults": {"credProps": {"rk": True}}}).instance
