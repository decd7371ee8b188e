"""Recordings: where the file of a recorded call is, below the root that the operator gave its service.

What a PBX calls a file is a stranger's word. Of it nothing reaches a storage but plain segments, one below the other:
whatever else it holds (a way up, another root, an URL, a control character) makes it refused, not corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import unquote, urlsplit
from uuid import UUID

MOST_RECORDINGS = 50  # of one call

#: What counts as a recording, by the end of its name in lower case.
AUDIO = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "opus": "audio/ogg", "flac": "audio/flac",
    "m4a": "audio/mp4", "aac": "audio/aac", "webm": "audio/webm", "gsm": "audio/gsm", "au": "audio/basic",
    "ulaw": "audio/basic", "alaw": "audio/x-alaw-basic",
}

#: Where Asterisk and FreeSWITCH put recordings, unless they are told otherwise.
USUAL_BASES = (
    "/var/spool/asterisk/monitor", "/var/lib/freeswitch/recordings", "/usr/local/freeswitch/recordings",
)

#: What the simulated PBX calls each of its recordings: there is one, which the demo puts there.
MADE_UP_FILE = "made-up.wav"

PLACEHOLDERS = ("file_name", "file_stem", "native_call_id", "call_uuid", "yyyy", "mm", "dd")

_SEGMENT = re.compile(r"[\w +@=,.()#!&'*-]{1,255}")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_MOST_SEGMENTS = 32
_MOST_CHARACTERS = 1000


class RecordingState(StrEnum):
    """What can be had of a recording."""

    NONE = "none"  # it cannot be had here: there is no place for it, or its name is refused
    PENDING = "pending"  # not yet: the call goes on, or the file is still to come
    READY = "ready"
    DELETED = "deleted"  # it is not there any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a service's files lie. `base`: the PBX's own directory of which `root` is the other end; "": the usual ones.
    `pattern`: where below the root a file is; "": where the PBX says."""

    root: str
    base: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """What of a call may stand in a pattern. `day`: on which it began, where its account is."""

    uuid: UUID
    native_call_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Place:
    """A file below the root: names of directories, then its own. Each is a plain name."""

    segments: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.segments[-1]

    @property
    def content_type(self) -> str:
        return AUDIO[_ending(self.name)]


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no such place, and why."""

    why: str


def place_of(named: str, layout: Layout, call: RecordedCall) -> Place | Refused:
    """Where the file is that the PBX called `named`; "" when it told of none, and the pattern alone says it."""
    place = _from_pattern(named, layout.pattern, call) if layout.pattern else _relative(named, layout)
    if isinstance(place, Place) and _ending(place.name) not in AUDIO:
        return Refused("it is no audio file by its name")
    return place


def pattern_needs_name(pattern: str) -> bool:
    """Whether a pattern leads nowhere while the PBX has named no file."""
    return not pattern or "{file_" in pattern


def mistake_in_pattern(pattern: str) -> str:
    """What is wrong with a pattern, in words; "" when nothing is."""
    for name in _PLACEHOLDER.findall(pattern):
        if name not in PLACEHOLDERS:
            return f"There is no {{{name}}}: use {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)}."
    if _safe(_PLACEHOLDER.sub("x", pattern).split("/")) is None:
        return "Write names of directories and of the file, with / between them, and nothing before the first."
    return ""


def local_directory(root: str) -> str | None:
    """The directory that a root on our own disk is; None for one elsewhere."""
    if root.startswith("/"):
        return root
    parts = urlsplit(root)
    if parts.scheme in ("file", "local") and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return unquote(parts.path)
    return None


def _relative(named: str, layout: Layout) -> Place | Refused:
    segments = _safe(named.lstrip("/").split("/"))
    if segments is None:
        return Refused("its name is not one that a file of ours can have")
    if not named.startswith("/"):
        return Place(segments)
    for base in _bases(layout):
        steps = tuple(filter(None, base.split("/")))
        if segments[: len(steps)] == steps and len(segments) > len(steps):
            return Place(segments[len(steps):])
    return Refused("it lies outside of the directory in which the PBX keeps recordings")


def _bases(layout: Layout) -> tuple[str, ...]:
    if layout.base:
        return (layout.base,)
    own = local_directory(layout.root)
    return USUAL_BASES if own is None else (own, *USUAL_BASES)


def _from_pattern(named: str, pattern: str, call: RecordedCall) -> Place | Refused:
    name = named.rpartition("/")[2]
    values = {
        "file_name": name, "file_stem": name.rpartition(".")[0] or name, "native_call_id": call.native_call_id,
        "call_uuid": str(call.uuid), "yyyy": f"{call.day.year:04}", "mm": f"{call.day.month:02}",
        "dd": f"{call.day.day:02}"}
    used = [values.get(one, "") for one in _PLACEHOLDER.findall(pattern)]
    if any(_safe([value]) is None for value in used):
        return Refused("its name is not one that a file of ours can have")
    segments = _safe(_PLACEHOLDER.sub(lambda found: values[found[1]], pattern).split("/"))
    return Refused("the pattern leads nowhere") if segments is None else Place(segments)


def _safe(segments: list[str]) -> tuple[str, ...] | None:
    """The segments, if each is a plain name; doubled slashes count once."""
    found = tuple(filter(None, segments)) if len(segments) > 1 else tuple(segments)
    plain = all(_SEGMENT.fullmatch(one) and one.strip(" .") for one in found)
    whole = 0 < len(found) <= _MOST_SEGMENTS and sum(map(len, found)) <= _MOST_CHARACTERS
    return found if plain and whole else None


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
