"""Telling the engines: the configuration's version, and the NOTIFY that wakes them on PostgreSQL.

Whoever changes what an engine must know (services, users, integrations, connections, accounts) calls
`touch()` in the same transaction; every engine reads the configuration anew when the version has grown.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import F

from switchhook.web.models import ConfigurationVersion


def touch() -> None:
    """Raise the configuration's version, in the transaction that changes the configuration."""
    with transaction.atomic():
        if not ConfigurationVersion.objects.filter(id=1).update(version=F("version") + 1):
            ConfigurationVersion.objects.create(id=1, version=1)
        wake_engines()


def wake_engines() -> None:
    """Have the engines look, once this transaction has committed. On SQLite they see the commit by themselves."""
    if connection.vendor == "postgresql":
        transaction.on_commit(_notify)


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY switchhook")
