"""A person's own language."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("web", "0021_api_counts")]

    operations = [
        migrations.AddField(
            model_name="person", name="language",
            field=models.CharField(max_length=8, blank=True, default="", db_default="")),
    ]
