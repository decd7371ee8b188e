"""The engine's tables: SQL for each database (the models of them are unmanaged)."""

from pathlib import Path
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_engine_tables(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0002_engine_tables.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0001_initial")]
    operations = [migrations.RunPython(make_engine_tables, migrations.RunPython.noop)]
