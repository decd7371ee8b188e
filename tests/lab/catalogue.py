"""The calls of the lab: who does what, and which integration events should come of it.

A scenario's parts are started in turn, each after its delay. `expect` is what
an integration should be told, in order within one call; `not_sent` is what a
reasonable product might send too, and this one does not. `{id}` stands for the
call's id, the Linkedid of the caller's own channel.
"""
import dataclasses
from typing import Any

from tests.lab.pbxlab import CARRIER, PHONES, Originate, Sipp, ringing_dialog

SRC = "12025550171"        # who calls in, unless said otherwise
OUT = "12025550188"        # who is called over the trunk
DID = {name: f"1202555{n}" for name, n in {
    "ext201": "0101", "group": "0102", "queue": "0103", "ivr": "0104", "nps": "0105", "ext203": "0106",
    "group_local": "0107", "followme": "0108", "noisy": "0109", "queue_linear": "0110", "ext205": "0111",
    "confirm": "0112", "acme": "0121", "globex": "0122", "hooli": "0123", "unknown": "0142"}.items()}


@dataclasses.dataclass
class Scenario:
    name: str
    what: str
    parts: list
    expect: list
    not_sent: list = dataclasses.field(default_factory=list)
    note: str = ""
    tenants: bool = False      # of several services: `expect` says whose an event is
    run: Any = None            # a function instead of parts: see run-scenario
    settle: float = 1.0


ALL: dict[str, Scenario] = {}


def scenario(name, what, parts, expect, **more):
    ALL[name] = Scenario(name, what, parts, expect, **more)


# ---- parts: each a (delay, label, function of the instance) -----------------
def carrier(did, xml="caller-hold", talk=2500, src=SRC, at=0.3, slot=0, pause=1500, **keys):
    """The carrier brings a call in from src to a DID. Digits are dialled `pause` ms after the answer."""
    return (at, f"{src} calls {did}", lambda lab: Sipp(
        lab, xml, CARRIER, lab.p("caller") + slot, service=did, wait_ms=talk, pause_ms=pause,
        keys={"src": src, **keys}))


def far_end(xml="callee-answer", ring=1000, at=0.0, **keys):
    """The carrier's side of a call placed over the trunk."""
    return (at, f"the called party over the trunk: {xml}", lambda lab: Sipp(
        lab, xml, CARRIER, lab.p("carrier"), wait_ms=ring, keys=keys))


def phone(ext, xml="callee-answer", ring=1000, at=0.0, **keys):
    """A phone that is called."""
    return (at, f"phone {ext}: {xml}", lambda lab: Sipp(
        lab, xml, PHONES, lab.p(f"p{ext}"), wait_ms=ring, keys=keys))


def dial(ext, number, xml="caller-hold", talk=2500, at=0.3, **keys):
    """A phone that calls."""
    return (at, f"phone {ext} dials {number}", lambda lab: Sipp(
        lab, xml, PHONES, lab.p(f"call{ext}"), service=number, wait_ms=talk, pause_ms=1500 if "digits" in keys else None,
        keys={"src": ext, **keys}))


def register(ext, at=0.0):
    return (at, f"phone {ext} registers", lambda lab: Sipp(
        lab, "phone-register", PHONES, lab.p(f"call{ext}"), calls=1,
        keys={"src": ext, "contact_port": str(lab.p(f"p{ext}"))}, extra=("-au", ext, "-ap", "phone-secret")))


def click(channel, number, at=0.3):
    """Somebody clicks on a number: Asterisk calls `channel`, and once it is answered the number."""
    return (at, f"click to call: {channel} to {number}", lambda lab: Originate(lab, channel, number))


def take(ext, rings_at, talk=20000, at=1.5):
    """A phone's key with a lamp is pressed while it blinks: INVITE with Replaces."""
    return (at, f"phone {ext} takes what rings at {rings_at}", lambda lab: Sipp(
        lab, "caller-replaces", PHONES, lab.p(f"call{ext}"), service=rings_at, wait_ms=talk,
        keys={"src": ext, "replaces": ringing_dialog(lab, rings_at)}))


