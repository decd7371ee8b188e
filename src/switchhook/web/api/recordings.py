"""Recordings of a call over the API: which there are, and listening to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Path, Router
from pydantic import Field

from switchhook.domain.recordings import AUDIO, RecordingState
from switchhook.web.api.bearer import READ, RECORDINGS, access_of
from switchhook.web.api.problems import Problem, not_found
from switchhook.web.api.services import service_of
from switchhook.web.api.shapes import Shape
from switchhook.web.models import Call, Service
from switchhook.web.recordings.listening import note_listening
from switchhook.web.recordings.media import RangeBeyond, media
from switchhook.web.recordings.recorded import Recording, files_of, look_at, recordings_of
from switchhook.web.recordings.storage import Unreachable

router = Router()
_OF_CALL = "/services/{uuid:service_id}/calls/{uuid:call_id}/recordings"

_SOUND: dict[str, Any] = {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(set(AUDIO.values()))}


class RecordingShape(Shape):
    """A recording. `state`: none (it cannot be had here, `reason` says why), pending, ready or deleted."""

    number: int = Field(description="Counts from 1.")
    state: RecordingState
    file: str = Field(description="The file as the PBX names it; empty: it named none, and the pattern alone counts.")
    content_type: str | None
    size: int | None = Field(description="In bytes; null where the storage does not tell, or there is no file (yet).")
    seconds: float | None = Field(description="How long it is: of WAV files.")
    reason: str


class Recordings(Shape):
    """The recordings of a call. `state` in short: ready when one is, else pending when one is, else deleted; none."""

    state: RecordingState
    data: list[RecordingShape]


@router.get(_OF_CALL, response=Recordings, auth=READ)
def list_recordings(request: HttpRequest, service_id: UUID, call_id: UUID) -> Recordings:
    """The recordings of a call, by its Call UUID, and what can be had of each."""
    call, service = _call_of(request, service_id, call_id)
    try:
        found = recordings_of(call, service)
    except Unreachable as error:
        raise _away(error) from error
    states = {one.state for one in found}
    order = (RecordingState.READY, RecordingState.PENDING, RecordingState.DELETED)
    return Recordings(state=next((one for one in order if one in states), RecordingState.NONE),
                      data=[_shape(one) for one in found])


@router.get(f"{_OF_CALL}/{{int:number}}/media", auth=RECORDINGS, openapi_extra={"responses": {
    200: {"description": "The whole recording.", "content": _SOUND},
    206: {"description": "The range that was asked for.", "content": _SOUND}}})
def get_recording_media(
    request: HttpRequest, service_id: UUID, call_id: UUID, number: Path[int],
) -> HttpResponseBase:
    """The recording itself. `Range` is understood. 409 with Retry-After while it is pending; 410 when it is deleted."""
    call, service = _call_of(request, service_id, call_id)
    if not 1 <= number <= len(files_of(call, service)):
        raise not_found("recording")
    try:
        recording, opened = look_at(call, service, number)
        if opened is not None:
            response = media(request, recording, opened)
            note_listening(request, call, recording)
            return response
    except Unreachable as error:
        raise _away(error) from error
    except RangeBeyond as beyond:
        raise Problem(416, str(beyond), code="range_beyond", headers=beyond.headers) from beyond
    match recording.state:
        case RecordingState.PENDING:
            raise Problem(409, recording.why, code="recording_pending",
                          headers={"Retry-After": str(recording.retry_after_s)})
        case RecordingState.DELETED:
            raise Problem(410, recording.why, code="recording_deleted")
        case _:
            raise Problem(404, recording.why, code="recording_not_to_be_had")


def _call_of(request: HttpRequest, service_id: UUID, call_id: UUID) -> tuple[Call, Service]:
    access = access_of(request)
    service = service_of(access, service_id)
    call = access.calls().filter(id=call_id, service_id=service.id).first()
    if call is None:
        raise not_found("call")
    return call, service


def _shape(one: Recording) -> RecordingShape:
    return RecordingShape(
        number=one.number, state=one.state, file=one.file, content_type=one.content_type or None, size=one.size,
        seconds=one.seconds, reason=one.why)


def _away(error: Unreachable) -> Problem:
    return Problem(503, str(error), code="storage_away", headers={"Retry-After": "60"})
