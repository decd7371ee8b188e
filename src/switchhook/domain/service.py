"""What an account has: Service, User, Connection, as both halves know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from switchhook.domain.catalogue import EventType


class DirectorySource(StrEnum):
    """Where a service's users come from: each service has one source. Switchhook provisions no PBX."""

    PORTAL = "portal"  # the portal and the API
    FREEPBX = "freepbx"  # AstDB's AMPUSER, by AMI
    VOICEMAIL = "voicemail"  # a plain Asterisk's mailboxes, by AMI
    FREESWITCH = "freeswitch"  # list_users, by the Event Socket
    FUSIONPBX = "fusionpbx"  # its tables, in PostgreSQL


class Platform(StrEnum):
    """What kind of PBX a Connection speaks to. INTAKE: no Connection, events come by HTTP."""

    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"
    SIMULATOR = "simulator"
    INTAKE = "intake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer. Everything but Connections belongs to exactly one."""

    id: UUID
    name: str
    time_zone: str = "UTC"  # an IANA name
    allowed_networks: tuple[str, ...] = ()  # CIDR; private ranges that the operator granted
    call_expiry_seconds: int = 24 * 3600
    user_expiry_seconds: int = 3 * 24 * 3600
    retention_days: int = 30  # how long events and deliveries are kept
    body_days: int | None = None  # how long bodies of requests and answers are; None: as long as the rest
    country: str = ""  # ISO 3166, two letters: where numbers without a country's prefix are from; "" unknown
    granted_events: frozenset[EventType] = frozenset()  # the extra events that the operator lets it select
    suspended: bool = False  # or closed: nothing fires
    max_in_flight: int | None = None  # requests open at once in one engine; None: the installation's default
    max_events_per_second: int | None = None  # by intake; None: the installation's default
    max_stored_mib: int | None = None  # None: the installation's default


#: The defaults fit FreePBX 15 to 17: the contexts that its trunk pages and menus generate.
DEFAULT_TRUNK_CONTEXTS = (
    "from-trunk*", "from-pstn*", "from-did*", "from-digital*", "from-analog*", "from-dahdi*",
)
DEFAULT_EXTENSIONS = ("[0-9]*",)
DEFAULT_MENUS = (("ivr-*", ""),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a service's calls are to be read: which devices are trunks, which contexts are menus.

    All patterns are globs (`fnmatch`, case matters). A menu's empty name means: named like its context.
    """

    trunks: tuple[str, ...] = ()
    trunk_contexts: tuple[str, ...] = DEFAULT_TRUNK_CONTEXTS
    menus: tuple[tuple[str, str], ...] = DEFAULT_MENUS  # (context, name), the first that fits counts
    extensions: tuple[str, ...] = DEFAULT_EXTENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One PBX as an account knows it."""

    id: UUID
    account_id: UUID
    connection_id: UUID | None
    name: str
    friendly_name: str
    applications_enabled: bool = False
    tenant_key: str = ""
    reading: Reading = field(default_factory=Reading)
    intake_token_hash: str = ""  # sha-256, hex; empty: no intake
    country: str = ""  # ISO 3166, two letters; "": the account's
    directory_source: DirectorySource = DirectorySource.PORTAL
    recordings_root: str = ""  # where its calls' recordings are; "": unknown, and there are no links to any
    directory_scope: str = ""  # which of the PBX's voicemail contexts or domains; "": the only one


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxUser:
    """A user of a PBX (never a Member, who logs in to the portal)."""

    id: UUID
    service_id: UUID
    extension_number: str
    name: str
    outbound_phone_number: str = ""
    has_voicemail: bool = False
    enabled_calls: tuple[str, ...] = ()  # out of catalogue.CALL_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One login to one PBX; the operator's."""

    id: UUID
    name: str
    platform: Platform
    host: str = "127.0.0.1"
    port: int = 5038
    tls: bool = False
    tls_ca: str = ""  # PEM: the authorities that may have signed the PBX's certificate; "": the system's
    username: str = ""
    secret: str = ""
    calls_per_minute: float = 12.0  # the simulator's rate


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDatabase:
    """The PostgreSQL in which the FusionPBX behind a Connection keeps its users, with a login that may only read."""

    connection_id: UUID
    host: str
    port: int = 5432
    name: str = "fusionpbx"
    username: str = "switchhook"
    secret: str = ""
    tls: bool = False  # and then nobody but the one in the certificate is believed; else where both sides can
    tls_ca: str = ""  # PEM, as a Connection's
