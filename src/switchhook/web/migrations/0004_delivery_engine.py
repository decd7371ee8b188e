"""What the delivery engine counts and says of integrations: SQL for each database; and an integration's pace."""

from pathlib import Path
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_tables(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0004_delivery_engine.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0003_calls")]
    operations = [
        migrations.RunPython(make_tables, migrations.RunPython.noop),
        migrations.AddField("integration", "rate_per_second", models.PositiveIntegerField(blank=True, null=True)),
        migrations.CreateModel(
            name="IntegrationHealth",
            fields=[
                ("integration_id", models.UUIDField(primary_key=True, serialize=False)),
                ("failing_since_ms", models.BigIntegerField(null=True)),
                ("last_failure_ms", models.BigIntegerField(null=True)),
                ("failures", models.IntegerField()),
                ("resting_since_ms", models.BigIntegerField(null=True)),
                ("probe_at_ms", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "integration_health", "managed": False},
        ),
        migrations.CreateModel(
            name="IntegrationHour",
            fields=[
                ("pk", models.CompositePrimaryKey("integration_id", "hour_ms", blank=True, editable=False, primary_key=True, serialize=False)),
                ("integration_id", models.UUIDField()),
                ("hour_ms", models.BigIntegerField()),
                ("delivered", models.IntegerField()),
                ("failed", models.IntegerField()),
                ("total_ms", models.BigIntegerField()),
                ("up_to_50_ms", models.IntegerField()),
                ("up_to_100_ms", models.IntegerField()),
                ("up_to_250_ms", models.IntegerField()),
                ("up_to_500_ms", models.IntegerField()),
                ("up_to_1000_ms", models.IntegerField()),
                ("up_to_2500_ms", models.IntegerField()),
                ("up_to_5000_ms", models.IntegerField()),
                ("up_to_10000_ms", models.IntegerField()),
                ("slower", models.IntegerField()),
            ],
            options={"db_table": "integration_hour", "managed": False},
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("integration_id", models.UUIDField()),
                ("kind", models.TextField()),
                ("detail", models.TextField()),
                ("created_at_ms", models.BigIntegerField()),
                ("due_ms", models.BigIntegerField()),
                ("sent_at_ms", models.BigIntegerField(null=True)),
                ("problem", models.TextField()),
            ],
            options={"db_table": "notice", "managed": False},
        ),
    ]
