"""Every model that keeps sealed secrets says how they are sealed anew, or a rotation would lose them."""

from __future__ import annotations

import re
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import override_settings

import switchhook.web
from switchhook.domain.sealing import key_id_of, key_ids
from switchhook.settings import Settings
from switchhook.web.members.adapter import SEALED_AS
from switchhook.web.sealed import PLACES, reseal_all
from switchhook.web.secrets import seal, unseal

from .conftest import World


def test_every_sealed_column_is_known_to_the_rotation() -> None:
    known = {f"{model.__name__}.{column}" for model, (_, columns) in PLACES.items() for column in columns}
    there = {f"{model.__name__}.{one.name}" for model in apps.get_app_config("web").get_models()
             for one in model._meta.concrete_fields if one.name.endswith("_sealed")}
    assert there <= known


def test_every_context_that_is_sealed_for_is_known_to_the_rotation() -> None:
    """A module that seals, seals for a model of PLACES."""
    sealing = {str(path.relative_to(Path(switchhook.web.__file__).parent))
               for path in Path(switchhook.web.__file__).parent.rglob("*.py")
               if re.search(r"(?<![\w.])seal\(", path.read_text())}
    assert sealing == {
        "api/once.py", "integrations/actions.py", "integrations/stored.py", "members/adapter.py",
        "recordings/operating.py", "sealed.py",
        "secrets.py", "services/actions.py"}


def test_second_factors_are_sealed_anew_and_still_open(world: World) -> None:
    ours = Settings(secret_keys="a new key for tests only,a key for tests only")  # type: ignore[call-arg]
    data = {"secret": seal("JBSWY3DPEHPK3PXP", SEALED_AS), "used_mask": 3, "codes": [seal("one", SEALED_AS), "plain"]}
    row = Authenticator.objects.create(user=world.admin, type="totp", data=data)
    with override_settings(SWITCHHOOK=ours):
        assert reseal_all().sealed == 2
        row.refresh_from_db()
        assert {key_id_of(row.data["secret"])} == key_ids(["a new key for tests only"])
        assert unseal(row.data["secret"], SEALED_AS) == "JBSWY3DPEHPK3PXP"
        assert (row.data["used_mask"], row.data["codes"][1]) == (3, "plain")
