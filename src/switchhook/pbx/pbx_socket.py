"""The socket to a PBX: opened by TLS or without, read, and what went wrong with it in plain words."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

from switchhook.domain.errors import Disconnected
from switchhook.domain.service import Connection
from switchhook.pbx.pbx_tls import tls_context, tls_in_words

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 10.0
READ_BYTES = 256 * 1024


async def open_socket(connection: Connection) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket to the PBX, by TLS where the Connection says so. Raises OSError (ssl.SSLError is one)."""
    context = tls_context(connection)
    try:
        return await asyncio.open_connection(
            connection.host, connection.port, ssl=context, server_hostname=connection.host if context else None,
            limit=4 * READ_BYTES)
    except UnicodeError as error:  # an empty label, or one that is too long
        raise OSError("this is no host name") from error


async def close_socket(writer: asyncio.StreamWriter) -> None:
    """Close it, whatever it says to that."""
    writer.close()
    with suppress(Exception):
        await writer.wait_closed()


async def read_some(reader: asyncio.StreamReader, closed: str = "") -> bytes:
    """What comes next. Raises Disconnected, saying `closed`, when nothing will."""
    data = await reader.read(READ_BYTES)
    if not data:
        raise Disconnected(closed) if closed else Disconnected
    return data


def in_words(error: BaseException, connection: Connection) -> str:
    """What went wrong, for the person who looks after the Connection."""
    match error:
        case TimeoutError():
            return f"{connection.host}:{connection.port} did not answer in time."
        case ssl.SSLError():
            return tls_in_words(error, connection)
        case OSError():
            return f"{connection.host}:{connection.port}: {error.strerror or error}."
        case _:
            return str(error)
