"""The outbox: sends what scores gave rise to, e-mails and CRM entries, and tries again until it works.

A message is written in the same transaction as its score, waits for the recording of the call where recordings are
asked for, and is marked as sent once its server has taken it: none is forgotten, and none is sent twice unless we die
between the two. Then its Message-ID (e-mail) or reference (CRM) is the same.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import time
from collections.abc import Callable

from nps.book import Book, Owed
from nps.configuration import Configuration
from nps.crm import Crm, CrmFailed, NoContact
from nps.mail import mail_of, send_mail
from nps.messages import Entry
from nps.recordings import Recordings
from nps.rounds import Rounds
from nps.switchhook_api import ApiFailed

log = logging.getLogger("nps.outbox")

WAITS_SECONDS = (5, 30, 120, 600, 3600, 4 * 3600)  # after the first failure, the second, …; then every 4 hours
GIVE_UP_SECONDS = 3 * 24 * 3600


class Outbox:
    """One task that sends, one message after another. `clock`: seconds since 1970."""

    def __init__(
        self,
        configuration: Configuration,
        book: Book,
        recordings: Recordings,
        crm: Crm | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._configuration = configuration
        self._book = book
        self._recordings = recordings
        self._crm = crm
        self._clock = clock
        self.rounds = Rounds(self.send_due, book.next_due, clock)  # stopped only after the message in hand

    async def send_due(self) -> None:
        """Try once to send each message that is due."""
        while owed := self._book.owed(now=self._clock()):
            for one in owed:
                if self.rounds.stopping:
                    return
                try:
                    await self._send(one)
                except NoContact:
                    self._book.note_closed(one, "no such contact", "")
                except (OSError, smtplib.SMTPException, ApiFailed, CrmFailed, ValueError) as error:
                    self._failed(one, f"{type(error).__name__}: {error}"[:300])
                else:
                    self._book.note_closed(one, "sent", "")
        self._book.forget(now=self._clock())

    async def _send(self, owed: Owed) -> None:
        enclosed = await self._recordings.enclosed(owed.call_uuid)
        if owed.kind == "mail":
            mail = mail_of(owed, enclosed, self._configuration.mail_from)
            await asyncio.to_thread(send_mail, self._configuration.smtp_url, mail)
        elif self._crm:
            await self._crm.add_score(Entry.read(owed.body), enclosed, reference=f"{owed.webhook_id}.{owed.id}")
        else:
            raise CrmFailed("no CRM is configured any more")

    def _failed(self, owed: Owed, problem: str) -> None:
        now = self._clock()
        wait_seconds = WAITS_SECONDS[min(owed.attempts, len(WAITS_SECONDS) - 1)]
        log.warning("%s to %s failed: %s", owed.kind, owed.target, problem)
        if now + wait_seconds > owed.made_at + GIVE_UP_SECONDS:
            self._book.note_closed(owed, "given up", problem)
        else:
            self._book.note_failed(owed, problem, next_at=now + wait_seconds)
