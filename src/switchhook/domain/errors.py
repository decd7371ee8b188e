"""Everything that can go wrong, sorted by what happens next.

Expected outcomes (a busy line, a 500) are values and not here.

SwitchhookError
├── SettingsError            the process does not start: a person must correct a setting
├── StoreError
│   ├── StoreUnavailable     try again later; nothing is lost, the caller still holds it
│   ├── SchemaMismatch       the process does not start: migrate first
│   └── OwnershipLost        another engine has taken over: stop, and start as a new incarnation
├── PbxError
│   ├── LoginRefused         wait long before trying again: a person must correct the login
│   ├── NotPermitted         this one question is refused: ask the others, and say so
│   ├── Silent               the PBX said nothing for too long: connect again
│   └── Disconnected         connect again
├── CannotRender             this attempt cannot be made; the Delivery says why
├── CannotOpen               a sealed secret does not open with the keys that we have
└── WrongFile                a file of integrations cannot be used; the text says what to correct
"""


class SwitchhookError(Exception):
    """Something went wrong in Switchhook."""

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "").strip()


class SettingsError(SwitchhookError):
    """A setting is missing or wrong."""


class StoreError(SwitchhookError):
    """The database did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database is away: what was to be written is still held and will be tried again."""


class SchemaMismatch(StoreError):
    """The database is of another schema than this release: run `switchhook migrate`."""


class OwnershipLost(StoreError):
    """Another engine has declared this one dead and taken over its work."""


class PbxError(SwitchhookError):
    """A Connection to a PBX failed."""


class LoginRefused(PbxError):
    """The PBX refused the login: check user, secret and the permitted addresses."""


class NotPermitted(PbxError):
    """The PBX refuses to answer this to our login."""


class Silent(PbxError):
    """The PBX did not answer a ping in time."""


class Disconnected(PbxError):
    """The connection to the PBX broke."""


class CannotRender(SwitchhookError):
    """The request cannot be made from this integration and this event."""


class CannotOpen(SwitchhookError):
    """A stored secret cannot be opened: the key that sealed it is not among SECRET_KEYS."""


class WrongFile(SwitchhookError):
    """A file that somebody gave us is not what it should be."""
