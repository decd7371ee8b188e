"""When a call reaches a menu, and what an option is.

A *visit* lasts from the first menu that a leg reaches until it leaves for something that is no menu: it
rings somebody, talks, or goes elsewhere in the dialplan (a subroutine from which it returns is not
elsewhere). Within a visit a menu that repeats, or is come back to, is not reached anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from switchhook.domain.call import Call, HeldMenu, Leg, PendingOption, Visit
from switchhook.domain.catalogue import EventType
from switchhook.domain.facts import Direction, MenuEntered, OptionChosen, PlaceReached, Point
from switchhook.domain.outcome import Telling
from switchhook.domain.profile import Acquaintance

_OPTION = re.compile(r"[0-9*#A-D]+\Z")


class Menus:
    """Follows legs through menus. `announce` tells, before anything else is told of a call, that it came in.

    A user who has a caller on the other line and calls a menu is about to put the caller there, most likely: that is
    one thing that happens, and the caller's call is told of. So the user's own call is told as reaching the menu only
    when it turns out otherwise: when an option is chosen in it, or it leaves the menu and nobody was transferred.
    The same where the user asks by a feature code: the PBX calls the menu then, by a local leg of the caller's call.
    If the user comes back from there, the caller never reached it.
    """

    def __init__(
        self, telling: Telling, known: Acquaintance, announce: Callable[[Call, datetime | None], None],
        has_another_call: Callable[[Leg], bool],
    ) -> None:
        """`has_another_call`: the party of this leg has another call."""
        self._telling = telling
        self._known = known
        self._announce = announce
        self._has_another_call = has_another_call

    # -- what the dialplan's places show ---------------------------------------
    def place_reached(self, leg: Leg, fact: PlaceReached) -> None:
        """A leg is at a point of the dialplan: within a menu, or within none."""
        profile, visit = leg.call.profile, leg.visit
        if profile is None:
            return
        menu = profile.menu_at(fact.place)
        if visit is not None and visit.pending is not None:
            self._ponder(leg, visit, visit.pending, fact, menu)
        if menu is not None:
            self._in_menu(leg, menu, fact)
        elif visit is None:
            self._outside_menus(leg, fact)
        elif fact.place in visit.quiet_places:
            visit.in_subroutine = fact.may_return
        elif not visit.in_subroutine:
            self.leave(leg, fact.at)

    def _outside_menus(self, leg: Leg, fact: PlaceReached) -> None:
        """A place that is entered, and in which the caller then chooses, looks like a menu that nobody has named. What
        was keyed in is nobody's business."""
        if fact.point is Point.ENTRANCE:
            leg.entered = fact.place
        elif fact.point is Point.CHOICE and fact.place == leg.entered:
            leg.entered = ""  # said once
            self._telling.withhold(leg.call, EventType.IVR_RECEIVED, fact.at, f"the context {fact.place} looks like a "
                                   "menu, and is not named as one: Reading says which contexts are menus")

    def _in_menu(self, leg: Leg, menu: str, fact: PlaceReached) -> None:
        if fact.point is Point.ENTRANCE:
            self._reach(leg, menu, fact.at)
        elif fact.point is Point.CHOICE:
            if leg.visit is not None and menu in leg.visit.menus:
                self._choose(leg, menu, fact)
            elif leg.call.partial:  # it was in the menu before we listened
                self._enter(leg, menu)
                self._choose(leg, menu, fact)
            else:  # an entrance with a number of its own
                self._reach(leg, menu, fact.at)
        elif fact.point is Point.INSIDE and leg.visit is None and menu != leg.left_menu and not leg.call.partial:
            self._reach(leg, menu, fact.at, f"the call was put into the menu {menu}")
        if leg.visit is not None:
            leg.visit.in_subroutine = fact.may_return

    def _choose(self, leg: Leg, menu: str, fact: PlaceReached) -> None:
        if leg.visit is None or leg.call.profile is None:
            return
        if self._known.is_extension(leg.call.profile, fact.digits) or fact.digits in fact.rings:
            self._direct_dial(leg, menu, fact.digits, fact.at)
        elif len(fact.digits) > 1 and not fact.rings:
            leg.visit.pending = PendingOption(menu=menu, digits=fact.digits, at=fact.at, called_place=fact.may_return)
        else:
            self._option(leg, menu, fact.digits, fact.at, "place")

    def _ponder(self, leg: Leg, visit: Visit, pending: PendingOption, fact: PlaceReached, menu: str | None) -> None:
        """Is the pending option one? Not if the next thing is that extension's phone."""
        if pending.digits in fact.rings:
            visit.pending = None
            self._direct_dial(leg, pending.menu, pending.digits, pending.at)
        elif menu == pending.menu and fact.point is Point.INSIDE and not pending.called_place:
            pending.called_place = fact.may_return
        elif fact.rings or menu is not None or not (pending.called_place or visit.in_subroutine):
            self.settle(leg)

    # -- what the dialplan itself tells ------------------------------------------
    def menu_entered(self, leg: Leg, fact: MenuEntered) -> None:
        """The dialplan says that the leg reached a menu."""
        if leg.call.profile is None:
            return
        menu = leg.call.profile.menu_named(fact.menu)
        self._reach(leg, menu, fact.at)
        if leg.visit is not None and fact.place not in leg.visit.quiet_places:
            leg.visit.quiet_places.append(fact.place)

    def option_chosen(self, leg: Leg, fact: OptionChosen) -> None:
        """The dialplan says that the leg's caller chose an option."""
        if leg.call.profile is None:
            return
        menu = leg.call.profile.menu_named(fact.menu)
        if fact.keyed and self._known.is_extension(leg.call.profile, fact.digits):
            self._direct_dial(leg, menu, fact.digits, fact.at)
            return
        if leg.visit is None or not leg.visit.current:
            self._enter(leg, menu)
        visit = leg.visit
        if visit is not None and fact.place not in visit.quiet_places:
            visit.quiet_places.append(fact.place)
        if visit is not None and visit.pending is not None and visit.pending.digits == fact.digits:
            self.settle(leg)
        self._option(leg, menu, fact.digits, fact.at, "dialplan")

    # -- transfers, and leaving ----------------------------------------------------
    def take_over(self, leg: Leg, from_leg: Leg, place: str, at: datetime | None) -> None:
        """An attended transfer puts `leg` where the consulting user's own leg was, at `place`: in a menu, perhaps."""
        profile, visit = leg.call.profile, from_leg.visit or from_leg.last_visit
        menu = ""
        if profile is not None and visit is not None and visit.current:
            menu = profile.menu_at(place) or (visit.current if place in visit.quiet_places else "")
            if menu == visit.current:
                self._drop_held(from_leg.call, visit, at)
        self.leave(from_leg, at)
        if visit is not None and menu and menu == visit.current:
            leg.visit = leg.visit or Visit(quiet_places=visit.quiet_places)
            self._reach(leg, menu, at, f"the caller was transferred into the menu {menu}")

    def put_through(self, leg: Leg, at: datetime | None) -> None:
        """The caller is put where a user asked by a feature code: at the other end of this local leg, in a menu
        perhaps."""
        leg.put_through = True
        self._telling.changed(leg.call)
        asked = leg.pair
        if asked is not None and asked.visit is not None:
            menu = asked.visit.current
            is_held = any(held.menu == menu for held in asked.visit.held)
            self._drop_held(asked.call, asked.visit, at, but=menu)
            if is_held:
                self._tell_reached(asked, menu, at, f"the caller was transferred into the menu {menu}")

    def leave(self, leg: Leg, at: datetime | None, *, rings: str = "", may_go_on: bool = False) -> None:
        """The leg has left for something that is no menu; it rings the device `rings`, perhaps.
        `may_go_on`: the menu's dialplan may take its next step afterwards."""
        if leg.visit is not None:
            pending = leg.visit.pending
            if pending is not None and rings == pending.digits:
                leg.visit.pending = None
                self._direct_dial(leg, pending.menu, pending.digits, pending.at)
            self.settle(leg)
            leg.left_menu = leg.visit.current if may_go_on else ""
            leg.last_visit, leg.visit = leg.visit, None
            self._telling.changed(leg.call)

    def ended(self, leg: Leg, at: datetime | None) -> None:
        """The leg is over."""
        if leg.visit is not None and leg.local and not self._is_dialled(leg):
            for held in leg.visit.held:
                self._telling.withhold(leg.call, EventType.IVR_RECEIVED, at, f"a user called the menu {held.menu} to "
                                       "put the caller there, and did not: the caller never reached it")
            leg.visit.held.clear()
        self.settle(leg)

    def dialled(self, leg: Leg) -> None:
        """The dialplan rang the leg: where the other end of a local one is, no user asked the way."""
        if leg.pair is not None:
            self._tell_held(leg.pair)

    def settle(self, leg: Leg) -> None:
        """Nothing contradicts what is held back any more: the menu was reached for its own sake, and the pending option
        was one."""
        self._tell_held(leg)
        if leg.visit is not None and leg.visit.pending is not None:
            pending, leg.visit.pending = leg.visit.pending, None
            self._option(leg, pending.menu, pending.digits, pending.at, "place")

    # -- telling -------------------------------------------------------------------
    def _enter(self, leg: Leg, menu: str) -> Visit:
        visit = leg.visit = leg.visit or Visit()
        if menu not in visit.menus:
            visit.menus.append(menu)
        visit.current = menu
        leg.heard_menu = True
        return visit

    def _reach(self, leg: Leg, menu: str, at: datetime | None, why: str | None = None) -> None:
        if leg.visit is not None and menu in leg.visit.menus:
            again = "repeats, or was told twice" if leg.visit.current == menu else "was come back to from another"
            leg.visit.current = menu
            self._telling.withhold(leg.call, EventType.IVR_RECEIVED, at,
                                   f"the menu {menu} {again}: it is reached anew only after the call has left")
            return
        visit = self._enter(leg, menu)
        if self._asks_the_way(leg):
            visit.held.append(HeldMenu(menu=menu, at=at))
            self._telling.changed(leg.call)
        else:
            self._tell_reached(leg, menu, at, why or f"the call reached the menu {menu}")

    def _asks_the_way(self, leg: Leg) -> bool:
        """Is it a user's who has a caller waiting: on the other line or, by a feature code, in this call?"""
        if not leg.local:
            return leg.began_call and leg.call.direction is Direction.INTERNAL and self._has_another_call(leg)
        asked_by = leg.pair
        return bool(leg.on_behalf_of) and asked_by is not None and not (
            asked_by.began_call or asked_by.put_through or self._is_dialled(leg))

    @staticmethod
    def _is_dialled(leg: Leg) -> bool:
        """Has the dialplan rung this local leg: for a queue, a ring group, a forward?"""
        return leg.dialled_by is not None or (leg.pair is not None and leg.pair.dialled_by is not None)

    def _tell_reached(self, leg: Leg, menu: str, at: datetime | None, why: str) -> None:
        self._announce(leg.call, at)
        self._telling.tell(leg.call, EventType.IVR_RECEIVED, at, why, leg.id, menu, _instant(at), ivr_name=menu)

    def _tell_held(self, leg: Leg) -> None:
        while leg.visit is not None and leg.visit.held:
            held = leg.visit.held.pop(0)
            self._tell_reached(leg, held.menu, held.at, f"the call reached the menu {held.menu}")

    def _drop_held(self, call: Call, visit: Visit, at: datetime | None, but: str = "") -> None:
        for held in visit.held:
            if held.menu != but:
                self._telling.withhold(call, EventType.IVR_RECEIVED, at, f"the user called the menu {held.menu} to put "
                                       "a caller there: the caller's call is told of, once")
        visit.held.clear()

    def _option(self, leg: Leg, menu: str, digits: str, at: datetime | None, way: str) -> None:
        if not _OPTION.match(digits):
            self._telling.withhold(leg.call, EventType.IVR_OPTION, at, f"{digits!r} in the menu {menu} is no option")
            return
        visit = leg.visit = leg.visit or Visit()
        self._tell_held(leg)
        twin = visit.awaiting_twin.get((menu, digits))
        if twin is not None and twin != way:
            del visit.awaiting_twin[menu, digits]
            self._telling.withhold(leg.call, EventType.IVR_OPTION, at, f"option {digits} in the menu {menu} was told "
                                   "twice, by its place and by the dialplan")
            return
        visit.awaiting_twin = {**dict(list(visit.awaiting_twin.items())[-32:]), (menu, digits): way}
        self._announce(leg.call, at)
        self._telling.tell(leg.call, EventType.IVR_OPTION, at, f"the caller chose {digits} in the menu {menu}",
                           leg.id, menu, digits, _instant(at), ivr_name=menu, option_selected=digits)

    def _direct_dial(self, leg: Leg, menu: str, digits: str, at: datetime | None) -> None:
        self._telling.withhold(leg.call, EventType.IVR_OPTION, at,
                               f"{digits} in the menu {menu} is an extension dialled directly, not an option")


def _instant(at: datetime | None) -> str:
    """The moment, to tell two equal choices of one call apart; "" where there is none."""
    return "" if at is None else str(int(at.timestamp() * 1000))
