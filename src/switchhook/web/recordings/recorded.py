"""The recordings of a call: which there are, and what can be had of each at this moment."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from switchhook.domain.errors import CannotOpen
from switchhook.domain.recordings import (
    Layout,
    Place,
    RecordedCall,
    RecordingState,
    Refused,
    pattern_needs_name,
    place_of,
)
from switchhook.web.models import Call, Service
from switchhook.web.recordings.storage import Opened, Unreachable, open_file
from switchhook.web.recordings.wav import HEADER_BYTES, seconds_of
from switchhook.web.saying import said
from switchhook.web.secrets import unseal

#: After so many seconds it is worth asking again for what is pending: while the call goes on, and after it.
_OPEN_SECONDS, _OVER_SECONDS = 30, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording of a call. `number` counts from 1; `file` is what the PBX calls it, "" when it told of none.
    `why`: what stands in the way. `size` in bytes, `seconds` long: where they are known."""

    number: int
    file: str
    state: RecordingState
    place: Place | None = None
    why: str = ""
    size: int | None = None
    seconds: float | None = None
    retry_after_s: int = 0

    @property
    def name(self) -> str:
        """What the file is called, for people."""
        return self.place.name if self.place is not None else self.file.rpartition("/")[2]

    @property
    def content_type(self) -> str:
        return self.place.content_type if self.place is not None else ""


def files_of(call: Call, service: Service) -> list[str]:
    """The files of a call as its PBX names them; one without a name when the service's pattern needs none."""
    named: list[str] = json.loads(call.recordings or "[]")
    if not named and service.recordings_root and not pattern_needs_name(service.recordings_pattern):
        return [""]
    return named


def recordings_of(call: Call, service: Service) -> list[Recording]:
    """Every recording of the call, looked at. Raises Unreachable."""
    found = []
    for number, _file in enumerate(files_of(call, service), start=1):
        recording, opened = look_at(call, service, number)
        if opened is not None:
            opened.close()
        if recording.file or recording.state is not RecordingState.DELETED:  # else there never was one
            found.append(recording)
    return found


def look_at(call: Call, service: Service, number: int) -> tuple[Recording, Opened | None]:
    """One recording, with its file open when it is ready. Raises IndexError, Unreachable."""
    file = files_of(call, service)[number - 1]
    if not service.recordings_root:
        why = _("The operator has not said where the recordings of this PBX are.")
        return Recording(number=number, file=file, state=RecordingState.NONE, why=why), None
    place = place_of(file, _layout(service), _recorded(call, service))
    if isinstance(place, Refused):
        why = _("This file is not looked for: %(why)s.") % {"why": said(place.why)}
        return Recording(number=number, file=file, state=RecordingState.NONE, why=why), None
    if call.ended_ms is None:
        return Recording(number=number, file=file, place=place, state=RecordingState.PENDING,
                         why=_("The call goes on."), retry_after_s=_OPEN_SECONDS), None
    opened = open_file(service.recordings_root, _options(service), place)
    if opened is not None and opened.size != 0:
        return _ready(number, file, place, opened), opened
    if opened is not None:
        opened.close()
    if time.time() * 1000 < call.ended_ms + settings.SWITCHHOOK.recording_grace_minutes * 60_000:
        return Recording(number=number, file=file, place=place, state=RecordingState.PENDING,
                         why=_("The file is not there yet."), retry_after_s=_OVER_SECONDS), None
    return Recording(number=number, file=file, place=place, state=RecordingState.DELETED,
                     why=_("The file is not there any more.")), None


def _ready(number: int, file: str, place: Place, opened: Opened) -> Recording:
    seconds = None
    if place.content_type == "audio/wav" and opened.size is not None:
        try:
            seconds = seconds_of(opened.handle.read(HEADER_BYTES), opened.size)
            opened.handle.seek(0)
        except Exception as error:  # each storage has errors of its own
            opened.close()
            raise Unreachable(_("The storage of the recordings broke off (%(error)s).") % {
                "error": type(error).__name__}) from error
    return Recording(number=number, file=file, place=place, state=RecordingState.READY, size=opened.size,
                     seconds=seconds)


def _layout(service: Service) -> Layout:
    return Layout(root=service.recordings_root, base=service.recordings_base, pattern=service.recordings_pattern)


def _recorded(call: Call, service: Service) -> RecordedCall:
    zone = ZoneInfo(service.account.time_zone)
    return RecordedCall(uuid=call.id, native_call_id=call.native_call_id,
                        day=datetime.fromtimestamp(call.began_ms / 1000, zone).date())


def _options(service: Service) -> str:
    try:
        return unseal(service.recordings_options_sealed, f"service:{service.id}:recordings_options")
    except CannotOpen as error:
        raise Unreachable(_("The storage options do not open. %(error)s") % {"error": said(error)}) from error
