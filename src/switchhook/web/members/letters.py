"""Letters: e-mails that somebody waits for who is not logged in, as that of a password reset.

Whoever asks is answered at once and alike, whether there is a letter to be sent, none, or no mail server that takes it:
else the time that it takes, or the failure, would tell strangers who has a login.
"""

from __future__ import annotations

import logging
import threading

from django.core.mail import EmailMessage

log = logging.getLogger(__name__)


def send_apart(letter: EmailMessage) -> None:
    """Send it in a thread of its own; how many there are is limited by how often one may ask (ACCOUNT_RATE_LIMITS)."""
    threading.Thread(target=_send, args=(letter,), name="letter", daemon=True).start()


def _send(letter: EmailMessage) -> None:
    try:
        letter.send()
    except Exception as error:  # a mail server has many ways to fail, and nobody is left to be told but the operator
        log.error("mail.not_sent subject=%r %s: %s", letter.subject, type(error).__name__, error)
