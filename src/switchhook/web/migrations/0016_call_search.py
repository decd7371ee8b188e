"""Calls are found by a number in the order in which they are shown: SQLite then takes no index but the number's."""

from django.db import migrations

FOUND_BY = {"source": "source_tail", "destination": "destination_tail", "extension": "extension_number"}


def remade(order: str) -> list[str]:
    return [statement for name, column in FOUND_BY.items() for statement in (
        f"DROP INDEX call_by_{name}", f"CREATE INDEX call_by_{name} ON call (account_id, {column}, {order})")]


class Migration(migrations.Migration):
    dependencies = [("web", "0015_recordings")]
    operations = [migrations.RunSQL(remade("began_ms, id"), remade("began_ms"))]
