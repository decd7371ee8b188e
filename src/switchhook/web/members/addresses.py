"""E-mail addresses as people are known by: in small letters, and so that a look-alike looks like what it is.

`gmaıl.com` is not gmail.com, and `аda@…` (that a is Cyrillic) is not ada@…; databases and people may take them for the
same. So a domain is written in punycode, and what stands before the @ is plain ASCII.
"""

from __future__ import annotations

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from switchhook.web.models import Person


def plain_address(email: str) -> str:
    """The address as it is stored. Raises ValidationError."""
    name, _at, domain = email.strip().rpartition("@")
    if not name.isascii():
        raise ValidationError(_("Before the @ there is a letter beyond a to z, which may pass for another."))
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValidationError(_("“%(domain)s” is no domain.") % {"domain": domain}) from None
    return f"{name}@{domain}".lower()


def person_at(email: str) -> Person | None:
    """Who logs in with that address, and no look-alike of it."""
    try:
        plain = plain_address(email)
    except ValidationError:
        return None
    return next((one for one in Person.objects.filter(email__iexact=plain) if one.email.lower() == plain), None)
