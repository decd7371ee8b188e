"""Why there was no answer: an exception of the HTTP client in the words of the delivery log. No secret is in them."""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from dataclasses import dataclass

import aiohttp

from switchhook.delivery.names import NameNotFound
from switchhook.delivery.tls import explain_certificate
from switchhook.domain.delivery import Problem


@dataclass(slots=True)
class Trip:
    """How far one request has come. Times are the event loop's, in seconds."""

    started_at: float
    host: str = ""
    refused: str = ""  # an address that the guard refused, and what it is
    tried: bool = False  # a socket was opened to an address
    connected_at: float | None = None  # also over a kept connection
    kept: bool = False  # it went over a connection that was there already
    status: int | None = None  # once the headers are there


def explain_failure(
    error: Exception, trip: Trip, *, connect_seconds: float, timeout_seconds: float
) -> tuple[Problem, str]:
    """What went wrong, and one sentence about it for the person who reads the delivery log."""
    if isinstance(error, asyncio.TimeoutError):
        return _timed_out(trip, connect_seconds, timeout_seconds)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _refused_by_proxy(error, trip)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return Problem.CANNOT_CONNECT, f"No connection to the egress proxy, through which {trip.host} is called"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Problem.CERTIFICATE, explain_certificate(error.certificate_error, trip.host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Problem.TLS, f"No TLS connection with {trip.host}: {_tls_reason(error)}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_connected(error.os_error, trip)
    if isinstance(error, aiohttp.ClientResponseError):
        return Problem.NOT_HTTP, f"{trip.host} answered something that is not HTTP"
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | ValueError):
        return Problem.CANNOT_RENDER, "The URL is not one that can be called"
    if trip.connected_at is None:
        return _not_connected(error, trip)
    return Problem.CONNECTION_LOST, _lost(trip)


def _timed_out(trip: Trip, connect_seconds: float, timeout_seconds: float) -> tuple[Problem, str]:
    if trip.connected_at is None:
        seconds = min(connect_seconds, timeout_seconds)
        return Problem.CONNECT_TIMED_OUT, f"No connection to {trip.host} within {seconds:g} seconds"
    if trip.status is None:
        return Problem.TIMED_OUT, f"No answer from {trip.host} within {timeout_seconds:g} seconds"
    return Problem.TIMED_OUT, (
        f"{trip.host} answered {trip.status}, but its answer was not complete within {timeout_seconds:g} seconds")


def _not_connected(error: BaseException, trip: Trip) -> tuple[Problem, str]:
    if isinstance(error, NameNotFound):
        return Problem.NAME_NOT_FOUND, str(error)
    if trip.refused and not trip.tried:
        address, _, kind = trip.refused.partition(", ")
        return Problem.ADDRESS_FORBIDDEN, (
            f"{address} is {kind}, and the operator has not allowed this account to call it"
            if address == trip.host else
            f"{trip.host} leads to {address}, {kind}, and the operator has not allowed this account to call it")
    if isinstance(error, ConnectionRefusedError) or getattr(error, "errno", None) == errno.ECONNREFUSED:
        return Problem.CONNECTION_REFUSED, f"{trip.host} refused the connection: nothing listens there"
    number = getattr(error, "errno", None)
    reason = os.strerror(number).lower() if number else "the network does not lead there"
    return Problem.CANNOT_CONNECT, f"No connection to {trip.host}: {reason}"


def _refused_by_proxy(error: aiohttp.ClientHttpProxyError, trip: Trip) -> tuple[Problem, str]:
    if error.status == 403:
        return Problem.ADDRESS_FORBIDDEN, f"The egress proxy does not let us call {trip.host}"
    return Problem.CANNOT_CONNECT, f"The egress proxy made no connection to {trip.host}: it answered {error.status}"


def _lost(trip: Trip) -> str:
    if trip.status is None:
        return f"{trip.host} closed the connection without an answer"
    return f"{trip.host} answered {trip.status}, but closed the connection before its answer was complete"


def _tls_reason(error: Exception) -> str:
    inner = getattr(error, "os_error", error)
    reason = getattr(inner, "reason", None)
    return reason.replace("_", " ").lower() if isinstance(reason, str) else "the handshake failed"
