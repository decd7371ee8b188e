"""One-time links: how somebody gets in without a password, once.

A link is signed and says whom it is for and when they last logged in. Logging in, by this link or by
any other way, changes that: whatever links were there are dead then. So nothing needs to be stored.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from switchhook.web.audit.models import Action, Kind
from switchhook.web.audit.writing import note_of_person
from switchhook.web.models import Person

LIFETIME = timedelta(hours=24)
_SALT = "switchhook one-time link"


def one_time_link(person: Person, brand: str = "") -> str:
    """The whole URL of a page that logs this person in, once, within 24 hours; under the host of that brand's key."""
    note_of_person(Action.REVEALED, Kind.LOGIN, person, detail="One-time link")
    token = signing.dumps([str(person.id), _last_login(person)], salt=_SALT)
    return str(settings.BRANDS.of_key(brand).portal_url) + reverse("login-once", kwargs={"token": token})


def person_of(token: str) -> Person | None:
    """Whom the link is for; None when it is used, too old or not ours."""
    try:
        person_id, last_login = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    person = Person.objects.filter(id=person_id, is_active=True).first()
    return person if person is not None and _last_login(person) == last_login else None


def redeem(token: str) -> Person | None:
    """Use the link up: None when it was used meanwhile. The caller logs the person in."""
    person = person_of(token)
    if person is None:
        return None
    used = Person.objects.filter(id=person.id, last_login=person.last_login).update(last_login=timezone.now())
    return person if used else None


def _last_login(person: Person) -> str:
    return person.last_login.isoformat() if person.last_login else ""
