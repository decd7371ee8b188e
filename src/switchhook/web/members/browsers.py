"""A browser's `User-Agent` in words that its owner recognises."""

from __future__ import annotations

from django.utils.translation import gettext as _

#: In this order: each browser also says the names of those after it.
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"))


def browser_of(user_agent: str) -> str:
    """`Firefox on Linux`; what is not known is quoted, in short."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
    return user_agent[:60] or _("A browser that says nothing of itself")
