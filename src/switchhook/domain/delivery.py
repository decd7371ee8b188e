"""Delivery, Attempt, Answer and Verdict. What an Answer means is decided in `judging`, said in `explaining`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID


class DeliveryState(StrEnum):
    """Where a Delivery is. Only PENDING is not final."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request exactly as it goes out. `secret_headers`: names (lower case) that the log masks."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    secret_headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds from the attempt's start; None for what did not come to pass."""

    total_ms: int
    connect_ms: int | None = None
    first_byte_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """The receiver answered. `body` is what was kept of it (16 KiB at most)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_truncated: bool
    timing: Timing


class Problem(StrEnum):
    """Why there was no answer."""

    CANNOT_RENDER = "cannot_render"
    ADDRESS_FORBIDDEN = "address_forbidden"
    NAME_NOT_FOUND = "name_not_found"
    CONNECTION_REFUSED = "connection_refused"
    CANNOT_CONNECT = "cannot_connect"
    CERTIFICATE = "certificate"
    TLS = "tls"
    CONNECT_TIMED_OUT = "connect_timed_out"
    TIMED_OUT = "timed_out"
    CONNECTION_LOST = "connection_lost"
    NOT_HTTP = "not_http"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The receiver did not answer. `detail` says it in plain words, with no secret in it."""

    problem: Problem
    detail: str
    timing: Timing


Answer = Responded | NoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """Not done; another attempt at `at`."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Not done and not tried again: the Delivery ends in `state` (FAILED or EXPIRED)."""

    state: DeliveryState
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableIntegration:
    """The receiver said that it is gone for good (410): the Delivery fails and the integration is disabled."""

    why: str


Verdict = Delivered | TryAgain | GiveUp | DisableIntegration


def name_of(verdict: Verdict) -> str:
    """The verdict in one word, for the database, logs and metrics."""
    match verdict:
        case Delivered():
            return "delivered"
        case TryAgain():
            return "try_again"
        case GiveUp():
            return "give_up"
        case DisableIntegration():
            return "disable_integration"
        case _:
            assert_never(verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One Event owed to one Integration. `attempts` counts those allotted, also ones never recorded."""

    id: UUID
    event_id: UUID
    account_id: UUID
    integration_id: UUID
    order_key: str
    created_at: datetime
    expires_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One HTTP request of a Delivery, numbered from 1: what was sent and what came back."""

    delivery_id: UUID
    number: int
    started_at: datetime
    request: Request | None  # None: it could not be rendered
    answer: Answer
    verdict: Verdict
