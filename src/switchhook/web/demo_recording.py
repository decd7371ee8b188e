"""The demo's recording: two made-up voices that nobody can understand, for every call of the simulated PBX."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from random import Random

from django.db import connections, transaction

from switchhook.domain.recordings import MADE_UP_FILE
from switchhook.web.configuration import touch
from switchhook.web.models import Service

_RATE_HZ = 8000
_VOICES_HZ = (130.0, 215.0)
_TURNS = 6
_LOUDNESS = 6000


def seed_recording(directory: Path) -> None:
    """See that the recording is in that directory, and that the demo's PBX says so. Twice changes nothing."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (directory / MADE_UP_FILE).exists():
        _write(directory / MADE_UP_FILE)
    try:
        with transaction.atomic():
            if Service.objects.filter(account__slug="example", recordings_root="").update(
                    recordings_root=directory.as_uri()):
                touch()
    finally:
        connections.close_all()


def _write(path: Path) -> None:
    """They take turns to speak, in syllables."""
    random = Random(1)  # noqa: S311  # the same for everybody
    samples = array("h")
    for turn in range(_TURNS):
        for _ in range(random.randint(4, 8)):
            samples.extend(_syllable(_VOICES_HZ[turn % 2] * random.uniform(0.9, 1.25), random.uniform(0.09, 0.2)))
        samples.extend(array("h", bytes(2 * int(_RATE_HZ * 0.3))))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(samples.tobytes())


def _syllable(pitch_hz: float, seconds: float) -> Iterator[int]:
    """A tone with a few overtones that swells and fades."""
    count = int(_RATE_HZ * seconds)
    for place in range(count):
        at = 2 * math.pi * pitch_hz * place / _RATE_HZ
        wanted = sum(math.sin(at * overtone) / overtone for overtone in (1, 2, 3, 5))
        yield int(_LOUDNESS * wanted * math.sin(math.pi * place / count))
