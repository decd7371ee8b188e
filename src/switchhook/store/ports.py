"""What the engine needs of a database, no more.

Every method may raise StoreUnavailable; the caller keeps what it wanted to write and tries again.
A method that writes has committed when it returns (fsynced): accepted means committed. No method
waits for anything but the database, and none is called while a request to the outside is open in
the same transaction, because no transaction outlives a method.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from switchhook.domain.claiming import UnclaimedCall
from switchhook.domain.delivery import Attempt, Delivery, DeliveryState
from switchhook.domain.directory import DirectoryMemory, DirectoryReport, Plan
from switchhook.domain.event import Event
from switchhook.domain.failing import Failing, NoticeKind
from switchhook.domain.integration import Integration
from switchhook.domain.notes import CallSheet, Note
from switchhook.domain.service import Account, Connection, PbxUser, Service, UserDatabase

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All that people configured, as of `version` (it grows with every change). Secrets are opened."""

    version: int
    accounts: Mapping[UUID, Account]
    services: Mapping[UUID, Service]
    connections: Mapping[UUID, Connection]
    integrations: Mapping[UUID, Integration]
    users: Mapping[tuple[UUID, str], PbxUser]  # by (service, extension number)
    user_databases: Mapping[UUID, UserDatabase] = field(default_factory=dict)  # by connection
    broken: Mapping[UUID, str] = field(default_factory=dict)  # integration or connection → why it is left out
    no_key_fits: str = ""  # why, when there are secrets and not one of them opens


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMemory:
    """What must be remembered of an open call, so that a successor can go on: opaque to the store."""

    connection_id: UUID
    key: str  # the PBX's id of the call
    memory: str  # JSON; "" when the call is over: forget it


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call as it now is, for people, and what is to be added to its timeline. Every note has its time."""

    sheet: CallSheet
    notes: Sequence[Note]
    began_ms: int  # the sheet's, or when we first heard of the call
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One Event to be accepted, with all that is committed together with it.

    `deliveries` are written as claimed by the accepting engine, with attempt 1 allotted (`attempts` = 1), where
    `claimed` and unless listed in `unclaimed`; else they are due at once (`attempts` = 0) for whoever claims them:
    of one event, one integration may have room here and another none. `unwanted_reason` says why there is none.
    `intake_key` is the caller's own id for an event from intake: the first event with it counts.
    """

    event: Event
    deliveries: Sequence[Delivery] = ()
    claimed: bool = True
    unclaimed: frozenset[UUID] = frozenset()  # ids of deliveries
    unwanted_reason: str = ""
    intake_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What accepting came to. `new`: ids of the events that were not there before (only these are sent).
    `known`: id of an event whose intake key was there already → id of the event that counts for that key."""

    new: frozenset[UUID]
    known: Mapping[UUID, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A Delivery that is now ours, with its Event. Its `attempts` has been raised: that is the number of this attempt.

    `integration_id` may be gone from the Configuration: then the Delivery is cancelled by the caller.
    `manual`: a person asked for this attempt."""

    delivery: Delivery
    event: Event
    manual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An Attempt to record. Compare-and-set: only while `owner` holds the Delivery at this attempt number
    does the Delivery change state; otherwise the Attempt is kept as history and nothing else changes."""

    attempt: Attempt
    owner: UUID
    integration_id: UUID | None = None  # for which it is counted; None: for none (a test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something that a person asked of the engine. `args` is JSON, by kind:

    - ``user_changed``  {"type": "user.modified", "at_ms", "service_id", "user": {...}, "before": {...}|null}
    - ``send_test``     {"integration_id", "event_type"?: str}   result {"delivery_id"}
    - ``test_event``    {"service_id", "event_type"}              result {"event_id", "deliveries": count}
    - ``redeliver``     {"delivery_ids": [...]}                   result {"count"}
    - ``cancel``        {"delivery_ids": [...]}                   result {"count"}
    - ``catch_up``      {"integration_id", "since_ms", "total"?: int}
    - ``redeliver_many`` {"integration_id"?, "event_type"?, "state"?, "since_ms", "until_ms", "total"?: int}
      both: result {"done", "total"}, also while they are under way; "total" is an estimate, null: unknown
    - ``test_connection`` {"connection_id"}                      result {"ok", "detail", "missing": [...], "version"}
    - ``detect``        {"connection_id"}                        result {"detail"}, or domain.detection.Detected as JSON
    - ``test_call``     {"service_id", "kind"}                    result {"call_uuid"}
    """

    id: UUID
    account_id: UUID | None
    kind: str
    args: Mapping[str, object]
    created_at: datetime
    progress: Mapping[str, object] = field(default_factory=dict)  # how far it had come: `Store.progress_errand`


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Which deliveries a person wants to recover: those of the account that ended in one of the states without having
    been delivered, of events from `since` to before `until`. Tests are never among them."""

    account_id: UUID
    since: datetime
    until: datetime
    integration_id: UUID | None = None
    event_type: str = ""
    states: frozenset[DeliveryState] = frozenset(
        {DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch(Generic[T]):
    """What was found in a bounded stretch of history, oldest first. `end`: the id with which it ended, after which the
    next one begins; None: this was the last."""

    found: Sequence[T]
    end: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReport:
    """How a Connection is. `state`: connecting · connected · refused · silent · broken · stopped."""

    connection_id: UUID
    state: str
    since: datetime
    detail: str = ""
    last_message_at: datetime | None = None
    messages: int = 0
    messages_per_second: float = 0.0  # of late
    reconnects: int = 0
    unclaimed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From `begin` to `end` we did not hear the PBX; `partial_calls` were open then."""

    connection_id: UUID
    begin: datetime
    end: datetime
    reason: str
    partial_calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRequest:
    """A request that the request inbox got."""

    id: UUID
    inbox_id: UUID
    at: datetime
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_truncated: bool
    answered_status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A request inbox: whose it is and how it answers."""

    id: UUID
    account_id: UUID
    answer_status: int = 200
    answer_delay_ms: int = 0


class Store(Protocol):
    """The database as the engine sees it."""

    # -- life ---------------------------------------------------------------
    async def open(self) -> None:
        """Connect. Raises SchemaMismatch when the schema number is not this release's (or the next one's)."""

    async def close(self) -> None: ...

    async def begin_incarnation(self, engine_id: UUID, host: str, pid: int) -> None:
        """Write this engine's heartbeat row."""

    def fence(self, engine_id: UUID) -> None:
        """From now on write only while this engine's heartbeat row is there, and raise OwnershipLost when it is not:
        whoever was frozen and taken for dead does no harm when it wakes up."""

    async def beat(self, engine_id: UUID) -> None:
        """Renew the heartbeat, by the database's clock. Raises OwnershipLost when we were declared dead."""

    async def end_incarnation(self, engine_id: UUID) -> None:
        """Release all that this engine holds (claims, errands, connections) and remove its row."""

    async def bury_dead(self, dead_after_seconds: float, engine_id: UUID | None = None) -> list[UUID]:
        """Take what dead engines held: their deliveries are due at once, unclaimed; so are errands, connections.
        `engine_id` asks: when it did not beat itself lately, the database was away, and nobody is known to be dead."""

    # -- configuration ------------------------------------------------------
    async def configuration_version(self) -> int: ...

    async def load_configuration(self) -> Configuration: ...

    async def wait_for_change(self, timeout_seconds: float) -> None:
        """Return when something of the web's may have changed (configuration, errand, due delivery), or at the
        time-out: PostgreSQL NOTIFY, SQLite `PRAGMA data_version`. May return early for no reason, and does so each
        second on PostgreSQL. For one task at a time."""

    async def disable_integration(self, integration_id: UUID, reason: str) -> None:
        """Disable it in the configuration, saying when and why, raise the configuration's version, owe the
        account's admins an e-mail of it and, where it is granted, the account's other integrations the event; in one
        transaction."""

    # -- the way of an event --------------------------------------------------
    async def accept(
        self, engine_id: UUID, batch: Sequence[Acceptance], calls: Sequence[CallMemory] = (),
        errand_id: UUID | None = None, errand_result: Mapping[str, object] | None = None,
    ) -> Accepted:
        """Write events, deliveries, open calls, and close the errand with its result, in ONE transaction.

        Calls of a Connection that another engine owns by now are left as they are: its memory is the newer one."""

    async def claim(
        self, engine_id: UUID, limit: int, *, firsts: bool, skip: Collection[UUID] = (),
    ) -> list[Claimed]:
        """Claim up to `limit` unclaimed deliveries that are due: first attempts (those of which no attempt has been
        recorded) or retries. Raises the attempt count. Deliveries past their expiry become EXPIRED here.

        Fair: every integration with due deliveries gets its share, the longest due first, so that one's backlog
        hides nobody else's; what one leaves of its share goes to the others. `skip` are integrations that have no room
        now. First attempts are due from when they were made, so that they come in the order of their events. Fewer
        than `limit`: nothing else is due, except what other engines are just taking."""

    async def next_due_seconds(self) -> float | None:
        """Seconds until the next unclaimed delivery is due (0: now); None: there is none."""

    async def release(self, engine_id: UUID, delivery_ids: Sequence[UUID], due_in_seconds: float = 0.0) -> None:
        """Give claimed deliveries back, due after that many seconds, the allotted attempt taken back."""

    async def held(self, engine_id: UUID) -> frozenset[UUID]:
        """The deliveries that this engine holds, also those of which it does not know: claims that were committed
        while the answer was lost."""

    async def cancel(self, delivery_ids: Sequence[UUID], why: str, account_id: UUID | None = None) -> int:
        """PENDING deliveries (of that account, where one is given) become CANCELLED; returns how many there were."""

    async def record(self, batch: Sequence[Recording]) -> list[bool]:
        """Write attempts and new states in one transaction. True where the Delivery's state was ours to change."""

    async def earlier_firsts_pending(self, delivery_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Of these deliveries, those whose integration and order key have an earlier Delivery (by event sequence)
        with no recorded first attempt yet: they must wait."""

    # -- how integrations do ------------------------------------------------------
    async def rest(self, integration_id: UUID, since: datetime | None, probe_at: datetime | None) -> None:
        """Say, for the portal, that it is left alone because its receiver has failed since then, and when it is
        asked next; None: it is no longer."""

    async def failing(self, at_least: int) -> list[Failing]:
        """Enabled integrations with so many failures since their last success."""

    async def give_notice(self, integration_id: UUID, kind: NoticeKind, since: datetime, detail: str) -> None:
        """Owe the account's admins an e-mail, once for what has lasted since then."""

    # -- errands ----------------------------------------------------------------
    async def claim_errands(self, engine_id: UUID, limit: int) -> list[Errand]: ...

    async def finish_errand(self, errand_id: UUID, *, ok: bool, result: Mapping[str, object]) -> None: ...

    async def progress_errand(self, engine_id: UUID, errand_id: UUID, progress: Mapping[str, object]) -> bool:
        """Write how far a long errand has come: for the page, and for who takes it up when we die. False: it is ours
        no longer (a person paused or cancelled it, another engine has it), so that it must not be gone on with."""

    async def redeliver(self, engine_id: UUID, delivery_ids: Sequence[UUID], account_id: UUID) -> int:
        """Make each of the account's deliveries PENDING again, due now, its attempt marked as manual, its expiry
        renewed; one that an engine has in its hands is left to it. Returns how many there were."""

    # -- catching up --------------------------------------------------------------
    async def missed_events(self, integration: Integration, after: UUID, until: UUID, limit: int) -> Stretch[Event]:
        """Events of the integration's kind and place with ids after one and before another, in a stretch of `limit`
        events of the account; tests are not among them, nor what came while Applications were off."""

    async def owe(self, owed: Sequence[tuple[Event, Delivery]]) -> int:
        """Write deliveries of events that were accepted earlier, due at once for whoever claims them. One that is
        there already stays as it is. Returns how many were new."""

    async def undelivered(self, wanted: Undelivered, after: UUID, limit: int) -> Stretch[UUID]:
        """The ids of such deliveries, after one, in a stretch of `limit` deliveries of the account or integration."""

    # -- PBX connections ----------------------------------------------------------
    async def own_connection(self, engine_id: UUID, connection_id: UUID) -> bool:
        """Become the owner unless another living engine is; True when we own it (also: still)."""

    async def disown_connection(self, engine_id: UUID, connection_id: UUID) -> None: ...

    async def last_heard_at(self, connection_id: UUID) -> datetime | None:
        """When an engine last heard that PBX, as it reported; None when none ever did."""

    async def report_connection(self, report: ConnectionReport) -> None: ...

    async def record_gap(self, gap: Gap) -> None: ...

    async def keep_unclaimed(self, connection_id: UUID, calls: Sequence[UnclaimedCall], keep: int) -> None:
        """Keep calls that no Service claimed, and of this Connection only the newest `keep`."""

    async def open_calls(self, connection_id: UUID) -> list[CallMemory]: ...

    async def forget_calls(self, connection_id: UUID, keys: Sequence[str]) -> None: ...

    async def keep_calls(self, batch: Sequence[CallRecord]) -> None:
        """Write calls for people to read, each once in the batch: new ones, or what is new of them. Nothing that must
        not be lost is in it, and the same batch twice adds its notes twice."""

    # -- users that come from a PBX -------------------------------------------------
    async def directory_memory(self, service: Service) -> DirectoryMemory: ...

    async def apply_directory(
        self, service: Service, plan: Plan, told: DirectoryReport, most_users: int | None = None
    ) -> int:
        """Write what a PBX's list changes, with an errand for each user that tells of it, and the configuration's new
        version, in ONE transaction; returns how many users changed. The first import from a source tells of nobody.
        What is so already is left as it is, and where the service has got another source meanwhile, all of it.
        `most_users`: how many an account may have that has no number of its own; who is too many is left out."""

    async def report_directory(self, service: Service, told: DirectoryReport) -> None:
        """Say how reading the users went, where nothing is to be changed."""

    # -- request inbox --------------------------------------------------------------
    async def inbox(self, inbox_id: UUID) -> Inbox | None: ...

    async def keep_inbox_request(self, request: InboxRequest, keep: int = 100) -> None:
        """Keep it, and of this inbox only the newest `keep`."""

    # -- upkeep and health ------------------------------------------------------------
    async def make_partitions(self, days_ahead: int) -> None:
        """On PostgreSQL: see that events of today and of so many days to come have a partition of their own.
        To be called at the start and daily. What cannot be made now (a lock, say) is made the next time."""

    async def prune(self, before: datetime, limit: int, account_id: UUID | None = None) -> int:
        """Delete up to `limit` events (with deliveries and attempts) whose ids begin before that time, and as many
        calls that began before it: the account's, or everybody's; then, on PostgreSQL, whole partitions go first.
        Returns how many there were, of events or of calls, whichever were more."""

    async def overdue_seconds(self) -> float:
        """How long the unclaimed delivery that is due for longest has been due (0: nothing is)."""

    async def weigh(self, account_id: UUID) -> int:
        """How many bytes the account's events, deliveries and calls take, about; noted with the account. Bounded."""

    async def excess_until(self, account_id: UUID, share: float) -> datetime | None:
        """Before which moment that share (0–1) of the account's events was, the oldest first; None: it has none."""

    async def drop_bodies(self, before: datetime, limit: int, account_id: UUID) -> int:
        """Drop the bodies of up to `limit` of the account's deliveries that began before that time, and go on where the
        last call ended. Returns how many deliveries were looked at; 0: there is nothing more to do."""

    async def backlog(self) -> Mapping[str, int]:
        """For health and metrics: {"pending", "due", "claimed"}; bounded work, not a count over history."""


