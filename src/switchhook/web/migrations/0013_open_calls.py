"""An index for the open calls of an account, so that what happens now is found among a month of calls."""

from django.db import migrations

INDEX = "CREATE INDEX call_open ON call (account_id, began_ms) WHERE ended_ms IS NULL"


class Migration(migrations.Migration):
    dependencies = [("web", "0012_event_feed")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX call_open")]