# ---- integration events -----------------------------------------------------
def ev(event, source, destination, **more):
    return {"event": event, "source": source, "destination": destination, "call_id": "{id}", **more}


def received(did, src=SRC):
    return ev("inbound_received", src, did)


def answered(did, ext, src=SRC):
    return ev("inbound_answered", src, did, extension=ext)


def placed(ext, number=OUT):
    return ev("outbound_placed", ext, number)


def ivr(did, name, src=SRC):
    return ev("ivr_received", src, did, ivr=name)


def option(did, name, digit, src=SRC):
    return ev("ivr_option_selected", src, did, ivr=name, option=digit)


# ==== inbound =================================================================
d = DID["ext201"]
scenario("inbound-answered", "A call to a DID rings 201, which answers; the caller hangs up.",
         [phone("201"), carrier(d)],
         [received(d), answered(d, "201")])
scenario("inbound-callee-hangs-up", "As inbound-answered, but 201 hangs up.",
         [phone("201", "callee-hangup"), carrier(d, talk=8000)],
         [received(d), answered(d, "201")])
scenario("inbound-anonymous", "A caller without a number.",
         [phone("201"), carrier(d, src="anonymous")],
         [received(d, None), answered(d, "201", None)])
scenario("inbound-caller-gives-up", "The caller hangs up while 201 rings.",
         [phone("201", "callee-noanswer"), carrier(d, "caller-cancel", talk=2000)],
         [received(d)])
scenario("inbound-no-answer-voicemail", "201 does not answer for 15 s; the voicemail does, the caller leaves a message.",
         [phone("201", "callee-noanswer"), carrier(d, talk=7000)],
         [received(d)],
         note="The caller's channel goes Up and speaks for seconds, yet no extension answered.")
scenario("inbound-busy-voicemail", "201 is busy; the voicemail answers.",
         [phone("201", "callee-busy"), carrier(d, talk=3000)],
         [received(d)])
d = DID["ext203"]
scenario("inbound-busy", "203 is busy and has no voicemail: the caller hears the busy tone.",
         [phone("203", "callee-busy"), carrier(d)],
         [received(d)])
scenario("inbound-declined", "203 declines.",
         [phone("203", "callee-decline"), carrier(d)],
         [received(d)])
scenario("inbound-no-answer", "203 does not answer and has no voicemail.",
         [phone("203", "callee-noanswer"), carrier(d)],
         [received(d)])
d = DID["unknown"]
scenario("inbound-unknown-did", "A call to a number that leads nowhere: taken by the catch-all and refused.",
         [carrier(d)],
         [received(d)])
d = DID["ext205"]
scenario("inbound-registered-phone", "205 registers with its password, is called and answers.",
         [register("205"), phone("205"), carrier(d, at=1.0)],
         [received(d), answered(d, "205")],
         note="ContactStatus and PeerStatus come before the call and belong to none.")
scenario("inbound-phone-unreachable", "201's contact does not answer at all (nothing listens there); the voicemail does.",
         [carrier(DID["ext201"], talk=2000)],
         [received(DID["ext201"])],
         note="The dialled channel exists and never rings.")

# ==== ring groups and queues ==================================================
d = DID["group"]
scenario("group-answered", "201, 202 and 203 ring together, 202 answers.",
         [phone("201", "callee-noanswer"), phone("202"), phone("203", "callee-noanswer"), carrier(d)],
         [received(d), answered(d, "202")])
scenario("group-one-busy", "201 is busy, 202 never answers, 203 does after three seconds.",
         [phone("201", "callee-busy"), phone("202", "callee-noanswer"), phone("203", ring=3000), carrier(d)],
         [received(d), answered(d, "203")])
scenario("group-no-answer", "No one of the group answers.",
         [phone(e, "callee-noanswer") for e in ("201", "202", "203")] + [carrier(d)],
         [received(d)])
