"""The outbox: sends what scores gave rise to, e-mails and CRM entries, and tries again until it works.

A message is written in the same transaction as its score and marked as sent once its server has taken it: none is
forgotten, and none is sent twice unless we die between the two. Then its Message-ID (e-mail) or Idempotency-Key
(CRM) is the same.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

import aiohttp

from nps.book import Book, Owed
from nps.configuration import Configuration

log = logging.getLogger("nps.outbox")

WAITS_SECONDS = (5, 30, 120, 600, 3600, 4 * 3600)  # after the first failure, the second, …; then every 4 hours
GIVE_UP_SECONDS = 3 * 24 * 3600
TIMEOUT_SECONDS = 15
LOOK_SECONDS = 3600.0


class Outbox:
    """One task that sends, one message after another. `clock`: seconds since 1970."""

    def __init__(self, configuration: Configuration, book: Book, clock: Callable[[], float] = time.time) -> None:
        self._configuration = configuration
        self._book = book
        self._clock = clock
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` once the message in hand is sent: cut off, it would be sent again after the next start."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, until `stop`."""
        while not self._stopping:
            await self.send_due()
            self._book.forget(now=self._clock())
            due = self._book.next_due()
            wait_seconds = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.05, due - self._clock()))
            try:
                await asyncio.wait_for(self._wake.wait(), wait_seconds)
            except TimeoutError:
                continue
            self._wake.clear()

    async def send_due(self) -> int:
        """Try once to send each message that is due; how many were sent."""
        sent = 0
        while owed := self._book.owed(now=self._clock()):
            for one in owed:
                if self._stopping:
                    return sent
                try:
                    await (self._mail(one) if one.kind == "mail" else self._crm(one))
                except (OSError, smtplib.SMTPException, aiohttp.ClientError, ValueError) as error:
                    self._failed(one, f"{type(error).__name__}: {error}"[:300])
                else:
                    self._book.note_sent(one)
                    sent += 1
        return sent

    def _failed(self, owed: Owed, problem: str) -> None:
        now = self._clock()
        wait_seconds = WAITS_SECONDS[min(owed.attempts, len(WAITS_SECONDS) - 1)]
        next_at = None if now + wait_seconds > owed.made_at + GIVE_UP_SECONDS else now + wait_seconds
        log.warning(
            "%s to %s failed (%s): %s",
            owed.kind,
            owed.target,
            "given up" if next_at is None else "again later",
            problem,
        )
        self._book.note_failed(owed, problem, next_at=next_at)

    async def _mail(self, owed: Owed) -> None:
        message = EmailMessage()
        message["From"] = self._configuration.mail_from
        message["To"] = owed.target
        message["Subject"] = owed.subject
        message["Date"] = formatdate(owed.made_at)
        message["Message-ID"] = f"<{owed.webhook_id}.{owed.id}@nps.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(owed.body.lstrip("\n"))
        await asyncio.to_thread(_send_mail, self._configuration.smtp_url, message)

    async def _crm(self, owed: Owed) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{owed.webhook_id}.{owed.id}"}
        if self._configuration.crm_token:
            headers["Authorization"] = f"Bearer {self._configuration.crm_token}"
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(owed.target, data=owed.body.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            if not 200 <= answer.status < 300:
                raise ValueError(f"the CRM answered {answer.status}")


def _send_mail(url: str, message: EmailMessage) -> None:
    """Give it to the mail server: encrypted when the server can, and always when there is a password."""
    parts = urlsplit(url)
    host, tls = parts.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (server.has_extn("starttls") or parts.username):
            server.starttls(context=tls)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
