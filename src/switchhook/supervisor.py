"""`switchhook serve`: one parent with two children, the engine and the web. It knows neither's inside.

A child that ends is started again, later each time while it keeps ending early (1 s, 2 s, … 30 s). On SIGTERM or
SIGINT the web stops first (nobody asks for anything more), then the engine, which finishes what is in flight.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from contextlib import suppress

log = logging.getLogger("switchhook.supervisor")

ENGINE_STOP_SECONDS = 20.0  # longer than an attempt may take, so that what is in flight can end
WEB_STOP_SECONDS = 8.0
STEADY_SECONDS = 30.0  # a child that ran this long was well: its next restart is prompt again


def supervise() -> int:
    """Run both halves until a signal comes. Returns the exit code."""
    return asyncio.run(_supervise())


async def _supervise() -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine, web = _Child("engine", ENGINE_STOP_SECONDS), _Child("web", WEB_STOP_SECONDS)
    running = [asyncio.create_task(child.keep_running(), name=child.verb) for child in (engine, web)]
    await stop.wait()
    await web.end()
    await engine.end()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return 0


class _Child:
    """One half as a process of its own."""

    def __init__(self, verb: str, stop_seconds: float) -> None:
        self.verb = verb
        self._stop_seconds = stop_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False

    async def keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        wait_seconds = 1.0
        while not self._ending:
            began = loop.time()
            # a session of its own: a Ctrl-C in the terminal reaches the parent, which stops them in order
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "switchhook", self.verb, start_new_session=True
            )
            code = await self._process.wait()
            if self._ending:
                return
            if loop.time() - began > STEADY_SECONDS:
                wait_seconds = 1.0
            log.error("supervisor.child_ended child=%s code=%s restart_in_s=%s", self.verb, code, wait_seconds)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(30.0, wait_seconds * 2)

    async def end(self) -> None:
        """Ask it to end; after its time is over, end it."""
        self._ending = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._stop_seconds)
        except TimeoutError:
            log.error("supervisor.child_killed child=%s", self.verb)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def free_ports(first: int, count: int) -> list[int]:
    """`count` ports on 127.0.0.1 that are free now, from `first` on."""
    found: list[int] = []
    for port in range(first, 65536):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} free ports from {first} on")