d = DID["group_local"]
scenario("group-local-answered", "The same through Local channels; 202 answers.",
         [phone("201", "callee-noanswer"), phone("202"), phone("203", "callee-noanswer"), carrier(d)],
         [received(d), answered(d, "202")],
         note="Each member is a Local pair with a phone behind it: DialEnd ANSWER comes for the phone and for the Local channel.")
d = DID["confirm"]
scenario("group-confirmed", "The group 602 asks for a confirmation: 201 picks up and presses nothing, 202 picks up later and presses 1.",
         [phone("201"), phone("202", "callee-confirm", ring=3000, k1="1"), carrier(d, talk=9000)],
         [received(d), answered(d, "202")],
         note="201's channel is Up for four seconds: no DialEnd ANSWER comes for it, since it did not accept.")
scenario("group-not-confirmed", "The same, and 202 does not answer: nobody accepts.",
         [phone("201"), phone("202", "callee-noanswer"), carrier(d, "caller-cancel", talk=9000)],
         [received(d)])
d = DID["queue"]
scenario("queue-answered", "The queue 700 rings its three members through Local channels, 202 answers.",
         [phone("201", "callee-noanswer"), phone("202", ring=2000), phone("203", "callee-noanswer"), carrier(d, talk=5000)],
         [received(d), answered(d, "202")],
         note="The caller's channel is Up from the start: the queue answers it for the music.")
scenario("queue-abandoned", "The caller hangs up while the members ring.",
         [phone(e, "callee-noanswer") for e in ("201", "202", "203")] + [carrier(d, talk=4000)],
         [received(d)])
d = DID["queue_linear"]
scenario("queue-second-member", "The queue 701 rings 201 for four seconds in vain, then 202, which answers.",
         [phone("201", "callee-noanswer"), phone("202"), carrier(d, talk=9000)],
         [received(d), answered(d, "202")])

# ==== IVRs ====================================================================
d = DID["ivr"]
scenario("ivr-option-1", "The menu ivr-1; the caller presses 1 during the prompt, 201 answers.",
         [phone("201"), carrier(d, "caller-dtmf", digits="1", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "1"), answered(d, "201")])
scenario("ivr-option-1-info", "The same with the digit sent as SIP INFO.",
         [phone("201"), carrier(d, "caller-dtmf-info", digits="1", talk=4000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "1"), answered(d, "201")],
         note="No DTMFBegin, only DTMFEnd.")
scenario("ivr-option-2-group", "Option 2: the ring group; 203 answers.",
         [phone("201", "callee-noanswer"), phone("202", "callee-noanswer"), phone("203"),
          carrier(d, "caller-dtmf", digits="2", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "2"), answered(d, "203")])
scenario("ivr-option-4-queue", "Option 4: the queue 700; 201 answers.",
         [phone("201"), phone("202", "callee-noanswer"), phone("203", "callee-noanswer"),
          carrier(d, "caller-dtmf", digits="4", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "4"), answered(d, "201")])
scenario("ivr-option-5-voicemail", "Option 5: straight to 202's voicemail.",
         [carrier(d, "caller-dtmf", digits="5", talk=4000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "5")])
scenario("ivr-option-6-external", "Option 6: out again over the trunk to a mobile, which answers.",
         [far_end(), carrier(d, "caller-dtmf", digits="6", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "6")],
         not_sent=[placed(SRC)],
         note="Both ends are on the trunk. The outgoing leg has the inbound call's Linkedid and no extension placed it.")
scenario("ivr-option-7-nps", "Option 7: the survey; the caller gives 9.",
         [carrier(d, "caller-dtmf2", digits="7", digits2="9", talk=6000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "7"), ivr(d, "nps"), option(d, "nps", "9")],
         note="The survey is known by its UserEvents only.")
scenario("ivr-option-8-announcement", "Option 8: an announcement, then Asterisk hangs up.",
         [carrier(d, "caller-dtmf", digits="8", talk=15000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "8")])
