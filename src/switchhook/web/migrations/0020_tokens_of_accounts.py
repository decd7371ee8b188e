"""Tokens that are an account's own: they stay when who made them leaves."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0019_user_database")]
    operations = [
        migrations.AddField("apitoken", "of_account", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField("apitoken", "made_by", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="tokens", to=settings.AUTH_USER_MODEL)),
    ]
