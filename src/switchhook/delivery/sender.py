"""The only door outside: one Request goes out exactly as it was rendered, one Answer comes back.

Nothing that a receiver does is an exception here. No redirect is followed, no cookie kept, no proxy of the
environment used, nothing decompressed. Time, headers and body are bounded. The guard judges each address as
the socket to it is opened; connections are kept per account, so that a grant serves its own account alone.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from switchhook.delivery.failures import Trip, explain_failure
from switchhook.delivery.guard import IpNetwork, judge_address, judge_literal, parse_address, parse_networks
from switchhook.delivery.names import Names
from switchhook.delivery.tls import make_context
from switchhook.domain.delivery import Answer, NoAnswer, Request, Responded, Timing
from switchhook.domain.service import Account

CONNECT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 4.0  # shorter than what receivers usually keep (5 s), so that we seldom meet one closing
STALE_SECONDS = 1.0  # a kept connection that breaks so soon was closed before our request came
READ_BYTES = 64 * 1024
KEPT_BYTES = 16 * 1024
HEADER_BYTES = 8 * 1024  # one line; and what is kept of all of them
HEADERS = 100
POOLS = 512  # accounts whose connections are kept at once

_trip: ContextVar[Trip] = ContextVar("trip")


class AddressForbidden(OSError):
    """The guard refused the address that a socket was to be opened to."""


class Sender:
    """Sends requests. One for the whole engine; `close()` it at the end."""

    def __init__(
        self, *, inbox_url: str = "", egress_proxy: str = "", nameservers: Sequence[str] = (),
        tls: ssl.SSLContext | None = None, connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        """`inbox_url`: the request inbox, reachable by everybody without a grant (what lies below this URL alone).

        `egress_proxy`: http://[USER:PASSWORD@]HOST:PORT, through which everything else goes. It looks the names up and
        judges where they lead; what we know ourselves, an address in the URL, is judged here as well.
        `nameservers`: instead of the system's. `tls`: a context that trusts more than the system's authorities.
        """
        self._loop = asyncio.get_running_loop()
        self._inbox = URL(inbox_url.rstrip("/") + "/") if inbox_url else None
        self._egress = URL(egress_proxy) if egress_proxy else None
        self._names = Names(nameservers)
        self._tls = tls or make_context()
        self._connect_seconds = connect_seconds
        self._pools: OrderedDict[UUID | None, _Pool] = OrderedDict()  # None: the inbox's
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, request: Request, *, account: Account, timeout_seconds: float) -> Answer:
        """Send it and read the answer, in `timeout_seconds` at most. Raises nothing but CancelledError."""
        trip = Trip(self._loop.time())
        token = _trip.set(trip)
        try:
            return await self._send(request, account, timeout_seconds, trip)
        except Exception as error:  # whatever it is: it must not touch another delivery
            problem, detail = explain_failure(
                error, trip, connect_seconds=self._connect_seconds, timeout_seconds=timeout_seconds)
            return NoAnswer(problem=problem, detail=detail, timing=self._timing(trip, None))
        finally:
            _trip.reset(token)

    async def close(self) -> None:
        """Close every connection."""
        pools, self._pools = self._pools, OrderedDict()
        for pool in pools.values():
            await pool.session.close()
        await asyncio.gather(*self._closing)
        await self._names.close()

    async def _send(self, request: Request, account: Account, timeout_seconds: float, trip: Trip) -> Answer:
        url = URL(request.url, encoded=True)
        trip.host = url.host_subcomponent or ""
        pool = self._pool(account, url)
        if pool.proxy is not None and (refused := judge_literal(trip.host, parse_networks(pool.grant))) is not None:
            trip.refused = refused
            raise AddressForbidden(refused)
        pool.in_flight += 1
        try:
            left_seconds = timeout_seconds
            while True:
                try:
                    return await self._exchange(pool, request, url, left_seconds, trip)
                except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                    elapsed_seconds = self._loop.time() - trip.started_at
                    # a kept connection that the receiver was just closing: nothing of the request was heard
                    if not trip.kept or trip.status is not None or elapsed_seconds > STALE_SECONDS:
                        raise
                    left_seconds = max(timeout_seconds - elapsed_seconds, 0.05)
        finally:
            pool.in_flight -= 1
            if pool.retired and not pool.in_flight:
                self._close_soon(pool)

    async def _exchange(
        self, pool: _Pool, request: Request, url: URL, timeout_seconds: float, trip: Trip
    ) -> Answer:
        headers = CIMultiDict(request.headers)
        if url.scheme == "http":  # the proxy reads the request itself; otherwise only the one for a tunnel
            headers.update(pool.proxy_headers)
        response = await pool.session.request(
            request.method, url, headers=headers, data=request.body, allow_redirects=False,
            timeout=_timeout(timeout_seconds, self._connect_seconds), proxy=pool.proxy,
            proxy_headers=dict(pool.proxy_headers))
        try:
            first_byte_at = self._loop.time()
            trip.status = response.status
            body, truncated = await _read(response)
        except BaseException:
            response.close()
            raise
        response.release()
        return Responded(
            status=response.status, headers=_kept_headers(response.raw_headers), body=body, body_truncated=truncated,
            timing=self._timing(trip, first_byte_at))

    def _timing(self, trip: Trip, first_byte_at: float | None) -> Timing:
        def since_start(at: float | None) -> int | None:
            return None if at is None else round((at - trip.started_at) * 1000)

        return Timing(
            total_ms=since_start(self._loop.time()) or 0, first_byte_ms=since_start(first_byte_at),
            connect_ms=None if trip.kept else since_start(trip.connected_at))

    # -- connections, by account -------------------------------------------------------------------------

    def _pool(self, account: Account, url: URL) -> _Pool:
        """The account's pool. One made under another grant is retired: its idle connections close at once."""
        to_inbox = self._inbox is not None and _lies_below(url, self._inbox)
        key, grant = (None, ()) if to_inbox else (account.id, account.allowed_networks)
        pool = self._pools.get(key)
        if pool is not None and pool.grant == grant:
            self._pools.move_to_end(key)
            return pool
        if pool is not None:
            self._retire(key)
        elif len(self._pools) >= POOLS:
            self._retire(next(iter(self._pools)))
        proxy = None if to_inbox else self._egress
        allowed = None if to_inbox or proxy is not None else parse_networks(grant)
        pool = self._pools[key] = _Pool(self._session(allowed), grant, proxy)
        return pool

    def _session(self, allowed: Sequence[IpNetwork] | None) -> aiohttp.ClientSession:
        connector = _Connector(
            limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._tls, resolver=self._names,
            socket_factory=lambda info: _open_socket(info, allowed), ttl_dns_cache=10, dns_cache_max_size=1000)
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            max_line_size=HEADER_BYTES, max_field_size=HEADER_BYTES, max_headers=HEADERS)
        session._retry_connection = False  # an attempt is one request: aiohttp would send a GET twice
        return session

    def _retire(self, key: UUID | None) -> None:
        pool = self._pools.pop(key)
        pool.retired = True
        if not pool.in_flight:
            self._close_soon(pool)

    def _close_soon(self, pool: _Pool) -> None:
        task = asyncio.create_task(pool.session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Pool:
    """The kept connections of one account under one grant."""

    __slots__ = ("grant", "in_flight", "proxy", "proxy_headers", "retired", "session")

    def __init__(self, session: aiohttp.ClientSession, grant: tuple[str, ...], proxy: URL | None) -> None:
        self.session = session
        self.grant = grant
        self.proxy = None if proxy is None else proxy.with_user(None)
        self.proxy_headers = {} if proxy is None or proxy.user is None else {
            "Proxy-Authorization": aiohttp.encode_basic_auth(proxy.user, proxy.password or "")}
        self.in_flight = 0
        self.retired = False


class _Connector(aiohttp.TCPConnector):
    """Notes on the trip when its connection stood, and whether it was a kept one: then no socket was opened."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout  # noqa: ASYNC109
    ) -> Connection:
        trip = _trip.get()
        trip.connected_at, trip.tried = None, False
        connection = await super().connect(req, traces, timeout)
        trip.connected_at, trip.kept = asyncio.get_running_loop().time(), not trip.tried
        return connection


def _open_socket(info: Any, allowed: Sequence[IpNetwork] | None) -> socket.socket:
    """A socket for the very address that it will connect to, if that may be called. None: every address may."""
    family, kind, protocol, _, address = info
    trip = _trip.get()
    if allowed is not None:
        refused = judge_address(parse_address(address[0]), allowed)
        if refused is not None:
            trip.refused = f"{address[0]}, {refused}"
            raise AddressForbidden(trip.refused)
    trip.tried = True
    return socket.socket(family, kind, protocol)


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """What is kept of the body, and whether there was more. After READ_BYTES reading stops for good."""
    kept, size = bytearray(), 0
    while chunk := await response.content.readany():
        size += len(chunk)
        kept += chunk[: KEPT_BYTES - len(kept)]
        if size > READ_BYTES:
            response.close()
            break
    return bytes(kept), size > len(kept)


def _kept_headers(raw: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """The answer's headers, names as they were written; what is beyond HEADER_BYTES in all is left out."""
    kept: list[tuple[str, str]] = []
    room = HEADER_BYTES
    for name, value in raw:
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append((name.decode("latin-1"), value.decode("utf-8", "replace")))
    return tuple(kept)


@lru_cache(maxsize=64)
def _timeout(total_seconds: float, connect_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds, ceil_threshold=60)


def _lies_below(url: URL, base: URL) -> bool:
    """Whether the URL is below the base, also for a proxy that resolves `..` (or an encoded one)."""
    same_origin = (url.scheme, url.raw_host, url.port) == (base.scheme, base.raw_host, base.port)
    path = url.raw_path.lower().replace("%2e", ".")
    return same_origin and url.raw_path.startswith(base.raw_path) and ".." not in path
