"""What an Asterisk tells of its devices, extensions and dialplan, as an Inventory. Questions and reading apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from switchhook.domain.detection import FoundMenu, Inventory, MenuSign
from switchhook.domain.errors import NotPermitted
from switchhook.pbx.ami import Message
from switchhook.pbx.ami_asking import AmiAsking
from switchhook.pbx.asterisk_words import device_of, devices_rung, hinted_devices

#: Contexts of FreePBX's own machinery: they ask for digits, and are no menu that anybody made.
_NO_MENUS = ("macro-", "sub-", "func-", "app-", "ext-", "from-", "outrt-", "park", "vm", "crm-", "dial", "bad-", "hold",
             "directory", "fm", "followme", "disa", "qlog", "grps", "stasis", "dn-")
_TRUNK_CONTEXT = re.compile(r"from-trunk-(?:pjsip|sip|iax2|dahdi|dundi)-(.+)")
_TRUNK_NUMBER = re.compile(r"dialout-trunk(?:,s,1)?[(,](\d{1,4})\b")
_FROM_OUTSIDE = ("from-trunk", "from-pstn", "from-did", "from-digital", "from-analog", "from-dahdi", "ext-did")
_NO_TECHNOLOGIES = frozenset({"Local", "Queue", "Custom", "MWI", "Park", "park", "confbridge", "meetme", "Presence"})
_DIGITS = re.compile(r"[0-9*#A-D]{1,4}\Z")
_TOLD_MENU = re.compile(r"(?:IVRName|Ivr|Menu)\s*:\s*([^,]+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
_MOST_TRUNKS = 200

Step = tuple[str, str, str, str]  # extension, priority, application, arguments


async def asterisk_inventory(ask: AmiAsking) -> Inventory:
    """Ask for all of it. What our login may not ask is left out, and named."""
    refused: list[str] = []
    listed: dict[str, list[Message]] = {}
    for action in ("DeviceStateList", "ExtensionStateList", "ShowDialPlan", "CoreShowChannels"):
        try:
            listed[action] = await ask.all(action)
        except NotPermitted as error:
            refused.append(str(error))
    version = ""
    with suppress(NotPermitted):
        version = (await ask.one("CoreSettings")).get("AsteriskVersion")
    contexts = _contexts(listed.get("ShowDialPlan", ()))
    globals_ = {number: await _global(ask, f"OUT_{number}") for number in _trunk_numbers(contexts)}
    return Inventory(
        version=version, devices=tuple(_devices(listed.get("DeviceStateList", ()))),
        hints=_hints(listed.get("ExtensionStateList", ())),
        trunk_signs=_trunk_signs(contexts, globals_, listed.get("CoreShowChannels", ())),
        menus=tuple(_menus(contexts)), refused=tuple(refused))


async def _global(ask: AmiAsking, name: str) -> str:
    """A global variable of the dialplan: FreePBX keeps in OUT_n what its trunk n is."""
    with suppress(NotPermitted):
        return (await ask.one("Getvar", Variable=name)).get("Value")
    return ""


def _devices(states: Iterable[Message]) -> Iterator[str]:
    for state in states:
        device = state.get("Device")
        if "/" in device and ":" not in device and device.partition("/")[0] not in _NO_TECHNOLOGIES:
            yield from devices_rung(device)


def _hints(statuses: Iterable[Message]) -> dict[str, tuple[str, ...]]:
    """Extension → its devices; of several tenants that have the same one, all of them."""
    hints: dict[str, tuple[str, ...]] = {}
    for status in statuses:
        extension, devices = status.get("Exten"), hinted_devices(status.get("Hint"))
        if extension.isdigit() and devices:
            hints[extension] = (*hints.get(extension, ()), *devices)
    return hints


def _contexts(dialplan: Iterable[Message]) -> dict[str, list[Step]]:
    contexts: dict[str, list[Step]] = defaultdict(list)
    for step in dialplan:
        if step.get("Event") == "ListDialplan" and step.get("Application"):
            contexts[step.get("Context")].append(
                (step.get("Extension"), step.get("Priority"), step.get("Application").lower(), step.get("AppData")))
    return contexts


def _trunk_numbers(contexts: Mapping[str, list[Step]]) -> list[str]:
    found = {number for steps in contexts.values() for *_, arguments in steps
             for number in _TRUNK_NUMBER.findall(arguments)}
    return sorted(found, key=int)[:_MOST_TRUNKS]


def _trunk_signs(
    contexts: Mapping[str, list[Step]], globals_: Mapping[str, str], channels: Iterable[Message],
) -> dict[str, str]:
    """Device → what says that it is a trunk; of several signs the first counts."""
    signs: dict[str, str] = {}
    for number, value in globals_.items():
        for device in devices_rung(value):
            signs.setdefault(device, f"It is FreePBX's trunk {number}.")
    for context, steps in contexts.items():
        if named := _TRUNK_CONTEXT.fullmatch(context):
            signs.setdefault(named[1], f"FreePBX made the context {context} for it.")
        for *_, application, arguments in steps:
            if application in ("dial", "retrydial") and (device := _number_sent_to(arguments)):
                signs.setdefault(device, f"The dialplan ({context}) sends numbers to it.")
    for channel in channels:
        device, local = device_of(channel.get("Channel"))
        if not local and channel.get("Uniqueid") == channel.get("Linkedid") \
                and channel.get("Context").startswith(_FROM_OUTSIDE):
            signs.setdefault(device, "A call has come in over it just now.")
    return signs


def _number_sent_to(dial_arguments: str) -> str:
    """The device to which these arguments of Dial send a number: `PJSIP/${NUMBER}@trunk`, `SIP/trunk/${NUMBER}`."""
    technology, _, target = dial_arguments.partition(",")[0].partition("&")[0].partition("/")
    if technology in _NO_TECHNOLOGIES or "${" in technology:
        return ""
    number, at, device = target.rpartition("@")
    if not at:
        device, _, number = target.partition("/")
    return device if number and re.fullmatch(r"[\w.-]+", device) else ""


def _menus(contexts: Mapping[str, list[Step]]) -> Iterator[FoundMenu]:
    for context, steps in sorted(contexts.items()):
        if context.startswith(_NO_MENUS):
            continue
        applications = {application for _, _, application, _ in steps}
        options = tuple(sorted({exten for exten, priority, *_ in steps if priority == "1" and _DIGITS.match(exten)}))
        waits = "waitexten" in applications or any("background(" in arguments.lower() for *_, arguments in steps)
        told = next((name for *_, application, arguments in steps if application == "userevent"
                     if (name := _TOLD_MENU.search(arguments))), None)
        if told is not None:
            yield FoundMenu(place=context, sign=MenuSign.TOLD, name=_spelt_out(told[1].strip(), steps))
        elif (waits or "background" in applications) and options:
            yield FoundMenu(place=context, sign=MenuSign.PLACE, options=options, plays=_prompt(steps))
        elif "read" in applications:
            yield FoundMenu(place=context, sign=MenuSign.UNTOLD, plays=_prompt(steps))


def _spelt_out(text: str, steps: Iterable[Step]) -> str:
    """The text with variables that these steps set themselves."""
    values = dict(arguments.partition("=")[::2] for *_, application, arguments in steps if application == "set")
    return _VARIABLE.sub(lambda variable: values.get(variable[1], variable[0]), text)


def _prompt(steps: Iterable[Step]) -> str:
    """What is played first, if that can be told."""
    for exten, _, application, arguments in steps:
        if exten != "s":
            continue
        if application == "set" and arguments.startswith("IVR_MSG=") and arguments != "IVR_MSG=":
            return arguments.removeprefix("IVR_MSG=")
        if application == "background" and "${" not in arguments:
            return arguments.partition(",")[0]
        if application == "read" and arguments.count(",") and "${" not in arguments.split(",")[1]:
            return arguments.split(",")[1]
    return ""
