"""What happens to services and connections. Each change and the configuration's new version are one transaction."""

from __future__ import annotations

from django.db import transaction

from switchhook.web.accounts import quotas
from switchhook.web.accounts.quotas import Quota
from switchhook.web.configuration import touch
from switchhook.web.models import Connection, DirectoryState, Service, UnclaimedCall
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


def delete_connection(connection: Connection) -> None:
    """Delete a connection. The services that it fed stay, fed by nothing."""
    with transaction.atomic():
        UnclaimedCall.objects.filter(connection_id=connection.id).delete()
        connection.delete()
        touch()
