"""The portal as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """One app label for all of the web, so that migrations are one line."""

    name = "switchhook.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """From now on changes and logins are noted in the audit log, and whose address is proven."""
        from switchhook.web.audit import changes, logins
        from switchhook.web.members import proof

        changes.begin()
        logins.begin()
        proof.begin()
