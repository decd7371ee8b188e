"""The recordings of the calls that were scored: waited for until they are there, then fetched whenever one is needed.

No recording is copied here: what is kept is which there are. The search for them is in the book, so it goes on after a
restart. What is to be sent because of a score waits for it, but no longer than an hour.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from nps.book import Book, Recorded, Sought
from nps.messages import Enclosed, Sound
from nps.rounds import Rounds
from nps.switchhook_api import Absent, ApiFailed, NotYet, SwitchhookApi, There

log = logging.getLogger("nps.recordings")

FIRST_LOOK_SECONDS = 8  # after the score: most callers have hung up by then, and the file is there
FAILED_SECONDS = 120  # until the API is asked again, when it failed
PATIENCE_SECONDS = 3600
MOST_BYTES = 15 * 1024 * 1024  # of all recordings of a call together: as much as mail servers take


class Recordings:
    """One task that waits for recordings. `settled` is called when the search for one is over."""

    def __init__(
        self, api: SwitchhookApi | None, book: Book, settled: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._api = api
        self._book = book
        self._settled = settled
        self._clock = clock
        self.rounds = Rounds(self.look_due, book.next_awaited, clock)

    def first_look(self) -> float | None:
        """When to look for the recording of a call that was scored just now; None: not at all."""
        return self._clock() + FIRST_LOOK_SECONDS if self._api else None

    async def look_due(self) -> None:
        """Look once for each recording whose turn it is."""
        while awaited := self._book.awaited(now=self._clock()):
            for one in awaited:
                if self.rounds.stopping:
                    return
                self._note(one.call_uuid, await self._look(one.call_uuid), since=one.since)

    async def enclosed(self, call_uuid: str) -> Enclosed:
        """The recordings of a call, to be sent with a message. Raises ApiFailed."""
        recorded = self._book.recorded(call_uuid)
        if recorded is None:
            return Enclosed()
        if recorded.state is not Sought.THERE or self._api is None:
            return Enclosed(remark=f"There is no recording: {recorded.why or 'recordings are not asked for any more.'}")
        sounds: list[Sound] = []
        for number in recorded.numbers:
            async with self._api.media(recorded.service_id, call_uuid, number) as media:
                if media.status == 409:
                    raise ApiFailed("the recording is not there yet")
                if media.status != 200:
                    continue
                content = await media.read(MOST_BYTES - sum(len(one.content) for one in sounds))
                if content is None:
                    return Enclosed(remark="The recording is too large to be sent: listen to it on the dashboard.")
                name = f"call-{call_uuid}-{number}{media.ending}"
                sounds.append(Sound(name=name, content_type=media.content_type, content=content))
        if not sounds:
            return Enclosed(remark="There is no recording: it is not there any more.")
        return Enclosed(tuple(sounds), "The recording of the call is attached.")

    async def _look(self, call_uuid: str) -> There | NotYet | Absent:
        if self._api is None:
            return Absent("Recordings are not asked for any more.")
        try:
            return await self._api.find(call_uuid)
        except ApiFailed as error:
            log.warning("the recording of call %s: %s", call_uuid, error)
            return NotYet(str(error), FAILED_SECONDS)

    def _note(self, call_uuid: str, found: There | NotYet | Absent, *, since: float) -> None:
        now = self._clock()
        match found:
            case There(service_id, numbers):
                self._book.note_recorded(call_uuid, Recorded(Sought.THERE, "", service_id, numbers))
            case Absent(why):
                self._book.note_recorded(call_uuid, Recorded(Sought.ABSENT, why, "", ()))
            case NotYet(why, again_seconds) if now + again_seconds <= since + PATIENCE_SECONDS:
                self._book.note_awaited(call_uuid, why, next_at=now + again_seconds)
                return
            case NotYet(why):
                self._book.note_recorded(call_uuid, Recorded(Sought.ABSENT, f"After an hour: {why}", "", ()))
        self._settled()
