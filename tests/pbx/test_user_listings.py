"""What PBXs list, read as users (FreeSWITCH: synthetic, in the form of 1.10)."""

from __future__ import annotations

import pytest

from switchhook.domain.errors import NotPermitted
from switchhook.domain.service import DirectorySource
from switchhook.pbx.ami import Message
from switchhook.pbx.user_listings import freepbx_users, list_users
from tests.pbx.fake_freeswitch import fake_freeswitch
from tests.pbx.test_freeswitch_inventory import USERS

pytestmark = pytest.mark.timeout(30)


def entry(key: str, value: str) -> Message:
    return Message({"Event": "DBGetTreeResponse", "Key": key, "Val": value})


async def test_users_of_a_freeswitch_are_listed_with_their_domain() -> None:
    async with fake_freeswitch() as pbx:
        pbx.apis = {"list_users": USERS}
        users = await list_users(pbx.user(), DirectorySource.FREESWITCH)
    assert [(one.extension_number, one.name, one.scope) for one in users] == [
        ("201", "Ada Example", "acme.example"), ("202", "Ben Sample", "acme.example")]
    assert users[0].has_voicemail is None  # it does not say


async def test_a_user_who_may_not_list_users_is_told_so() -> None:
    async with fake_freeswitch() as pbx:
        with pytest.raises(NotPermitted, match="list_users: -ERR permission denied"):
            await list_users(pbx.user(), DirectorySource.FREESWITCH)


def test_of_freepbx_what_has_no_name_is_no_user() -> None:
    users = freepbx_users([
        entry("/AMPUSER/201/cidname", "Ada Example"), entry("/AMPUSER/201/outboundcid", "Ada <12025550100>"),
        entry("/AMPUSER/201/voicemail", "default"), entry("/AMPUSER/201/followme/ddial", "EXTENSION"),
        entry("/AMPUSER/none/cidname", "none"), entry("/AMPUSER/202/ringtimer", "0"), entry("/DEVICE/201/dial", "x")])
    (ada,) = users
    assert (ada.name, ada.outbound_phone_number, ada.has_voicemail) == ("Ada Example", "12025550100", True)
