"""A FreeSWITCH that is made up: what it would send, by what happens (synthetic)."""

from __future__ import annotations

from switchhook.domain.catalogue import Field
from switchhook.domain.event import Event
from switchhook.domain.facts import LegStarted
from switchhook.domain.profile import Profile
from switchhook.domain.tracker import Claim, Tracker
from switchhook.pbx.freeswitch import FreeSwitchReader
from tests.pbx.recorded import PROFILE


class Switch:
    """A made-up FreeSWITCH: events in order, a second apart."""

    def __init__(self, profile: Profile | None = None, claim: Claim | None = None) -> None:
        self.claimed: list[str] = []
        self.events: list[Event] = []
        self.reader = FreeSwitchReader()
        self.now = 1_795_311_590_000_000
        self._claim = claim or (lambda _: profile or PROFILE)
        self.tracker = Tracker(self._asked)

    def _asked(self, leg: LegStarted) -> Profile | None:
        self.claimed.append(leg.tenant)
        return self._claim(leg)

    def says(self, name: str, leg: str, **headers: str) -> None:
        """One event."""
        self.now += 1_000_000
        event = {"Event-Name": name, "Unique-ID": leg, "Event-Date-Timestamp": str(self.now),
                 **{key.replace("_", "-"): value for key, value in headers.items()}}
        event |= {key: value for key, value in headers.items() if key.startswith("variable_")}
        for fact in self.reader.facts(event):
            self.events += self.tracker.feed(fact).events

    def comes_in(self, leg: str = "in", dialled: str = "12025550101", **more: str) -> None:
        """A call over a trunk."""
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=leg, Call_Direction="inbound", Caller_Context="public",
                  Caller_Caller_ID_Number="12025550171", Caller_Destination_Number=dialled,
                  variable_sofia_profile_name="external", **more)

    def dials(self, leg: str, phone: str, number: str, *, domain: str = "default", **more: str) -> None:
        """A phone dials."""
        headers = {"variable_sofia_profile_name": "internal", **more}
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=leg, Call_Direction="inbound", Caller_Context=domain,
                  Caller_Username=phone, Caller_Caller_ID_Number=phone, Caller_Destination_Number=number, **headers)

    def rings(
        self, leg: str, by: str, user: str = "", gateway: str = "", number: str = "", call: str = "", **more: str,
    ) -> None:
        """A phone or a trunk is rung."""
        more |= {"variable_dialed_user": user} if user else {"variable_sip_gateway_name": gateway}
        self.says("CHANNEL_CREATE", leg, Channel_Call_UUID=call or by, Call_Direction="outbound",
                  Caller_Context="default", Caller_Destination_Number=number or user,
                  variable_originating_leg_uuid=by, **more)

    def joins(self, one: str, other: str) -> None:
        """Two legs talk."""
        self.says("CHANNEL_BRIDGE", one, Other_Leg_Unique_ID=other)

    def menu(self, what: str, leg: str, name: str, **more: str) -> None:
        """A menu is entered or left."""
        self.says("CUSTOM", leg, Event_Subclass=f"menu::{what}", Menu_Name=name, **more)

    def keys(self, leg: str, digits: str) -> None:
        """Digits are keyed in, one a second."""
        for digit in digits:
            self.says("DTMF", leg, DTMF_Digit=digit)

    @property
    def told(self) -> list[str]:
        """The events' types, short."""
        return [event.type.rpartition(".")[2] for event in self.events]

    @property
    def options(self) -> list[object]:
        """The options' digits."""
        return [event.fields[Field.OPTION_SELECTED] for event in self.events if "option" in event.type]
