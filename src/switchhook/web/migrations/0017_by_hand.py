"""Whether a person disabled an integration; and a request inbox for every account that was never asked for its own."""

from django.db import migrations, models
from django.db.models import Q

#: How the reasons begin that are given when a person, or a program with a person's token, disables an integration.
BY_HAND = ("Disabled by ", "Disabled over the API by ", "A copy: ")


def tell_those_disabled_by_hand(apps, schema_editor):
    of_a_person = Q()
    for beginning in BY_HAND:
        of_a_person |= Q(disabled_reason__startswith=beginning)
    apps.get_model("web", "Integration").objects.filter(of_a_person, enabled=False).update(disabled_by_hand=True)


def make_missing_inboxes(apps, schema_editor):
    inboxes = apps.get_model("web", "Inbox").objects
    without = apps.get_model("web", "Account").objects.filter(inboxes=None).values_list("id", flat=True)
    inboxes.bulk_create([inboxes.model(account_id=one) for one in without], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("web", "0016_call_search")]
    operations = [  # db_default: the release before this one goes on writing rows without this column
        migrations.AddField("integration", "disabled_by_hand", models.BooleanField(default=False, db_default=False)),
        migrations.RunPython(tell_those_disabled_by_hand, migrations.RunPython.noop),
        migrations.RunPython(make_missing_inboxes, migrations.RunPython.noop),
    ]
