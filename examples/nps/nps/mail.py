"""E-mails: a message with what is enclosed, given to the mail server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from nps.book import Owed
from nps.messages import Enclosed

TIMEOUT_SECONDS = 15


def mail_of(owed: Owed, enclosed: Enclosed, sender: str) -> EmailMessage:
    """The e-mail that is owed: the same at every try, its Message-ID too."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = owed.target
    message["Subject"] = owed.subject
    message["Date"] = formatdate(owed.made_at)
    message["Message-ID"] = f"<{owed.webhook_id}.{owed.id}@nps.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(filter(None, (owed.body.strip("\n"), enclosed.remark))) + "\n")
    for sound in enclosed.sounds:
        main, _, sub = sound.content_type.partition("/")
        message.add_attachment(sound.content, maintype=main, subtype=sub, filename=sound.name)
    return message


def send_mail(url: str, message: EmailMessage) -> None:
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
