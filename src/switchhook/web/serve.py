"""`switchhook web`: the portal on waitress."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from switchhook.settings import Settings, listen_pair
from switchhook.web.oversized import LARGEST_BODY_BYTES, Channel

log = logging.getLogger(__name__)

#: How long requests that are under way may take to end once we are told to stop, in seconds.
DRAIN_SECONDS = 5.0


def run(settings: Settings) -> None:
    """Serve the portal until SIGTERM or SIGINT; requests that are under way are answered first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchhook.web.django_settings")
    from switchhook.web.wsgi import application

    address, port = listen_pair(settings.web_listen)
    log.info("The portal is at %s", settings.portal_url)
    stopped = threading.Event()
    if settings.smtp_url:
        from switchhook.web.notices import send_notices

        threading.Thread(target=send_notices, args=(stopped,), name="notices", daemon=True).start()
    from switchhook.web.accounts.erasing import keep_erasing

    threading.Thread(target=keep_erasing, args=(stopped,), name="erasing", daemon=True).start()
    serve(application, address, port, threads=settings.web_threads, trusted_proxy=settings.trusted_proxy)
    stopped.set()


def serve(application: Any, address: str, port: int, *, threads: int = 8, trusted_proxy: str = "") -> None:
    """Serve a WSGI application; X-Forwarded-… of `trusted_proxy` alone are believed ("*": anybody's)."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        application, map=sockets, host=address, port=port, threads=threads, ident="switchhook", channel_timeout=60,
        max_request_body_size=LARGEST_BODY_BYTES + 1, clear_untrusted_proxy_headers=True, **_proxy(trusted_proxy))
    for one in sockets.values():
        if isinstance(one, BaseWSGIServer):
            one.channel_class = Channel
    stop_at = float("inf")

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stop_at
        stop_at = min(stop_at, time.monotonic() + DRAIN_SECONDS)

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, stop)
    while stop_at == float("inf"):
        wasyncore.loop(timeout=0.5, use_poll=True, map=sockets, count=1)
    _listen_no_more(sockets)
    while time.monotonic() < stop_at and not _idle(sockets):
        wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets)


def _listen_no_more(sockets: dict[int, Any]) -> None:
    """Close what listens, and that alone: a server's own close() takes with it what its requests need."""
    for one in list(sockets.values()):
        if isinstance(one, BaseWSGIServer):
            wasyncore.dispatcher.close(one)


def _idle(sockets: dict[int, Any]) -> bool:
    """Whether no request is being answered."""
    channels = [one for one in sockets.values() if isinstance(one, HTTPChannel)]
    return not any(channel.requests or channel.total_outbufs_len for channel in channels)


def _proxy(address: str) -> dict[str, Any]:
    if not address:
        return {}
    headers = {"x-forwarded-proto", "x-forwarded-for", "x-forwarded-host"}
    return {"trusted_proxy": address, "trusted_proxy_headers": headers, "trusted_proxy_count": 1}
