"""An account whose erasing has begun: there is no way back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0023_language")]
    operations = [migrations.AddField("account", "erasing_since", models.DateTimeField(blank=True, null=True))]
