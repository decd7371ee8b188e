"""What a FreeSWITCH has, asked over the Event Socket (synthetic, in the form of FreeSWITCH 1.10)."""

from __future__ import annotations

import pytest

from switchhook.domain.detection import MenuSign
from switchhook.pbx.detecting import detected
from switchhook.pbx.freeswitch_inventory import listed_users
from tests.pbx.fake_freeswitch import fake_freeswitch

pytestmark = pytest.mark.timeout(30)

USERS = """userid|context|domain|group|contact|callgroup|effective_caller_id_name|effective_caller_id_number
201|default|acme.example|default|error/user_not_registered||Ada Example|201
201|default|acme.example|sales|error/user_not_registered|sales|Ada Example|201
202|default|acme.example|default|sofia/internal/sip:202@192.0.2.7:5060||Ben Sample|202

+OK
"""
STATUS = (
    "                     Name\t   Type\t                                      Data\tState\n"
    "=================================================================================================\n"
    "                 external\tprofile\t          sip:mod_sofia@192.0.2.1:5080\tRUNNING (0)\n"
    "       external::provider\tgateway\t             sip:joe@provider.example\tREGED\n"
    "=================================================================================================\n"
    "1 profile 0 aliases\n")
MENUS = """<document type="freeswitch/xml"><section name="configuration"><configuration name="ivr.conf"><menus>
<menu name="main" greet-long="ivr/welcome.wav" digit-len="4">
  <entry action="menu-exec-app" digits="1" param="transfer 201 XML default"/>
  <entry action="menu-exec-app" digits="/^(10[01][0-9])$/" param="transfer $1 XML default"/>
</menu></menus></configuration></section></document>"""


async def test_gateways_users_and_menus_are_found() -> None:
    async with fake_freeswitch() as pbx:
        pbx.apis = {"show registrations as json": '{"row_count":1,"rows":[{"reg_user":"204","realm":"acme.example"}]}',
                    "list_users": USERS, "sofia status": STATUS, "version": "FreeSWITCH Version 1.10.12~64bit",
                    "xml_locate configuration configuration name ivr.conf": MENUS}
        found = await detected(pbx.connection)
    assert found.version == "1.10.12~64bit"
    assert [(one.device, one.certain) for one in found.trunks] == [("provider", True)]
    assert [one.device for one in found.phones] == ["201", "202", "204"]
    (menu,) = found.menus
    assert (menu.place, menu.sign, menu.options, menu.plays) == ("main", MenuSign.PLACE, ("1",), "ivr/welcome.wav")
    assert found.refused == ()


async def test_what_the_user_may_not_ask_is_named_and_the_rest_is_found() -> None:
    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": USERS}
        found = await detected(pbx.user())
    assert len(found.phones) == 2
    assert any("sofia status" in one and "permission denied" in one for one in found.refused)


def test_a_user_in_two_groups_is_one_user() -> None:
    assert [user["userid"] for user in listed_users(USERS)] == ["201", "202"]
    assert listed_users("-ERR no such command") == []
