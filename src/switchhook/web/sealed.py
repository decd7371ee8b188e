"""Every sealed secret in the database: is there a key for it, and sealing all of them anew with the newest key.

Whoever adds a model with secrets adds how to find them to `PLACES` (a test sees to it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models, transaction

from switchhook.domain.errors import CannotOpen, SettingsError
from switchhook.domain.sealing import key_id_of, key_ids, needs_resealing
from switchhook.web.configuration import touch
from switchhook.web.integrations.stored import context
from switchhook.web.members.adapter import SEALED_AS
from switchhook.web.models import ApiAnswer, Connection, Integration, Service, UserDatabase
from switchhook.web.secrets import seal, unseal

log = logging.getLogger(__name__)

STEP = 100  # rows sealed anew in one transaction
LOOKED_AT = 1000  # rows that are looked at when Switchhook starts

#: Makes another sealed text out of one and its context.
Again = Callable[[str, str], str]


def _of_connection(row: Connection, again: Again) -> None:
    row.secret_sealed = again(row.secret_sealed, f"connection:{row.id}:secret")


def _of_user_database(row: UserDatabase, again: Again) -> None:
    row.secret_sealed = again(row.secret_sealed, f"user-database:{row.pk}:secret")


def _of_service(row: Service, again: Again) -> None:
    row.recordings_options_sealed = again(row.recordings_options_sealed, f"service:{row.id}:recordings_options")


def _of_integration(row: Integration, again: Again) -> None:
    row.password_sealed = again(row.password_sealed, context(row, "password"))
    row.token_sealed = again(row.token_sealed, context(row, "token"))
    row.headers = [
        one | {"sealed": again(one["sealed"], context(row, f"header:{one['name'].lower()}"))} if "sealed" in one
        else one for one in row.headers]
    row.signing_secrets = [one | {"sealed": again(one["sealed"], context(row, "signing"))}
                           for one in row.signing_secrets]


def _of_api_answer(row: ApiAnswer, again: Again) -> None:
    row.body_sealed = again(row.body_sealed, f"api-answer:{row.id}")


def _of_authenticator(row: Authenticator, again: Again) -> None:
    row.data = _of_second_factor(row.data, again)


def _of_second_factor(value: Any, again: Again) -> Any:
    """allauth's own shape of it, with whatever in it is sealed."""
    if isinstance(value, dict):
        return {name: _of_second_factor(one, again) for name, one in value.items()}
    if isinstance(value, list):
        return [_of_second_factor(one, again) for one in value]
    return again(value, SEALED_AS) if isinstance(value, str) and key_id_of(value) else value


#: How each model's secrets are sealed anew, and in which columns they stand.
PLACES: Mapping[type[models.Model], tuple[Callable[..., None], tuple[str, ...]]] = {
    Connection: (_of_connection, ("secret_sealed",)),
    UserDatabase: (_of_user_database, ("secret_sealed",)),
    Service: (_of_service, ("recordings_options_sealed",)),
    Integration: (_of_integration, ("password_sealed", "token_sealed", "headers", "signing_secrets")),
    ApiAnswer: (_of_api_answer, ("body_sealed",)),
    Authenticator: (_of_authenticator, ("data",)),
}


@dataclass(slots=True)
class Rotation:
    """What came of sealing anew: secrets that were, those that had been, and those that open with no key we have."""

    sealed: int = 0
    current: int = 0
    closed: list[str] = field(default_factory=list)


def check_keys() -> None:
    """Raises SettingsError when none of the secrets in the database opens with the keys of the settings."""
    ours = key_ids(settings.SWITCHHOOK.keys())
    found = {key_id_of(one) for one in islice(_some_sealed(), 10 * LOOKED_AT)}
    if found and not found & ours:
        raise SettingsError(
            f"The secrets in this database were sealed with the key {', '.join(sorted(found))}, which is not among "
            f"SWITCHHOOK_SECRET_KEYS ({', '.join(sorted(ours))}): put it back, behind newer ones. If it is lost, every "
            "password, token and signing secret must be entered again: remove them first.")
    if found - ours:
        log.warning("secrets.some_do_not_open keys=%s", ",".join(sorted(found - ours)))


def reseal_all() -> Rotation:
    """Seal every secret with the newest key, a few rows at a time; it may be broken off and done again."""
    told = Rotation()
    for model, (reseal, columns) in PLACES.items():
        for ids in _id_pages(model):
            with transaction.atomic():
                for row in model._base_manager.select_for_update().filter(pk__in=ids):
                    before = told.sealed
                    reseal(row, lambda sealed, of, row=row: _again(sealed, of, told))
                    if told.sealed > before:
                        row.save(update_fields=columns)
    touch()
    return told


def _again(sealed: str, of: str, told: Rotation) -> str:
    """The same secret under the newest key; as it was, when it does not open."""
    if not sealed:
        return sealed
    if not needs_resealing(sealed, settings.SWITCHHOOK.keys()):
        told.current += 1
        return sealed
    try:
        plain = unseal(sealed, of)
    except CannotOpen:
        told.closed.append(of)
        return sealed
    told.sealed += 1
    return seal(plain, of)


def _some_sealed() -> Iterator[str]:
    """Sealed texts of connections and integrations, the newest first."""
    for model in (Connection, Integration):
        reseal, _ = PLACES[model]
        for row in model._base_manager.order_by("-created_at")[:LOOKED_AT]:
            found: list[str] = []
            reseal(row, lambda sealed, _of, found=found: found.append(sealed) or sealed)
            yield from filter(None, found)


def _id_pages(model: type[models.Model]) -> Iterator[list[object]]:
    last: object = None
    while True:
        rows = model._base_manager.order_by("pk")
        ids = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:STEP])
        if not ids:
            return
        yield ids
        last = ids[-1]
