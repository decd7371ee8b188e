"""How many messages a second a PBX told of late."""

from django.db import migrations

COLUMN = "ALTER TABLE connection_state ADD COLUMN messages_per_second double precision NOT NULL DEFAULT 0"


class Migration(migrations.Migration):
    dependencies = [("web", "0017_by_hand")]
    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE connection_state DROP COLUMN messages_per_second"),
        migrations.RunSQL("UPDATE engine_schema SET number = 5 WHERE number < 5", migrations.RunSQL.noop),
    ]
