"""How long an account keeps the bodies of requests and answers, where that is shorter than the rest."""

from pathlib import Path
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_table(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0014_body_retention.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0013_open_calls")]
    operations = [
        migrations.RunPython(make_table, migrations.RunPython.noop),
        migrations.AddField("account", "body_days", models.PositiveIntegerField(blank=True, null=True)),
    ]
