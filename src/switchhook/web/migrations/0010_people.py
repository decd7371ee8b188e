"""The audit log; invitations, and what members see; what an account asks of them. SQL for each database where needed."""

import uuid
from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_tables(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0010_people.{connection.vendor}.sql"
    text = script.read_text()
    # What is in BEGIN … END belongs together: prepare_sql_script would cut SQLite's triggers to pieces.
    for statement in _statements(text):
        schema_editor.execute(statement, params=None)


def _statements(text: str) -> list[str]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [one.strip() for one in lines.split("\n\n") if one.strip()]


def make_cache(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("web", "0009_integrations")]
    operations = [
        migrations.RunPython(make_tables, migrations.RunPython.noop),
        migrations.RunPython(make_cache, migrations.RunPython.noop),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at_ms", models.BigIntegerField()),
                ("account_id", models.UUIDField(null=True)),
                ("person_id", models.UUIDField(null=True)),
                ("who", models.TextField()),
                ("by_operator", models.BooleanField()),
                ("via", models.TextField()),
                ("token", models.TextField()),
                ("address", models.TextField()),
                ("request_id", models.TextField()),
                ("action", models.TextField()),
                ("kind", models.TextField()),
                ("object_id", models.TextField()),
                ("object_name", models.TextField()),
                ("detail", models.TextField()),
                ("changes", models.TextField()),
            ],
            options={"db_table": "audit_entry", "managed": False},
        ),
        migrations.AddField(
            "account", "audit_retention_days", models.PositiveIntegerField(db_default=400, default=400)),
        migrations.AddField(
            "account", "second_factor_required", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("member", "services", models.JSONField(blank=True, db_default=[], default=list)),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(choices=[("admin", "Admin"), ("viewer", "Viewer")], default="viewer", max_length=10)),
                ("services", models.JSONField(blank=True, default=list)),
                ("number", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="web.account")),
                ("invited_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "invitation",
                "constraints": [models.UniqueConstraint(fields=("account", "email"), name="invited_once")],
            },
        ),
    ]
