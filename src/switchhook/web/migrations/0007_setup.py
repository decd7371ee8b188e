"""Private authorities of connections, where a service's users come from, calls that no service claims."""

from pathlib import Path
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SOURCES = [
    ("portal", "This portal and its API"),
    ("freepbx", "The PBX: FreePBX's extensions"),
    ("voicemail", "The PBX: the mailboxes of a plain Asterisk"),
    ("freeswitch", "The PBX: FreeSWITCH's or FusionPBX's users"),
]


def make_tables(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    script = Path(__file__).parent / "sql" / f"0007_setup.{connection.vendor}.sql"
    for statement in connection.ops.prepare_sql_script(script.read_text()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("web", "0006_extra_events")]
    operations = [
        migrations.RunPython(make_tables, migrations.RunPython.noop),
        # db_default: the release before this one goes on writing rows without these columns.
        migrations.AddField("connection", "tls_ca", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("service", "directory_source", models.CharField(
            choices=SOURCES, db_default="portal", default="portal", max_length=20)),
        migrations.AddField("service", "directory_scope", models.CharField(
            blank=True, db_default="", default="", max_length=120)),
        migrations.AddField("errand", "connection_id", models.UUIDField(null=True)),
        migrations.CreateModel(
            name="UnclaimedCall",
            fields=[
                ("pk", models.CompositePrimaryKey("connection_id", "native_call_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("connection_id", models.UUIDField()),
                ("native_call_id", models.TextField()),
                ("at_ms", models.BigIntegerField()),
                ("device", models.TextField()),
                ("caller_number", models.TextField()),
                ("dialled", models.TextField()),
                ("tenant", models.TextField()),
                ("place", models.TextField()),
                ("account_code", models.TextField()),
            ],
            options={"db_table": "unclaimed_call", "managed": False},
        ),
        migrations.CreateModel(
            name="DirectoryState",
            fields=[
                ("service_id", models.UUIDField(primary_key=True, serialize=False)),
                ("source", models.TextField()),
                ("scope", models.TextField()),
                ("imported_at_ms", models.BigIntegerField(null=True)),
                ("read_at_ms", models.BigIntegerField(null=True)),
                ("tried_at_ms", models.BigIntegerField(null=True)),
                ("users", models.IntegerField()),
                ("problem", models.TextField()),
            ],
            options={"db_table": "directory_state", "managed": False},
        ),
    ]
