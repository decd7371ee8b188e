"""Accounts: their state, their brand and their quotas."""

from django.db import migrations, models


def _quota() -> models.PositiveIntegerField:
    return models.PositiveIntegerField(blank=True, null=True)


class Migration(migrations.Migration):
    dependencies = [("web", "0010_people")]
    operations = [  # db_default: the release before this one goes on writing rows without these columns
        migrations.AddField("account", "brand", models.CharField(blank=True, default="", db_default="", max_length=60)),
        migrations.AddField("account", "state", models.CharField(choices=[("open", "Open"), ("suspended", "Suspended"), ("closed", "Closed")], default="open", db_default="open", max_length=10)),
        migrations.AddField("account", "state_reason", models.CharField(blank=True, default="", db_default="", max_length=500)),
        migrations.AddField("account", "state_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("account", "erase_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("account", "max_services", _quota()),
        migrations.AddField("account", "max_users", _quota()),
        migrations.AddField("account", "max_integrations", _quota()),
        migrations.AddField("account", "max_tokens", _quota()),
        migrations.AddField("account", "max_events_per_second", _quota()),
        migrations.AddField("account", "max_in_flight", _quota()),
        migrations.AddField("account", "max_stored_mib", _quota()),
        migrations.AddField("account", "stored_bytes", models.BigIntegerField(default=0, db_default=0)),
        migrations.RunSQL("UPDATE engine_schema SET number = 4 WHERE number < 4", migrations.RunSQL.noop),
    ]
