"""Where the recordings of a service's calls are, and the files of each call, as its PBX names them."""

from django.db import migrations, models

COLUMN = "ALTER TABLE call ADD COLUMN recordings text NOT NULL DEFAULT '[]'"


def _text(length: int) -> models.CharField:
    return models.CharField(blank=True, db_default="", default="", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("web", "0014_body_retention")]
    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE call DROP COLUMN recordings"),
        migrations.AddField("service", "recordings_root", _text(500)),
        migrations.AddField("service", "recordings_base", _text(500)),
        migrations.AddField("service", "recordings_pattern", _text(500)),
        migrations.AddField("service", "recordings_options_sealed", models.TextField(
            blank=True, db_default="", default="")),
    ]
