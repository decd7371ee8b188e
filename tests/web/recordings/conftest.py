"""A call that was recorded, and made-up sound."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from switchhook.web.models import Call, Service
from tests.web.conftest import World
from tests.web.made_up import House

NAMED = "/var/spool/asterisk/monitor/2026/03/04/exten-201-1772580115.42.wav"
BELOW = "2026/03/04/exten-201-1772580115.42.wav"


def sound(seconds: float = 2.0) -> bytes:
    """A WAV file of so much quiet."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(range(256)) * int(seconds * 62.5))
    return file.getvalue()


SOUND = sound()


def put(root: Path, below: str = BELOW, content: bytes = SOUND) -> Path:
    """A file below the root."""
    path = root / below
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def recorded(world: World, *files: str, **more: Any) -> Call:
    """A call of the world's PBX, long over, with those files."""
    return House(world).call(recordings=json.dumps(files or [NAMED]), **more)


def kept_at(world: World, root: object, **more: str) -> Service:
    """The world's PBX, whose recordings are there."""
    Service.objects.filter(id=world.service.id).update(recordings_root=str(root), **more)
    world.service.refresh_from_db()
    return world.service


@pytest.fixture
def root(world: World, tmp_path: Path) -> Path:
    """The directory of the PBX's recordings, on our disk."""
    path = tmp_path / "monitor"
    path.mkdir()
    kept_at(world, path)
    return path


@pytest.fixture
def memory(world: World) -> Iterator[Any]:
    """fsspec's storage in memory, with the PBX's recordings below /rec."""
    files = fsspec.filesystem("memory")
    kept_at(world, "memory://rec")
    yield files
    files.rm("/", recursive=True)
