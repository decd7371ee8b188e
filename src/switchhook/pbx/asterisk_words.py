"""How Asterisk writes things: channel names, dial strings, numbers, moments. Nothing here keeps state."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from switchhook.domain.facts import Cause

#: Channels of these technologies have nobody behind them.
_NOBODY = frozenset({"Local", "Message", "Snoop", "Surrogate", "Recorder", "Announcer", "CBAnn", "CBRec", "Bridge",
                     "MulticastRTP", "UnicastRTP", "AsyncGoto", "Multicast", "Chan"})
_LINES = frozenset({"DAHDI", "Zap", "Console"})
_WITHHELD = frozenset({"", "<unknown>", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld",
                       "asserted", "s", "(null)", "<null>"})
_NO_NUMBER = frozenset({"", "s", "i", "t", "h", "T", "o", "failed", "(null)"})
_SERIAL = re.compile(r"-[0-9a-fA-F]+(?:;[12])?(?:<[A-Z]+>)?\Z")
_BEGAN = re.compile(r"(\d{9,11})\.\d+\Z")
_MESSAGE_FILE = re.compile(r"/voicemail/[^/]+/([^/]+)/[^/]+/[^/]+\Z")
#: Hang-up causes (Q.850) that say what became of a call which nobody took.
_CAUSES = {"17": Cause.BUSY, "21": Cause.DECLINED} | dict.fromkeys(
    ("1", "2", "3", "22", "28", "34", "38", "41", "42", "44", "50", "52", "57", "58", "63", "65", "79", "88", "111"),
    Cause.FAILED)
_SIP_USER = re.compile(r"(?:sips?|tel):([^@;>]*)")

#: From which minor version on a major one knows event filters by names (ChangeLogs of Asterisk).
_NAMED_FILTERS = {18: 26, 20: 11, 21: 6, 22: 1}


def knows_named_filters(version: str) -> bool:
    """Whether `eventfilter(name(…))` is understood by `22.10.1`; one that cannot be read is taken for new."""
    told = re.search(r"(\d+)\.(\d+)", version)
    if told is None:
        return True
    major, minor = int(told[1]), int(told[2])
    return major > max(_NAMED_FILTERS) or minor >= _NAMED_FILTERS.get(major, minor + 1)


@lru_cache(maxsize=4096)
def device_of(channel: str) -> tuple[str, bool]:
    """The device that a channel belongs to, and whether nobody is behind it.

    `PJSIP/201-0000001f` → 201; `DAHDI/i1/12025550188-3` → DAHDI/i1; `Local/201@from-queue-0000001f;1` → nobody.
    """
    technology, _, rest = channel.partition("/")
    name = _SERIAL.sub("", rest)
    if technology in _NOBODY:
        return name, True
    return _device(technology, name.partition("/")[0]), False


def _device(technology: str, name: str) -> str:
    """A device's name; with the technology where the name is just a line's number, lest it pass for an extension."""
    return f"{technology}/{name}" if technology in _LINES else name


def number_sent(device: str, dial_string: str) -> str:
    """The number that a dial string sends to a device; "" when it just names the device.

    `12025550188@trunk`, `trunk/12025550188`, `g0/12025550188`, `trunk/sip:12025550188@host`, `201@from-queue/n`.
    """
    head, slash, tail = dial_string.partition("/")
    if sip := _SIP_USER.match(tail):
        number = sip[1]
    elif slash and tail != "n" and not _is_local(device):
        number = re.split("[/@]", tail, maxsplit=1)[0]
    else:
        before, at, _ = head.partition("@")
        sip = _SIP_USER.match(head)
        number = sip[1] if sip else before if at else ""
    return "" if number == device else number


def _is_local(device: str) -> bool:
    return "@" in device


@lru_cache(maxsize=1024)
def devices_rung(dial_arguments: str) -> tuple[str, ...]:
    """The devices (of a local channel: the number) that the arguments of Dial name."""
    rung = []
    for target in dial_arguments.partition(",")[0].split("&"):
        technology, _, name = target.partition("/")
        if name:
            rung.append(_device(technology, re.split("[@/]", name, maxsplit=1)[0]))
    return tuple(rung)


def hinted_devices(hint: str) -> tuple[str, ...]:
    """The devices that a hint watches: `PJSIP/201&Custom:DND201` → 201."""
    named = (target.partition("/") for target in hint.split(",")[0].split("&"))
    return tuple(_device(technology, name) for technology, _, name in named
                 if name and technology not in _NOBODY)


def caller_number(told: str) -> str:
    """A caller's number; "" for one that is withheld or unknown, whatever Asterisk wrote."""
    return "" if told.strip().lower() in _WITHHELD else told.strip()


def dialled_number(exten: str) -> str:
    """The number that an exten stands for; "" for the special ones."""
    return "" if exten in _NO_NUMBER else exten


def call_began(linkedid: str) -> datetime | None:
    """When a call began, as its Linkedid says (`[system-]seconds.counter`): the same for every observer."""
    found = _BEGAN.search(linkedid)
    return None if found is None else datetime.fromtimestamp(int(found[1]), UTC)


def moment(timestamp: str) -> datetime | None:
    """The time of an event where `timestampevents` is on (seconds since 1970)."""
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def cause_of(cause: str) -> Cause:
    """What a hang-up cause says of a call that nobody took."""
    return _CAUSES.get(cause, Cause.OTHER)


def mailbox_of(message_file: str) -> str:
    """The box that a message is in: `…/voicemail/default/201/INBOX/msg0000` → 201; "" when its name does not say."""
    found = _MESSAGE_FILE.search(message_file)
    return "" if found is None else found[1]
