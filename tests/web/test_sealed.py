"""Every model that keeps sealed secrets says how they are sealed anew, or a rotation would lose them."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

import switchhook.web
from switchhook.web.sealed import PLACES


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
        "api/once.py", "integrations/actions.py", "integrations/stored.py", "members/adapter.py", "sealed.py",
        "secrets.py", "services/actions.py"}
