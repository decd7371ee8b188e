"""The calls and their timelines: SQL for each database (the model of them is unmanaged)."""

from pathlib import Path
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_call_table(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0003_calls.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0002_engine_tables")]
    operations = [
        migrations.RunPython(make_call_table, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("service_id", models.UUIDField()),
                ("native_call_id", models.TextField()),
                ("began_ms", models.BigIntegerField()),
                ("ended_ms", models.BigIntegerField(null=True)),
                ("direction", models.TextField()),
                ("source_number", models.TextField()),
                ("source_tail", models.TextField()),
                ("destination_number", models.TextField()),
                ("destination_tail", models.TextField()),
                ("extension_number", models.TextField()),
                ("state", models.TextField()),
                ("partial", models.BooleanField()),
                ("is_test", models.BooleanField()),
                ("notes", models.TextField()),
            ],
            options={"db_table": "call", "managed": False},
        ),
    ]
