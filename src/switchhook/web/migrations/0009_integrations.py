"""Filters of integrations, the history of their changes, and what their attempts failed of."""

import uuid
from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_tables(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0009_integrations.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0007_setup")]
    operations = [
        migrations.RunPython(make_tables, migrations.RunPython.noop),
        migrations.AddField("integration", "filters", models.JSONField(
            blank=True, default=list, db_default=models.Value([], models.JSONField()))),
        migrations.CreateModel(
            name="IntegrationVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("integration", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="web.integration")),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(blank=True, max_length=300)),
                ("what", models.CharField(max_length=120)),
                ("stands", models.JSONField()),
                ("replaced_secrets", models.JSONField(default=list)),
            ],
            options={
                "db_table": "integration_version",
                "constraints": [models.UniqueConstraint(fields=("integration", "number"), name="version_once")],
            },
        ),
        migrations.CreateModel(
            name="IntegrationFailure",
            fields=[
                ("pk", models.CompositePrimaryKey("integration_id", "hour_ms", "answer", "host", blank=True, editable=False, primary_key=True, serialize=False)),
                ("integration_id", models.UUIDField()),
                ("hour_ms", models.BigIntegerField()),
                ("answer", models.TextField()),
                ("host", models.TextField()),
                ("said", models.TextField()),
                ("failed", models.IntegerField()),
                ("first_ms", models.BigIntegerField()),
                ("last_ms", models.BigIntegerField()),
            ],
            options={"db_table": "integration_failure", "managed": False},
        ),
    ]
