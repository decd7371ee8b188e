"""Django made ready, for commands that use the web's models without serving pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from switchhook.domain.errors import SchemaMismatch, StoreUnavailable


def make_ready() -> None:
    """Set Django up by our settings; doing it twice does no harm."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchhook.web.django_settings")
    import django

    django.setup()


@contextmanager
def database() -> Iterator[None]:
    """What a command does with the database goes in here: Django is ready, and no connection is left open.

    Raises SchemaMismatch where our tables are not there, and StoreUnavailable where the database does not answer.
    """
    make_ready()
    from django.db import OperationalError, ProgrammingError, connection, connections

    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        said = " ".join(str(error).split())
        if isinstance(error, ProgrammingError) or "no such " in said:
            raise SchemaMismatch(
                "the database is empty, or of an older release: run `switchhook migrate`, or name the right one "
                f"(--state, DATABASE_URL). This is {connection.settings_dict['NAME']}: {said}.") from error
        raise StoreUnavailable(f"The database does not answer: {said}") from error
    finally:
        connections.close_all()
