"""What this program wants of a CRM: find a contact, add a task, add an activity. `tryton.py` does it for Tryton."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

TAIL_DIGITS = 8


class CrmFailed(Exception):
    """The CRM does not answer, or refuses; the text says which. Worth another try later."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A telephone number: as the whole world writes it, when that is known, and as the PBX wrote it."""

    e164: str
    written: str

    @property
    def tail(self) -> str:
        """Its last eight digits, by which to find it whichever way it is written; empty when it has fewer."""
        digits = digits_of(self.e164 or self.written)
        return digits[-TAIL_DIGITS:] if len(digits) >= TAIL_DIGITS else ""

    def __str__(self) -> str:
        return self.e164 or self.written or "withheld"


def digits_of(text: str) -> str:
    return re.sub("[^0-9]", "", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact in the CRM. `url` opens it there; `latest` are its last activities, the newest first."""

    id: str
    name: str
    url: str
    latest: tuple[str, ...] = ()


class Crm(Protocol):
    """A CRM. Every method may raise CrmFailed.

    `reference` is unique and is kept with the entry: an entry that is there already is not added again.
    """

    async def find_contact(self, number: PhoneNumber) -> Contact | None:
        """Who has this number in E.164; else the one contact whose number ends with the same eight digits."""

    async def add_task(self, title: str, text: str, contact: Contact | None, *, reference: str) -> None:
        """Something to do for the account manager."""

    async def add_activity(self, text: str, contact: Contact, *, reference: str) -> None:
        """Something that happened with the contact."""
