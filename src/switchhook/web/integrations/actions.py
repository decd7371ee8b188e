"""What people do with integrations: the verbs that the portal and the API share.

Each writes the row, sealed secrets and the configuration's new version in one transaction, so that every
engine learns of it. Who may do it is decided before (web/tenancy.py); `by` is who did it, for the history.
"""

from __future__ import annotations

import copy
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from switchhook.domain.errors import CannotOpen
from switchhook.domain.integration import Integration
from switchhook.domain.signing import new_secret
from switchhook.domain.validation import Mistake, mistakes
from switchhook.web.accounts import quotas
from switchhook.web.accounts.models import Account
from switchhook.web.accounts.quotas import Quota
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.configuration import touch
from switchhook.web.integrations import history, models
from switchhook.web.integrations.health import IntegrationHealth
from switchhook.web.integrations.stored import context, fill, opened
from switchhook.web.secrets import seal, unseal
from switchhook.web.services.models import Service

#: How long the old signing secret signs beside the new one, so that a receiver has time to change over.
ROTATION_OVERLAP = timedelta(hours=24)


class Mistaken(ValueError):
    """The integration cannot be saved as it is; `mistakes` says why."""

    def __init__(self, found: Sequence[Mistake]) -> None:
        super().__init__("; ".join(one.message for one in found))
        self.mistakes = tuple(found)


def check(account: Account, wanted: Integration) -> None:
    """Raises Mistaken with all that would keep it from being saved."""
    if found := mistakes(wanted, account.granted_events):
        raise Mistaken(found)


@transaction.atomic
def create(
    account: Account, service: Service | None, wanted: Integration, *, signed: bool, by: str = "",
) -> models.Integration:
    """A new integration of the account, or of its service. Raises Mistaken."""
    quotas.check(account, Quota.INTEGRATIONS)
    row = models.Integration(account=account, service=service, enabled=wanted.enabled)
    _write(row, wanted, signed=signed)
    history.begin(row, "Created", by)
    return row


@transaction.atomic
def change(
    row: models.Integration, wanted: Integration, *, signed: bool, by: str = "", what: str = "Changed",
) -> None:
    """The integration as `wanted` says from now on; also what is still owed is rendered so. Raises Mistaken."""
    before = opened(row, timezone.now()).integration
    with history.changing(row, what, by) as replaced:
        _write(row, wanted, signed=signed)
        replaced += history.replaced_secrets(before, wanted)


@transaction.atomic
def restore(row: models.Integration, version: models.IntegrationVersion, *, by: str) -> list[str]:
    """The integration as it stood in that version of its own; only whether it is enabled stays. The labels of secrets
    that are gone since: then nothing is done. Raises Mistaken, or ValueError when it cannot be as it was."""
    wanted = history.restored(opened(row, timezone.now()).integration, version.stands)
    missing = history.missing_secrets(wanted, version.stands)
    if not missing:
        change(row, wanted, signed=version.stands["signed"], by=by, what=f"Restored version {version.number}")
    return missing


@transaction.atomic
def enable(row: models.Integration, *, by: str = "") -> None:
    """Send again from the next event on. Its failures are counted anew."""
    with history.changing(row, "Enabled", by):
        row.enabled, row.disabled_reason, row.disabled_by_hand, row.disabled_at = True, "", False, None
        IntegrationHealth.objects.filter(integration_id=row.id).update(failing_since_ms=None, failures=0)
        _save(row)


@transaction.atomic
def disable(row: models.Integration, reason: str, *, by: str = "") -> None:
    """Send nothing any more; its events stay known."""
    with history.changing(row, "Disabled", by):
        _switch_off(row, reason)
        _save(row)


@transaction.atomic
def duplicate(row: models.Integration, *, by: str = "") -> models.Integration:
    """A disabled copy, for the person to change. Secrets are sealed anew: they open in one row only."""
    quotas.check(row.account, Quota.INTEGRATIONS)
    twin = copy.copy(row)
    twin.id, twin.name = uuid.uuid4(), f"{row.name[:113]} (copy)"
    twin._state = type(row._state)()  # a row of its own, not yet in the database
    twin.password_sealed = _resealed(row, twin, row.password_sealed, "password")
    twin.token_sealed = _resealed(row, twin, row.token_sealed, "token")
    twin.headers = [
        {**one, "sealed": _resealed(row, twin, one["sealed"], f"header:{one['name'].lower()}")} if "sealed" in one
        else one for one in row.headers]
    twin.signing_secrets = [_new_signing_secret(twin)] if row.signing_secrets else []
    _switch_off(twin, "A copy: enable it when it is ready.")
    _save(twin)
    history.begin(twin, f"Made as a copy of {row.name}", by)
    return twin


@transaction.atomic
def delete(row: models.Integration) -> None:
    """Forget the integration. What it still owes is cancelled by the engine; its history stays to be read."""
    row.delete()
    touch()


@transaction.atomic
def rotate_signing_secret(row: models.Integration, *, by: str = "") -> None:
    """Sign with a new secret, and for 24 hours also with the one before."""
    until = timezone.now() + ROTATION_OVERLAP
    before = [{**one, "expires_at": one["expires_at"] or until.isoformat()} for one in row.signing_secrets[:1]]
    with history.changing(row, "New signing secret", by) as replaced:
        row.signing_secrets = [_new_signing_secret(row), *before]
        _save(row)
        replaced.append("Signing secret")


def signing_secret(row: models.Integration) -> str:
    """The newest signing secret, to be shown once; empty when requests are not signed. Raises CannotOpen."""
    if not row.signing_secrets:
        return ""
    secret = unseal(row.signing_secrets[0]["sealed"], context(row, "signing"))
    note(Action.REVEALED, Kind.INTEGRATION, row.id, row.name, account_id=row.account_id, detail="Signing secret")
    return secret


def _switch_off(row: models.Integration, reason: str) -> None:
    row.enabled, row.disabled_reason, row.disabled_by_hand, row.disabled_at = False, reason, True, timezone.now()


def _write(row: models.Integration, wanted: Integration, *, signed: bool) -> None:
    wanted = replace(wanted, id=row.id, account_id=row.account_id, service_id=row.service_id)
    check(row.account, wanted)
    fill(row, wanted)
    if not signed:
        row.signing_secrets = []
    elif not row.signing_secrets:
        row.signing_secrets = [_new_signing_secret(row)]
    _save(row)


def _save(row: models.Integration) -> None:
    row.save()
    touch()


def _new_signing_secret(row: models.Integration) -> dict[str, str | None]:
    return {
        "sealed": seal(new_secret(secrets.token_bytes(32)), context(row, "signing")),
        "made_at": timezone.now().isoformat(), "expires_at": None,
    }


def _resealed(row: models.Integration, twin: models.Integration, sealed: str, what: str) -> str:
    """A secret for the twin; one that does not open is not copied."""
    try:
        return seal(unseal(sealed, context(row, what)), context(twin, what)) if sealed else ""
    except CannotOpen:
        return ""
