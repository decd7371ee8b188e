"""Detection on a real Asterisk, by a login that may read and no more."""

from __future__ import annotations

from uuid import uuid4

import pytest

from switchhook.domain.detection import MenuSign
from switchhook.domain.service import Connection, Platform
from switchhook.pbx.detecting import detected
from switchhook.pbx.pbx_errands import tried
from tests.fixtures.lab import Asterisk

pytestmark = pytest.mark.live


def connection_of(asterisk: Asterisk, user: str = "") -> Connection:
    return Connection(
        id=uuid4(), name="Lab", platform=Platform.ASTERISK, host=asterisk.ami.host, port=asterisk.ami.port,
        username=user or asterisk.ami.user, secret=asterisk.ami.secret)


async def test_trunks_phones_and_menus_are_found_with_least_rights(asterisk: Asterisk) -> None:
    asterisk.configure("extensions.conf", "[from-trunk-pjsip-backup]", ["exten => _X.,1,Hangup()"])
    asterisk.configure("extensions.conf", "[globals]", ["OUT_1=SIP/old-carrier"])
    asterisk.cli("dialplan reload")
    found = await detected(connection_of(asterisk))
    assert found.version.startswith("22.")
    assert {one.device for one in found.trunks if one.certain} == {"trunk-provider", "backup", "old-carrier"}
    assert {"201", "202", "203", "204", "205", "250", "acme-101", "globex-101"} == {one.device for one in found.phones}
    assert {one.extension for one in found.phones if one.device.endswith("-101")} == {"101"}  # of two tenants
    assert [(menu.place, menu.sign, menu.name) for menu in found.menus] == [
        ("globex-ivr", MenuSign.PLACE, ""), ("ivr-1", MenuSign.PLACE, ""), ("ivr-2", MenuSign.PLACE, ""),
        ("nps-survey", MenuSign.TOLD, "nps")]
    assert found.menus[1].options == tuple("0123456789")
    assert found.menus[1].plays == "vm-intro"
    assert found.refused == ()


async def test_a_login_without_reporting_is_told_what_it_may_not_ask(asterisk: Asterisk) -> None:
    asterisk.configure("manager.conf", "[nothing]", ["secret=connector-secret", "read=call,system", "write="])
    asterisk.cli("manager reload")
    found = await detected(connection_of(asterisk, "nothing"))
    assert found.trunks == found.menus == ()
    assert "ShowDialPlan: Permission denied" in found.refused
    assert any("write=reporting" in one for one in (await tried(connection_of(asterisk, "nothing")))["missing"])
