"""Where recordings are kept: a directory of ours, or whatever fsspec reaches (S3, SFTP, HTTP, …).

On our own disk a file is opened step by step below its root, and no symbolic link is followed on the way: what a PBX
names leads nowhere else, whatever lies there and whoever changes it meanwhile.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import fsspec
from aiohttp import ClientConnectionError, ClientTimeout
from django.utils.translation import gettext as _
from fsspec.core import url_to_fs

from switchhook.domain.recordings import Place, local_directory
from switchhook.web.recordings.sftp import AnotherHostKey, with_host_key

log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
_BLOCK_BYTES = 256 * 1024  # read ahead at once from elsewhere
_SFTP = ("sftp", "ssh")
_CONNECT_SECONDS, _READ_SECONDS = 5, 20


class Unreachable(Exception):
    """The storage does not answer, or lets us not in: try again later."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording's file, open. `size` in bytes; None when its storage does not tell."""

    handle: BinaryIO
    size: int | None

    def chunks(self, begin: int, length: int | None) -> Iterator[bytes]:
        """So many bytes from there on (None: all), in chunks. Raises OSError when the storage breaks off."""
        if begin:
            self.handle.seek(begin)
        left = length
        while left is None or left > 0:
            chunk = self.handle.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk

    def close(self) -> None:
        self.handle.close()


def open_file(root: str, options: str, place: Place) -> Opened | None:
    """The file at that place; None when there is none. `options`: JSON, for fsspec. Raises Unreachable."""
    directory = local_directory(root)
    try:
        if directory is not None:
            return _open_below(directory, place)
        return _open_elsewhere(root, json.loads(options or "{}"), place)
    except FileNotFoundError:
        return None
    except Exception as error:  # each storage has errors of its own
        log.warning("recordings.unreachable kind=%s error=%s", urlsplit(root).scheme or "file", type(error).__name__)
        raise Unreachable(_does(error) % {"error": type(error).__name__}) from error


def _does(error: Exception) -> str:
    """What the storage does, by its error."""
    if isinstance(error, AnotherHostKey):
        return _("The storage of the recordings shows another host key than the one that is set (%(error)s).")
    refused = isinstance(error, PermissionError) or getattr(error, "status", 0) in (401, 403)
    if refused or type(error).__name__ == "AuthenticationException":  # paramiko's, which need not be installed
        return _("The storage of the recordings does not let us in (%(error)s).")
    return _("The storage of the recordings does not answer (%(error)s).")


def mistake_in_root(root: str) -> str:
    """What is wrong with a root, in words; "" when nothing is."""
    parts = urlsplit(root)
    if local_directory(root) is not None:
        return ""
    if "::" in root or not parts.scheme:
        return _("Write a directory (/var/spool/asterisk/monitor) or an URL (s3://bucket/folder, sftp://host/folder).")
    if parts.username or parts.password:
        return _("Put username and password into the storage options: there they are kept sealed.")
    if parts.query or parts.fragment:
        return _("An URL of a folder has no ? and no #.")
    try:
        fsspec.get_filesystem_class(parts.scheme)
    except ImportError as error:
        extra = {"s3": "s3", "sftp": "sftp", "ssh": "sftp"}.get(parts.scheme, "")
        return _("For this, install %(package)s.") % {"package": f"switchhook[{extra}]" if extra else error}
    except ValueError:
        return _("There is no kind of storage called %(scheme)s.") % {"scheme": parts.scheme}
    return ""


def _open_below(directory: str, place: Place) -> Opened | None:
    """Raises OSError, FileNotFoundError among them."""
    *above, name = place.segments
    at = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for segment in above:
            below = _step(segment, os.O_RDONLY | os.O_DIRECTORY, at)
            os.close(at)
            at = below
        file = _step(name, os.O_RDONLY | os.O_NONBLOCK, at)
    finally:
        os.close(at)
    told = os.fstat(file)
    if not stat.S_ISREG(told.st_mode):
        os.close(file)
        return None
    return Opened(os.fdopen(file, "rb"), told.st_size)


def _step(name: str, flags: int, at: int) -> int:
    """Open what is called so in the directory `at`. A link, and a file in place of a directory, is nothing to us."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    except (NotADirectoryError, FileNotFoundError):
        raise FileNotFoundError(name) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(name) from None
        raise


def _open_elsewhere(root: str, options: Mapping[str, Any], place: Place) -> Opened | None:
    scheme = urlsplit(root).scheme
    if scheme in _SFTP:
        options = with_host_key(options)
    segments = [quote(one, safe="") for one in place.segments] if scheme in ("http", "https") else place.segments
    for again in (True, False):  # a connection that is kept open may have been cut
        try:
            files, directory = url_to_fs(root, **_bounded(scheme), **options)
            path = "/".join([directory.rstrip("/"), *segments])
            told = files.info(path)
            if told.get("type", "file") != "file":
                return None
            return Opened(files.open(path, "rb", block_size=_BLOCK_BYTES), told.get("size"))
        except FileNotFoundError as error:
            if isinstance(error.__cause__, Exception) and getattr(error.__cause__, "status", 404) not in (404, 410):
                raise error.__cause__ from None  # fsspec says so of whatever a server answers
            if isinstance(error.__cause__, ClientConnectionError | TimeoutError):  # … or does not
                raise error.__cause__ from None
            raise
        except Exception:
            fsspec.get_filesystem_class(scheme).clear_instance_cache()
            if not again:
                raise
    return None


def _bounded(scheme: str) -> dict[str, Any]:
    """No storage may hold a thread of the web for long; and none may answer out of yesterday's listing."""
    match scheme:
        case "http" | "https":
            return {"client_kwargs": {"timeout": ClientTimeout(sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)}}
        case "s3" | "s3a":
            return {"use_listings_cache": False, "config_kwargs": {
                "connect_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS, "retries": {"max_attempts": 2}}}
        case one if one in _SFTP:
            return {"timeout": _CONNECT_SECONDS, "banner_timeout": _CONNECT_SECONDS, "auth_timeout": _READ_SECONDS}
        case _:
            return {}
