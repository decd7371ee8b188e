"""FusionPBX's database as a source of users, and lists of users that wait for a person's yes."""

import django.db.models.deletion
from django.db import migrations, models

SOURCES = [
    ("portal", "This portal and its API"),
    ("freepbx", "The PBX: FreePBX's extensions"),
    ("voicemail", "The PBX: the mailboxes of a plain Asterisk"),
    ("freeswitch", "The PBX: FreeSWITCH's users, as its Event Socket lists them"),
    ("fusionpbx", "The PBX: FusionPBX's extensions, out of its database"),
]
WAITING = ("held", "confirmed")


class Migration(migrations.Migration):
    dependencies = [("web", "0018_message_rate")]
    operations = [
        # Defaults: the release before this one goes on writing rows without these columns.
        migrations.RunSQL(
            [f"ALTER TABLE directory_state ADD COLUMN {one} text NOT NULL DEFAULT '[]'" for one in WAITING],
            [f"ALTER TABLE directory_state DROP COLUMN {one}" for one in WAITING],
            state_operations=[
                migrations.AddField("directorystate", one, models.TextField(default="[]")) for one in WAITING]),
        migrations.AlterField("service", "directory_source", models.CharField(
            choices=SOURCES, db_default="portal", default="portal", max_length=20)),
        migrations.CreateModel(
            name="UserDatabase",
            fields=[
                ("connection", models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="user_database",
                    serialize=False, to="web.connection")),
                ("host", models.CharField(max_length=255)),
                ("port", models.PositiveIntegerField(default=5432)),
                ("name", models.CharField(default="fusionpbx", max_length=63)),
                ("username", models.CharField(default="switchhook", max_length=63)),
                ("secret_sealed", models.TextField(blank=True)),
                ("tls", models.BooleanField(default=False)),
                ("tls_ca", models.TextField(blank=True, default="")),
            ],
            options={"db_table": "user_database"},
        ),
        migrations.RunSQL("UPDATE engine_schema SET number = 5 WHERE number < 5", migrations.RunSQL.noop),
    ]
