"""A disk that a test may fill. As root it is a small one of its own; else files may grow no further, which a program
feels alike: what it writes fails, and when there is room again it succeeds."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK = b"\0" * 65_536
LARGEST_BYTES = 65_536


class SmallDisk:
    """`path` is where it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mounted = os.geteuid() == 0

    def fill(self, pids: Callable[[], Sequence[int]]) -> None:
        """From now on there is no room; for these processes, where it is no disk of its own."""
        if not self._mounted:
            _limit(pids(), LARGEST_BYTES)
            return
        with (self.path / "ballast").open("ab", buffering=0) as ballast, suppress(OSError):
            while ballast.write(CHUNK):
                pass

    def free(self, pids: Callable[[], Sequence[int]]) -> None:
        """There is room again."""
        (self.path / "ballast").unlink(missing_ok=True)
        if not self._mounted:
            _limit(pids(), resource.RLIM_INFINITY)


def _limit(pids: Sequence[int], largest_bytes: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest_bytes, resource.RLIM_INFINITY))


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size at `path`, while this is open."""
    path.mkdir(parents=True)
    disk = SmallDisk(path)
    if os.geteuid() != 0:
        yield disk
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", path], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
