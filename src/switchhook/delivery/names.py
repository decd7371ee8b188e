"""Names of receivers, looked up without blocking: c-ares, bounded in time, with a plain reason for a failure."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import aiodns
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

TRY_SECONDS = 1.4  # the second try takes twice as long: both end before a connection's 5 s are over
TRIES = 2
_NOBODY_HAS_IT = (1, 4)  # ARES_ENODATA, ARES_ENOTFOUND


class NameNotFound(OSError):
    """A name led to no address. Its text says why."""


class Names(AbstractResolver):
    """Name → addresses. It judges none: the guard does, as the socket opens."""

    def __init__(self, nameservers: Sequence[str] = ()) -> None:
        """`nameservers`: `ADDRESS` or `ADDRESS:PORT`; empty: the system's."""
        self._resolver = AsyncResolver(nameservers=list(nameservers) or None, timeout=TRY_SECONDS, tries=TRIES)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises NameNotFound."""
        try:
            return await self._resolver.resolve(host, port, family)
        except OSError as error:
            cause = error.__cause__
            code = cause.args[0] if isinstance(cause, aiodns.error.DNSError) and cause.args else None
            if code in _NOBODY_HAS_IT:
                raise NameNotFound(f"The name {host} does not exist") from error
            raise NameNotFound(f"The name {host} could not be looked up: no answer from the name servers") from error

    async def close(self) -> None:
        """Give the resolver's sockets back."""
        await self._resolver.close()