scenario("ivr-timeout", "The caller presses nothing: the menu repeats once and ends the call.",
         [carrier(d, talk=60000)],
         [received(d), ivr(d, "ivr-1")],
         note="Newexten to ivr-1,t and ivr-1,hang, and s again on each repeat: no options, and one ivr_received only.")
scenario("ivr-invalid-then-1", "The caller presses *, which is none, and after the notice 1; 201 answers.",
         [phone("201"), carrier(d, "caller-dtmf2", digits="*", digits2="1", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "1"), answered(d, "201")],
         note="The invalid key shows as Newexten to ivr-1,i (INVALID_EXTEN says which), not to ivr-1,*.")
scenario("ivr-nested", "Option 3 leads to the menu ivr-2, option 1 there to 202, which answers.",
         [phone("202"), carrier(d, "caller-dtmf2", digits="3", digits2="1", talk=5000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "3"), ivr(d, "ivr-2"), option(d, "ivr-2", "1"),
          answered(d, "202")])
scenario("ivr-nested-and-back", "Option 3, then * in ivr-2, which goes back to ivr-1; then the caller hangs up.",
         [carrier(d, "caller-dtmf2", digits="3", digits2="*", talk=4000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "3"), ivr(d, "ivr-2"), option(d, "ivr-2", "*")],
         not_sent=[ivr(d, "ivr-1")],
         note="Back in ivr-1 through its `return` extension and s,start: a second ivr_received for it is not_sent.")
scenario("ivr-direct-dial", "Option 3, then the caller dials the extension 202 in ivr-2, which allows it.",
         [phone("202"), carrier(d, "caller-dtmf2", digits="3", digits2="202", talk=7000)],
         [received(d), ivr(d, "ivr-1"), option(d, "ivr-1", "3"), ivr(d, "ivr-2"), answered(d, "202")],
         not_sent=[option(d, "ivr-2", "202")],
         note="An included context keeps the menu's name: Newexten says Context ivr-2, Exten 202.")
scenario("ivr-caller-hangs-up", "The caller hangs up in the menu.",
         [carrier(d, talk=2500)],
         [received(d), ivr(d, "ivr-1")],
         note="The h extension runs in the context ivr-1: Newexten ivr-1,h is no option.")
d = DID["nps"]
scenario("nps-direct", "A DID that leads to the survey; the caller gives 10.",
         [carrier(d, "caller-dtmf", digits="10", talk=6000)],
         [received(d), ivr(d, "nps"), option(d, "nps", "10")])
scenario("nps-no-answer", "The survey, and the caller presses nothing.",
         [carrier(d, talk=40000)],
         [received(d), ivr(d, "nps")])

# ==== pickup ==================================================================
d = DID["ext201"]
scenario("pickup-directed", "201 rings; 204 dials **201 and has the call.",
         [phone("201", "callee-noanswer"), carrier(d, talk=5000), dial("204", "**201", talk=20000, at=1.5)],
         [received(d)],
         note="A pickup is no answer: 204's channel is a call of its own (Uniqueid = Linkedid until it joins the bridge). "
              "DialEnd ANSWER names 204's channel as DestChannel, though the call was dialled to 201.")
scenario("pickup-group", "201 rings; 202, of the same pickup group, dials *8.",
         [phone("201", "callee-noanswer"), carrier(d, talk=5000), dial("202", "*8", talk=20000, at=1.5)],
         [received(d)],
         note="A pickup is no answer, by *8 as little as by **.")
d = DID["group"]
scenario("pickup-from-group", "The ring group 600 rings; 204, not in it, dials **600.",
         [phone(e, "callee-noanswer") for e in ("201", "202", "203")]
         + [carrier(d, talk=5000), dial("204", "**600", talk=20000, at=1.5)],
         [received(d)],
         note="A pickup is no answer.")
scenario("pickup-from-local-group", "The ring group 601 rings through Local channels; 202 dials *8.",
         [phone(e, "callee-noanswer") for e in ("201", "202", "203")]
         + [carrier(DID["group_local"], talk=5000), dial("202", "*8", talk=20000, at=1.5)],
         [received(DID["group_local"])],
         note="DialEnd ANSWER names 202's own channel, dialled by the Local channel of the phone that rang.")
