"""Who may look into a PBX: what it has belongs to all whose calls it carries."""

from __future__ import annotations

from switchhook.web.models import Service
from switchhook.web.tenancy import Access


def may_ask(access: Access, service: Service) -> bool:
    """Whether this person may see what there is on the service's PBX: the operator always; an admin where its
    connection feeds no service but those that they see."""
    if not access.can_write or service.connection_id is None:
        return False
    if access.by_operator:
        return True
    fed = Service.objects.filter(connection_id=service.connection_id)
    return not fed.exclude(id__in=access.services().values("id")).exists()
