"""Storages elsewhere: S3, SFTP and HTTP servers on loopback, each with the PBX's recordings below `monitor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec

from tests.fixtures.processes import free_port
from tests.web.recordings.over_http import TOKEN, over_http
from tests.web.recordings.over_s3 import BUCKET, begin_anew, over_s3
from tests.web.recordings.over_sftp import PASSWORD, USER, over_sftp


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A storage that runs, and can go and come back. `options` let us in, `wrong` do not. Files are put by their path
    from its top: `monitor/…` lies below the root, anything else beside it."""

    root: str
    options: Mapping[str, Any]
    wrong: Mapping[str, Any]
    put: Callable[[str, bytes], None]
    remove: Callable[[str], None]
    serve: Callable[[], AbstractContextManager[None]]
    running: ExitStack = field(default_factory=ExitStack)

    def comes(self) -> None:
        self.running.enter_context(self.serve())

    def goes(self) -> None:
        self.running.close()


@contextmanager
def storage(kind: str, folder: Path) -> Iterator[Storage]:
    """A storage of that kind: s3, sftp or http. The latter two serve the folder."""
    found = _s3() if kind == "s3" else _of_folder(kind, folder)
    try:
        yield found
    finally:
        found.goes()
        fsspec.get_filesystem_class(kind).clear_instance_cache()


def _s3() -> Storage:
    port = free_port()
    url, running = f"http://127.0.0.1:{port}", ExitStack()
    running.enter_context(over_s3(port))
    bucket = begin_anew(url)
    here = {"endpoint_url": url}
    return Storage(
        root=f"s3://{BUCKET}/monitor", options=here | bucket.reader, wrong=here | bucket.reader | {"secret": "wrong"},
        put=bucket.put, remove=bucket.remove, serve=lambda: over_s3(port), running=running)


def _of_folder(kind: str, folder: Path) -> Storage:
    def put(path: str, content: bytes) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)

    def remove(path: str) -> None:
        (folder / path).unlink()

    port, serve = free_port(), over_http if kind == "http" else over_sftp
    options: tuple[Mapping[str, Any], Mapping[str, Any]] = (
        {"headers": {"Authorization": TOKEN}}, {"headers": {"Authorization": "Bearer wrong"}})
    if kind == "sftp":
        options = {"username": USER, "password": PASSWORD}, {"username": USER, "password": "wrong"}
    found = Storage(
        root=f"{kind}://127.0.0.1:{port}/monitor", options=options[0], wrong=options[1], put=put, remove=remove,
        serve=lambda: serve(folder, port))
    found.comes()
    return found
