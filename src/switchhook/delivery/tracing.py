"""What is told of an event's way to whoever traces it. Nobody does, unless it was configured."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from switchhook.domain.delivery import Answer, Delivery
from switchhook.domain.event import Event
from switchhook.domain.integration import Integration


class Tracing(Protocol):
    """Is told what has been, and waits for nothing."""

    def accepted(self, event: Event, began_at: datetime, committed_at: datetime, deliveries: int) -> None:
        """The event was committed, with so many deliveries."""

    def attempted(
        self, event: Event, delivery: Delivery, integration: Integration, started_at: datetime, answer: Answer,
        verdict: str,
    ) -> None:
        """An attempt of the delivery, its `attempts`th, has ended."""

    def traceparent(self, event: Event, delivery: Delivery) -> str:
        """What the receiver of this attempt is to be told (W3C Trace Context); "": nothing."""


class NotTraced:
    """The Tracing of nobody."""

    def accepted(self, event: Event, began_at: datetime, committed_at: datetime, deliveries: int) -> None:
        pass

    def attempted(
        self, event: Event, delivery: Delivery, integration: Integration, started_at: datetime, answer: Answer,
        verdict: str,
    ) -> None:
        pass

    def traceparent(self, event: Event, delivery: Delivery) -> str:
        return ""
