"""An account's events in the order in which they were accepted, for programs that follow along (api/feed.py)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("web", "0011_accounts")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX event_by_acceptance ON event (account_id, accepted_at_ms, id)",
            "DROP INDEX event_by_acceptance"),
    ]
