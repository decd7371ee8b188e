"""The sample of the specification, all of it: a call on a real Asterisk, and where its score and recording arrive."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Page, expect

from crm import tryton_server
from crm.demo import set_up
from crm.tryton import Tryton, TrytonAccess
from switchhook.domain.catalogue import EventType
from tests.fixtures.lab import Asterisk
from tests.fixtures.portal import Portal, running_portal
from tests.fixtures.processes import free_port, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(400)]  # the first time, Tryton is installed

FOLDER = Path(__file__).parents[2] / "examples" / "nps"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALLER = "12025550171"


class Mailbox:
    """Keeps what a real SMTP server takes, on that port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    server.stop()


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of it; in a thread, as the browser's loop is in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def in_the_crm(access: TrytonAccess, model: str, *names: str) -> Any:
    """What the CRM has of the caller, the newest first."""
    async with Tryton(access) as crm:
        (party,) = await crm.call("party.party.search", [["name", "=", "Robin Sample"]], 0, 1, None)  # type: ignore[misc]
        where = [["resource", "=", f"party.party,{party}"]]
        return await crm.call(f"{model}.search_read", where, 0, 10, [["id", "DESC"]], names)


def seeded(portal: Portal, asterisk: Asterisk, hook: str) -> None:
    """The lab's Asterisk as the account's PBX, whose survey is called NPS, and the integration."""
    seed, ami = portal.seed, asterisk.ami
    connection = seed.connection(host=ami.host, port=ami.port, username=ami.user, secret=ami.secret)
    monitor = asterisk.instance.dir / "spool/monitor"
    seed.execute("UPDATE service SET connection_id = ?, recordings_root = ?, menus = ?, applications_enabled = ?",
                 connection, monitor.as_uri(), [["ivr-*", ""], ["nps", "NPS"]], True)
    seed.integration(portal.account_id, portal.service_id, event_type=EventType.IVR_OPTION, request_url=hook,
                     signing=[SECRET])
    seed.touch()
    connected = "SELECT state FROM connection_state WHERE state = 'connected'"
    wait_until(lambda: seed.rows(connected), "the PBX is connected")


@contextmanager
def nps(log: Path, **settings: str) -> Iterator[str]:
    """`python -m nps` as the README says, until the end of the block; its address."""
    listen = f"127.0.0.1:{free_port()}"
    others = {name: value for name, value in os.environ.items() if not name.startswith("NPS_")}
    environment = others | {"NPS_LISTEN": listen, "NPS_SECRET": SECRET, "NPS_STATE": str(log.parent)} | settings
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "nps"], cwd=FOLDER, env=environment, stdout=out, stderr=out)
    try:
        wait_until(lambda: answers(f"http://{listen}/"), "it runs", more=log.read_text)
        yield f"http://{listen}"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def test_a_caller_s_nine_is_on_the_dashboard_and_its_recording_in_the_mail_and_in_the_crm(
    asterisk: Asterisk, sqlite_template: Path, tmp_path: Path, page: Page, mailbox: Mailbox,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "switchhook.sqlite3")
    log = tmp_path / "nps" / "log"
    log.parent.mkdir()
    with (
        tryton_server.running(tryton_server.prepare(), tmp_path / "tryton") as crm,
        running_portal(f"sqlite://{tmp_path / 'switchhook.sqlite3'}", tmp_path, "engine", "web") as portal,
        nps(log, NPS_API_URL=f"{portal.url}/api/v1", NPS_API_TOKEN=portal.token("read", "recordings"),
            NPS_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}", NPS_TRYTON_URL=crm.url,
            NPS_TRYTON_PASSWORD=crm.password) as url,
    ):
        done(set_up(crm))
        seeded(portal, asterisk, f"{url}/hook")
        page.goto(f"{url}/?period=hour")
        expect(page.locator(".big")).to_have_text("–")

        asterisk.place_call_and_block("transfer-to-nps")  # 201 answers and transfers to 8001; the caller presses 9

        (made,) = (asterisk.instance.dir / "spool/monitor").glob("*.wav")
        row = page.locator("#latest tbody tr")
        expect(row).to_have_count(1, timeout=30_000)  # no reload: the page looks by itself
        expect(row.locator(".score")).to_have_text("9")
        expect(row.locator("[data-label=From]")).to_have_text(CALLER)
        expect(row.locator("[data-label=To]")).to_have_text("12025550101")
        expect(row.locator("[data-label='Answered by']")).to_have_text("Ada Example · 201")
        expect(page.locator("#nps")).to_have_text("+100")

        expect(row.locator("[data-label=Sent]")).to_have_text(
            "E-mail: sent CRM: sent", timeout=60_000, use_inner_text=True)
        heard_seconds = row.locator("audio").evaluate(
            "async (one) => { one.muted = true; await one.play(); one.pause(); return one.duration }")
        sound = made.read_bytes()
        assert heard_seconds == pytest.approx((len(sound) - 44) / 16_000, abs=0.1)  # 8000 times a second, 16 bits

        page.goto("about:blank")  # which asks no more

        (mail,) = mailbox.mails
        assert (mail["To"], mail["Subject"]) == ("thanks@example.com", f"A 9 from {CALLER}: say thanks")
        (attached,) = mail.iter_attachments()
        assert (attached.get_content_type(), attached.get_content()) == ("audio/wav", sound)

        (note,) = done(in_the_crm(crm, "ir.note", "message"))
        assert note["message"].startswith("9 of 10 in the survey NPS (promoter)\n")
        assert "Answered by Ada Example · 201\nThe recording of the call is attached.\n" in note["message"]
        (attachment,) = done(in_the_crm(crm, "ir.attachment", "name", "data_size"))
        assert (attachment["name"], attachment["data_size"]) == (attached.get_filename(), len(sound))
