"""The operator's grant of extra events, and where telephone numbers are from. Engines read both: a new schema number."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("web", "0005_api_tokens")]

    operations = [  # db_default: the release before this one goes on writing rows without these columns
        migrations.AddField("account", "granted_events", models.JSONField(blank=True, default=list, db_default=[])),
        migrations.AddField("account", "country", models.CharField(blank=True, default="", db_default="", max_length=2)),
        migrations.AddField("service", "country", models.CharField(blank=True, default="", db_default="", max_length=2)),
        migrations.RunSQL("UPDATE engine_schema SET number = 4", "UPDATE engine_schema SET number = 3"),
    ]
