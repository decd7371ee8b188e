"""What an API token asked in a minute is counted for all web processes together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0020_tokens_of_accounts")]
    operations = [  # db_default: the release before this one goes on writing rows without these columns
        migrations.AddField("apitoken", "counted_minute", models.BigIntegerField(default=0, db_default=0, editable=False)),
        migrations.AddField("apitoken", "counted", models.PositiveIntegerField(default=0, db_default=0, editable=False)),
    ]
