"""Finding users by what somebody typed."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from switchhook.web.models import PbxUser


def matching(found: QuerySet[PbxUser], typed: str) -> QuerySet[PbxUser]:
    """The users whose extension begins so, or who have it in their name or number. Nothing typed: all."""
    typed = typed.strip()
    if not typed:
        return found
    return found.filter(
        Q(extension_number__startswith=typed) | Q(name__icontains=typed) | Q(outbound_phone_number__contains=typed))
