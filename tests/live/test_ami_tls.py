"""AMI over TLS, on a real Asterisk: a private authority is believed, and what is wrong is said in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from switchhook.domain.service import Connection, Platform
from switchhook.pbx.pbx_errands import tried
from tests.fixtures.certificates import Authority, authority
from tests.fixtures.lab import Asterisk
from tests.fixtures.processes import free_port
from tests.pbx.listening import listening

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def signer() -> Authority:
    return authority()


def over_tls(asterisk: Asterisk, certificate: Path, signer: Authority) -> Connection:
    """The lab's Asterisk, its AMI listening for TLS too."""
    port = free_port()
    asterisk.configure("manager.conf", "[general]", [
        "tlsenable=yes", f"tlsbindaddr=127.0.0.1:{port}", f"tlscertfile={certificate}", f"tlsprivatekey={certificate}"])
    asterisk.cli("manager reload")
    return Connection(
        id=uuid4(), name="Lab", platform=Platform.ASTERISK, host=asterisk.ami.host, port=port, tls=True,
        tls_ca=signer.pem, username=asterisk.ami.user, secret=asterisk.ami.secret)


async def test_calls_are_heard_over_tls(asterisk: Asterisk, tmp_path: Path, signer: Authority) -> None:
    connection = over_tls(asterisk, signer.sign(tmp_path), signer)
    async with listening(connection) as one:
        await one.state("connected")
        await asterisk.place_call("inbound-answered")
        first = (await one.legs(1))[0]
        assert first.caller_number == "12025550171"


async def test_a_certificate_that_is_not_believed_is_told_of_in_words(
    asterisk: Asterisk, tmp_path: Path, signer: Authority
) -> None:
    connection = over_tls(asterisk, signer.sign(tmp_path), signer)
    assert (await tried(connection))["ok"]

    nobody_known = await tried(replace(connection, tls_ca=""))
    assert "Private CA" in str(nobody_known["detail"])
    other = await tried(replace(connection, tls_ca=authority("another").pem))
    assert "not signed by the private CA" in str(other["detail"])
    by_name = await tried(replace(connection, host="localhost"))
    assert "made out to another name" in str(by_name["detail"])
    without_tls = await tried(replace(connection, port=asterisk.ami.port))
    assert "does not speak TLS" in str(without_tls["detail"])
    unreadable = await tried(replace(connection, tls_ca="no certificate"))
    assert "no certificate" in str(unreadable["detail"])
    assert not any(one["ok"] for one in (nobody_known, other, by_name, without_tls, unreadable))


async def test_a_certificate_that_has_expired_is_told_of(
    asterisk: Asterisk, tmp_path: Path, signer: Authority
) -> None:
    connection = over_tls(asterisk, signer.sign(tmp_path, expired=True), signer)
    assert "has expired" in str((await tried(connection))["detail"])
