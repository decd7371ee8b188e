"""Where a service's users come from, and what of them can therefore be changed here."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from switchhook.domain.directory import KNOWN_DETAILS
from switchhook.domain.service import DirectorySource, Platform
from switchhook.web.models import DirectoryState, Service, UserDatabase
from switchhook.web.services.actions import save_service
from switchhook.web.services.asking import may_ask
from switchhook.web.services.models import DIRECTORY_SOURCES
from switchhook.web.tenancy import Access

_OF_PLATFORM = {
    Platform.ASTERISK: (DirectorySource.FREEPBX, DirectorySource.VOICEMAIL),
    Platform.FREESWITCH: (DirectorySource.FREESWITCH, DirectorySource.FUSIONPBX),
}


def source_of(service: Service) -> DirectorySource:
    """The one source of the service's users."""
    return DirectorySource(service.directory_source)


def is_kept_here(service: Service) -> bool:
    """Whether users are created and deleted here: else they are on the PBX, and nowhere else."""
    return source_of(service) is DirectorySource.PORTAL


def known_to_pbx(service: Service) -> frozenset[str]:
    """The details of a user that are the PBX's to say, by their names in PbxUser: read-only here."""
    return KNOWN_DETAILS[source_of(service)] | (frozenset() if is_kept_here(service) else {"extension_number"})


def possible_sources(service: Service) -> Sequence[tuple[str, str]]:
    """What the service's users can come from, with the words of the form."""
    platform = Platform(service.connection.platform) if service.connection else Platform.INTAKE
    possible = {DirectorySource.PORTAL, *_OF_PLATFORM.get(platform, ())}
    known = UserDatabase.objects.filter(connection__services=service).exists()
    if not known and source_of(service) is not DirectorySource.FUSIONPBX:
        possible.discard(DirectorySource.FUSIONPBX)
    return [(value, str(words)) for value, words in DIRECTORY_SOURCES if DirectorySource(value) in possible]


class NotOurs(ValueError):
    """The PBX carries others' calls, too: this person may not have it read."""

    def __init__(self) -> None:
        super().__init__(_("This PBX carries others' calls, too: only your operator may have it read."))


def choose_source(access: Access, service: Service, source: DirectorySource, scope: str) -> None:
    """From now on the users come from there. `scope`: which of several the PBX has. Raises NotOurs."""
    if source is not DirectorySource.PORTAL and not may_ask(access, service):
        raise NotOurs
    scoped = source not in (DirectorySource.PORTAL, DirectorySource.FREEPBX)  # neither has several
    service.directory_source, service.directory_scope = source.value, scope if scoped else ""
    save_service(service)


def state_of(service: Service) -> DirectoryState | None:
    """How reading the users goes; None where they are kept here, or were not read from this source yet."""
    if is_kept_here(service):
        return None
    return DirectoryState.objects.filter(
        service_id=service.id, source=service.directory_source, scope=service.directory_scope).first()
