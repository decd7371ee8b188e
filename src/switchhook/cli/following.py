"""Following the account's events: asked for again and again, also after the server was away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from switchhook.cli.client import Client, Record
from switchhook.cli.exits import Busy, Unavailable

LOOK_SECONDS = 1.0
AWAY_SECONDS = 3.0


def follow(
    client: Client, *, types: Sequence[str] = (), service_id: str = "", since: str = "",
    tell: Callable[[str], None], sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Record]:
    """Events as they are accepted, without an end; from `since` on (RFC 3339), else from now on.

    `tell` gets a sentence when the server goes away, and when it is back. Raises CommandError when it was never there.
    """
    query: Record = {"type": list(types), "service_id": service_id}
    first = client.get("/events/feed", since=since, **query)  # at once: "from now on" is when this is called
    return _following(client, query, first, tell, sleep)


def _following(
    client: Client, query: Record, page: Record, tell: Callable[[str], None], sleep: Callable[[float], None],
) -> Iterator[Record]:
    is_away = False
    while True:
        yield from page["data"]
        if not page["more"]:
            sleep(LOOK_SECONDS)
        try:
            page = client.get("/events/feed", after=page["next"], **query)
            if is_away:
                tell("The server is back.")
            is_away = False
        except (Unavailable, Busy) as error:
            if not is_away:
                tell(f"{error} Trying on; no event is missed.")
            is_away = True
            page = page | {"data": [], "more": False}
            sleep(AWAY_SECONDS)
