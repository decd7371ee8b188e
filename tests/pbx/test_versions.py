"""Other technologies and other FreePBXs than the lab has. Synthetic: every recording of Asterisk 22 with PJSIP, written
as chan_sip, IAX2 or DAHDI would name it and as FreePBX 15 and 17 call their contexts, gives the same events."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.pbx.recorded import ALL, Recorded, by_call, facts, follow

NUMBER = rb"(\+?\d+)"


def chan_sip(part: bytes) -> bytes:
    """SIP/201-0000001f, and a trunk dialled as SIP/trunk/number."""
    part = re.sub(rb"DialString: " + NUMBER + rb"@trunk-provider", rb"DialString: trunk-provider/\1", part)
    part = re.sub(rb"PJSIP/" + NUMBER + rb"@trunk-provider", rb"SIP/trunk-provider/\1", part)
    return part.replace(b"PJSIP/", b"SIP/")


def iax2(part: bytes) -> bytes:
    """IAX2/201-31: the number of the call is decimal."""
    return re.sub(rb"SIP/([\w-]+)-([0-9a-f]{8})\b", lambda found: b"SIP/%s-%d" % (found[1], int(found[2], 16)),
                  chan_sip(part)).replace(b"SIP/", b"IAX2/")


def isdn_trunk(part: bytes) -> bytes:
    """A trunk on a line: DAHDI/i1/12025550188-1f, dialled by its group, its calls in a context of its own."""
    part = re.sub(rb"DialString: " + NUMBER + rb"@trunk-provider", rb"DialString: g0/\1", part)
    part = re.sub(rb"PJSIP/" + NUMBER + rb"@trunk-provider", rb"DAHDI/g0/\1", part)
    part = re.sub(rb"PJSIP/trunk-provider-0*([0-9a-f]+)\b", rb"DAHDI/i1/12025550188-\1", part)
    return re.sub(rb"(Context: )from-trunk\r", rb"\1from-digital\r", part)


def renamed(**contexts: str) -> Callable[[bytes], bytes]:
    """The same dialplan with other names of contexts; underscores stand for dashes."""

    def rename(part: bytes) -> bytes:
        for before, after in contexts.items():
            part = re.sub(rb"(Context: )%s\r" % before.replace("_", "-").encode(), rb"\1%s\r" % after.encode(), part)
        return part

    return rename


WRITTEN = {
    "chan_sip": chan_sip,
    "IAX2": iax2,
    "DAHDI": isdn_trunk,
    "FreePBX 15, a context for each trunk": renamed(from_trunk="from-trunk-sip-provider"),
    "FreePBX 17": renamed(
        from_trunk="from-trunk-pjsip-provider", macro_dialout_trunk="trunk-dial-with-exten",
        macro_dial_one="dialOne-with-exten", macro_dial="dial-with-exten", macro_exten_vm="exten-vm"),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_a_call_gives_the_same_events_however_its_channels_and_contexts_are_named(
    recording: Recorded, write: Callable[[bytes], bytes]
) -> None:
    assert by_call(follow(facts([write(part) for part in recording.parts]))) == by_call(recording.expected)


def test_the_names_are_really_others() -> None:
    part = next(one for one in ALL if one.name == "22/followme-mobile-answers").parts[0]
    assert all(write(part) != part for write in WRITTEN.values())
    for write in (chan_sip, iax2):
        assert b"PJSIP/" not in write(part)
        assert b"DialString: trunk-provider/12025550188" in write(part)
    assert b"DestChannel: DAHDI/i1/12025550188-" in isdn_trunk(part)
