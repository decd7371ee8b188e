"""The operator's grant of extra events, and where telephone numbers are from. Engines read both: a new schema number."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("web", "0005_api_tokens")]

    operations = [
        migrations.AddField("account", "granted_events", models.JSONField(blank=True, default=list)),
        migrations.AddField("account", "country", models.CharField(blank=True, default="", max_length=2), False),
        migrations.AddField("service", "country", models.CharField(blank=True, default="", max_length=2), False),
        migrations.RunSQL("UPDATE engine_schema SET number = 4", "UPDATE engine_schema SET number = 3"),
    ]