scenario("pickup-from-queue", "The queue 700 rings its members; 202 dials *8.",
         [phone(e, "callee-noanswer") for e in ("201", "202", "203")]
         + [carrier(DID["queue"], talk=6000), dial("202", "*8", talk=20000, at=2.5)],
         [received(DID["queue"])],
         note="A pickup is no answer, though the queue takes it for one.")
d = DID["ext201"]
scenario("pickup-replaces", "201 rings; 204 presses the key whose lamp shows that (INVITE with Replaces).",
         [phone("201", "callee-noanswer"), carrier(d, talk=5000), take("204", "201")],
         [received(d)],
         note="No Pickup event at all: DialEnd ANSWER names a channel that was never dialled, with a Linkedid of its own.")
scenario("pickup-nothing-rings", "204 dials **201 while nothing rings there.",
         [dial("204", "**201")],
         [])
scenario("pickup-internal", "202 calls 201; 204 takes it with **201. No trunk, so no event.",
         [phone("201", "callee-noanswer"), dial("202", "201", talk=5000), dial("204", "**201", talk=20000, at=1.5)],
         [])

# ==== transfers ===============================================================
d = DID["ext201"]
scenario("transfer-blind", "201 answers and sends the caller on to 202 (REFER); 202 answers.",
         [phone("202"), phone("201", "callee-blind-transfer", target="202"), carrier(d, talk=6000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")],
         note="The caller's channel stays the same; a second Dial runs on it while it is Up.")
scenario("transfer-blind-no-answer", "The same, and 203 does not answer: the caller hangs up while it rings.",
         [phone("203", "callee-noanswer"), phone("201", "callee-blind-transfer", target="203"), carrier(d, talk=6000)],
         [received(d), answered(d, "201")])
scenario("transfer-blind-feature-code", "201 answers and dials ## 202; 202 answers.",
         [phone("202"), phone("201", "callee-feature-blind", k1="#", k2="#", d1="2", d2="0", d3="2"),
          carrier(d, talk=9000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")])
scenario("transfer-attended", "201 answers, calls 202 on a second line, and joins the two (REFER with Replaces).",
         [phone("202"), phone("201", "callee-attended-transfer", target="202"), carrier(d, talk=9000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")],
         note="The consultation is a call of its own (Linkedid) until the transfer; 202's channel then has the first call's Linkedid.")
scenario("transfer-attended-feature-code", "201 answers, dials *2 202, talks to 202 and hangs up.",
         [phone("202"), phone("201", "callee-feature-attended", k1="*", k2="2", d1="2", d2="0", d3="2"),
          carrier(d, talk=15000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")],
         note="Asterisk calls 202 itself through a Local channel with the inbound call's Linkedid.")
scenario("transfer-to-nps", "201 answers and sends the caller on to the virtual extension 8001, the survey; the caller gives 9.",
         [phone("201", "callee-blind-transfer", target="8001"),
          carrier(d, "caller-dtmf", digits="9", pause=5000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "nps"), option(d, "nps", "9")],
         note="Same channel, same Linkedid; FROM_DID is inherited, so the survey still knows the number dialled.")
scenario("transfer-to-ivr", "201 answers and sends the caller on to 8002, the menu ivr-1; the caller presses 9 and 203 answers.",
         [phone("203"), phone("201", "callee-blind-transfer", target="8002"),
          carrier(d, "caller-dtmf", digits="9", pause=5000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "ivr-1"), option(d, "ivr-1", "9")],
         not_sent=[answered(d, "203")])
scenario("transfer-blonde", "201 answers, calls 202 on a second line, and joins the two while 202 rings; 202 answers.",
         [phone("202", ring=4000), phone("201", "callee-blonde-transfer", target="202"), carrier(d, talk=9000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")])
scenario("transfer-attended-to-survey", "201 answers, calls 8001, the survey, on a second line and joins; the caller gives 9.",
         [phone("201", "callee-attended-transfer", target="8001"),
          carrier(d, "caller-dtmf", digits="9", pause=8000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "nps"), option(d, "nps", "9")],
         not_sent=[ev("ivr_received", "201", "8001", ivr="nps")],
         note="201's own call reaches the survey first, only to put the caller there: the caller's call is told, once.")
scenario("transfer-attended-to-menu", "The same with 8002, the menu ivr-1; the caller presses 9 and 203 answers.",
         [phone("203"), phone("201", "callee-attended-transfer", target="8002"),
          carrier(d, "caller-dtmf", digits="9", pause=8000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "ivr-1"), option(d, "ivr-1", "9")],
         not_sent=[ev("ivr_received", "201", "8002", ivr="ivr-1"), answered(d, "203")])
feature = {"k1": "*", "k2": "2"}
scenario("transfer-feature-code-to-survey", "201 answers, dials *2 801 and hangs up; the caller gives 9.",
         [phone("201", "callee-feature-attended", **feature, d1="8", d2="0", d3="1"),
          carrier(d, "caller-dtmf", digits="9", pause=14000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "nps"), option(d, "nps", "9")],
         note="The Local channel that Asterisk makes has the caller's Linkedid; the caller reaches the survey at the transfer.")
scenario("transfer-feature-code-to-menu", "The same with 802, the menu ivr-1; the caller presses 9 and 203 answers.",
         [phone("203"), phone("201", "callee-feature-attended", **feature, d1="8", d2="0", d3="2"),
          carrier(d, "caller-dtmf", digits="9", pause=14000, talk=6000)],
         [received(d), answered(d, "201"), ivr(d, "ivr-1"), option(d, "ivr-1", "9")],
         not_sent=[answered(d, "203")])
scenario("transfer-feature-code-given-up", "201 answers, asks at 802, the menu ivr-1, by *2, and takes the caller back by *1.",
         [phone("201", "callee-feature-given-up", **feature, d1="8", d2="0", d3="2"), carrier(d, talk=15000)],
         [received(d), answered(d, "201")],
         not_sent=[ivr(d, "ivr-1")],
         note="The caller never reached the menu: 201 only asked the way.")
scenario("transfer-feature-code-blonde", "201 answers, dials *2 202 and hangs up while 202 rings, which answers.",
         [phone("202", ring=8000), phone("201", "callee-feature-attended", **feature, d1="2", d2="0", d3="2"),
          carrier(d, talk=20000)],
         [received(d), answered(d, "201")],
         not_sent=[answered(d, "202")],
         note="AttendedTransfer comes once 202 answers.")
scenario("transfer-blind-outside", "201 answers and sends the caller out over the trunk (REFER).",
         [far_end(), phone("201", "callee-blind-transfer", target="9" + OUT), carrier(d, talk=7000)],
         [received(d), answered(d, "201")],
         not_sent=[placed("201")])
scenario("transfer-attended-outside", "201 answers, calls out on a second line and joins.",
         [far_end(), phone("201", "callee-attended-transfer", target="9" + OUT), carrier(d, talk=9000)],
         [received(d), answered(d, "201"), placed("201")],
         note="The consultation is an outbound call that 201 placed.")
scenario("transfer-feature-code-outside", "201 answers, dials *2 777, which goes out, and hangs up.",
         [far_end(), phone("201", "callee-feature-attended", **feature, d1="7", d2="7", d3="7"), carrier(d, talk=15000)],
         [received(d), answered(d, "201"), placed("201")],
         note="Source and call of the placed one: see the recording; it is the caller's Linkedid.")
scenario("outbound-then-transfer-to-survey", "201 calls out and sends the called party on to the survey, 8001 (REFER).",
         [far_end("callee-hangup"), dial("201", "9" + OUT, "caller-blind-transfer", talk=800, target="8001")],
         [placed("201"), ev("ivr_received", "201", OUT, ivr="nps")])
scenario("outbound-then-transfer", "201 calls out, the called party answers; 201 sends it on to 202 (REFER).",
         [far_end(), phone("202", "callee-hangup"), dial("201", "9" + OUT, "caller-blind-transfer", target="202")],
         [placed("201")],
         note="A trunk channel ends up with 202 in from-internal: no inbound call.")

# ==== outbound ================================================================
scenario("outbound-answered", "201 dials 9 and a number; the called party answers.",
         [far_end(), dial("201", "9" + OUT)],
         [placed("201")],
         note="CallerIDNum of 201's channel turns into the trunk's number (NewCallerid) before the trunk is dialled. "
              "The number sent to the carrier is in DialBegin's DialString, without the 9.")
scenario("outbound-no-prefix", "202 dials a number as it is.",
         [far_end(), dial("202", OUT)],
         [placed("202")])
scenario("outbound-busy", "The called party is busy.",
         [far_end("callee-busy"), dial("201", "9" + OUT)],
         [placed("201")])
scenario("outbound-gives-up", "201 hangs up while it rings.",
         [far_end("callee-noanswer"), dial("201", "9" + OUT, "caller-cancel", talk=2000)],
         [placed("201")])
scenario("outbound-carrier-down", "Nothing answers at the carrier: 201 hangs up after two seconds.",
         [dial("201", "9" + OUT, "caller-cancel-early", talk=2000)],
         [placed("201")],
         note="DialBegin comes though the INVITE is never answered.")
scenario("outbound-through-local", "201 dials *7 and a number, which goes out through a Local channel.",
         [far_end(), dial("201", "*7" + OUT)],
         [placed("201")])
scenario("outbound-originate", "Click to call: AMI Originate rings 201, which answers, then calls out.",
         [far_end(), phone("201", "callee-hangup"), click("PJSIP/201", "9" + OUT)],
         [placed("201")],
         note="The first channel is PJSIP/201, made by Asterisk: its Newchannel has Exten s. "
              "The number shows in Newexten and DialBegin only.")
scenario("outbound-originate-through-local", "Click to call through Local/201@from-internal.",
         [far_end(), phone("201", "callee-hangup"), click("Local/201@from-internal/n", "9" + OUT)],
         [placed("201")])

# ==== internal ================================================================
scenario("internal-answered", "201 calls 202, which answers.",
         [phone("202"), dial("201", "202")],
         [])
scenario("internal-busy-voicemail", "201 calls 202, which is busy; the voicemail answers.",
         [phone("202", "callee-busy"), dial("201", "202")],
         [])
scenario("internal-to-queue", "204 calls the queue 700; 201 answers.",
         [phone("201"), phone("202", "callee-noanswer"), phone("203", "callee-noanswer"), dial("204", "700", talk=4000)],
         [])
scenario("internal-to-nps", "201 calls the survey 8001 and gives 7.",
         [dial("201", "8001", "caller-dtmf", digits="7", talk=6000)],
         [ev("ivr_received", "201", "8001", ivr="nps"),
          ev("ivr_option_selected", "201", "8001", ivr="nps", option="7")],
         note="FROM_DID is empty: no trunk took part. A call reached a menu all the same.")
scenario("internal-to-menu-and-outside", "204 dials the menu and chooses 6, which leads out over the trunk.",
         [far_end(), dial("204", "8002", "caller-dtmf", digits="6", talk=5000)],
         [ev("ivr_received", "204", "8002", ivr="ivr-1"), ev("ivr_option_selected", "204", "8002", ivr="ivr-1", option="6")],
         not_sent=[placed("204")])
scenario("internal-followme-mobile-answers", "201 dials 206: the mobile answers.",
         [phone("203", "callee-noanswer"), far_end(ring=2000), dial("201", "206")],
         [],
         not_sent=[placed("201")])
scenario("internal-invalid", "201 dials a number that exists nowhere.",
         [dial("201", "555")],
         [],
         note="Refused (404) before there is a channel: not one call event.")

# ==== odd ones ================================================================
d = DID["followme"]
scenario("followme-desk-answers", "206 rings the phone 203 and a mobile over the trunk; 203 answers.",
         [phone("203"), far_end("callee-noanswer"), carrier(d)],
         [received(d), answered(d, "203")],
         note="A trunk channel is dialled with the inbound call's Linkedid: not an outbound call that someone placed.")
scenario("followme-mobile-answers", "The same; the mobile answers.",
         [phone("203", "callee-noanswer"), far_end(ring=2000), carrier(d)],
         [received(d)],
         not_sent=[answered(d, "206"), placed("206")],
         note="Answered, by no phone of the PBX.")
d = DID["ext203"]
scenario("forward-by-phone", "203's phone forwards its calls to a mobile over the trunk by itself (302); the mobile answers.",
         [phone("203", "callee-forward", target="9" + OUT), far_end(), carrier(d, talk=4000)],
         [received(d)],
         not_sent=[answered(d, "203"), placed("203")],
         note="Two legs over the trunk, both 203's. DialEnd CANCEL has the number as Forward.")
scenario("group-forward-by-phone", "The ring group; 203's phone forwards to a mobile by itself, which answers.",
         [phone("201", "callee-noanswer"), phone("202", "callee-noanswer"),
          phone("203", "callee-forward", target="9" + OUT), far_end(), carrier(DID["group"], talk=4000)],
         [received(DID["group"])],
         not_sent=[answered(DID["group"], "203"), placed("203")],
         note="Of three users who were called, 203 is responsible for the leg to the mobile.")
scenario("two-calls-at-once", "Two callers at the same time, to 201 and to the menu; 201 and 203 answer.",
         [phone("201", ring=2000), phone("203"), carrier(DID["ext201"], talk=5000),
          carrier(DID["ivr"], "caller-dtmf", digits="9", src="12025550172", slot=1, talk=5000, at=0.0)],
         [received(DID["ext201"]), answered(DID["ext201"], "201"),
          received(DID["ivr"], "12025550172"), ivr(DID["ivr"], "ivr-1", "12025550172"),
          option(DID["ivr"], "ivr-1", "9", "12025550172"), answered(DID["ivr"], "203", "12025550172")],
         note="The order is that within each call; the two calls' events mix.")
d = DID["noisy"]
scenario("inbound-noisy-dialplan", "As inbound-answered, through a dialplan that first sets 100 variables in a loop.",
         [(0.0, "phone 250", lambda lab: Sipp(lab, "callee-answer", PHONES, lab.p("p250"), wait_ms=1000)), carrier(d)],
         [received(d), answered(d, "250")])

# ==== tenants =================================================================
def of(tenant, event):
    """An event of that tenant's service."""
    return {**event, "tenant": tenant}


scenario("tenants-both-101", "Two tenants behind one trunk, each with an extension 101: a call to each, one of them through a menu, "
         "and one to a tenant that nobody serves.",
         [phone("acme-101"), phone("globex-101"), carrier(DID["acme"], talk=4000),
          carrier(DID["globex"], "caller-dtmf", digits="1", src="12025550172", slot=1, talk=4000, at=0.0),
          carrier(DID["hooli"], src="12025550173", slot=2, at=0.0)],
         [of("acme", received(DID["acme"])), of("acme", answered(DID["acme"], "101")),
          of("globex", received(DID["globex"], "12025550172")), of("globex", ivr(DID["globex"], "globex-ivr", "12025550172")),
          of("globex", option(DID["globex"], "globex-ivr", "1", "12025550172")),
          of("globex", answered(DID["globex"], "101", "12025550172"))],
         tenants=True,
         note="At its Newchannel no call shows whose it is: Tenantid and AccountCode are set by the dialplan of the DID.")
scenario("tenants-call-out", "The 101 of one tenant calls out, then that of the other.",
         [far_end(), dial("acme-101", "9" + OUT, talk=1500), far_end(at=6.0), dial("globex-101", "912025550189", talk=1500)],
         [of("acme", placed("101")), of("globex", placed("101", "12025550189"))],
         tenants=True)
