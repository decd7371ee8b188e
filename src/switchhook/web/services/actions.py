"""What happens to services and connections. Each change and the configuration's new version are one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import transaction

from switchhook.web.accounts import quotas
from switchhook.web.accounts.quotas import Quota
from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note
from switchhook.web.configuration import touch
from switchhook.web.models import Connection, DirectoryState, Service, UnclaimedCall, UserDatabase
from switchhook.web.secrets import new_token, seal, token_hash


def save_service(service: Service) -> None:
    """Save a service, new or changed. Another PBX's users are imported anew. Raises QuotaReached."""
    with transaction.atomic():
        if service._state.adding:
            quotas.check(service.account, Quota.SERVICES)
        before = Service.objects.filter(id=service.id).values_list("connection_id", flat=True).first()
        if before != service.connection_id:
            DirectoryState.objects.filter(service_id=service.id).delete()
        service.save()
        touch()


def delete_service(service: Service) -> None:
    """Delete a service with its users and integrations. What happened stays readable until it is too old."""
    with transaction.atomic():
        DirectoryState.objects.filter(service_id=service.id).delete()
        service.delete()
        touch()


def confirm_gone(service: Service, extensions: Sequence[str]) -> None:
    """Those users are gone from the PBX, says a person: they may be deleted although they are many."""
    with transaction.atomic():
        DirectoryState.objects.filter(service_id=service.id).update(confirmed=json.dumps(extensions))
        note(Action.ASKED, Kind.SERVICE, service.id, str(service), account_id=service.account_id,
             detail=f"deleting {len(extensions)} users who are missing on the PBX")
        touch()


def switch_applications(service: Service, enabled: bool) -> None:
    """Manage Applications: let the service's integrations fire, or have them rest."""
    service.applications_enabled = enabled
    save_service(service)


def make_intake_token(service: Service) -> str:
    """A new token for intake; the one before stops working. Only its hash is kept."""
    token = new_token("intake_")
    service.intake_token_hash = token_hash(token)
    save_service(service)
    return token


def close_intake(service: Service) -> None:
    """No token any more: nothing comes in by intake."""
    service.intake_token_hash = ""
    save_service(service)


def save_connection(connection: Connection, new_secret: str) -> None:
    """Save a connection; an empty secret leaves the one that is set."""
    with transaction.atomic():
        if new_secret:
            connection.secret_sealed = seal(new_secret, f"connection:{connection.id}:secret")
        connection.save()
        touch()


def save_user_database(database: UserDatabase, new_secret: str) -> None:
    """Save where FusionPBX's users are; an empty secret leaves the one that is set."""
    with transaction.atomic():
        if new_secret:
            database.secret_sealed = seal(new_secret, f"user-database:{database.pk}:secret")
        database.save()
        touch()


def delete_user_database(connection: Connection) -> None:
    """Forget the login to FusionPBX's database. The users that were read stay."""
    with transaction.atomic():
        for database in UserDatabase.objects.filter(connection=connection):
            database.delete()
        touch()


def delete_connection(connection: Connection) -> None:
    """Delete a connection. The services that it fed stay, fed by nothing."""
    with transaction.atomic():
        UnclaimedCall.objects.filter(connection_id=connection.id).delete()
        connection.delete()
        touch()
