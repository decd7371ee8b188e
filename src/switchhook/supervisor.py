"""`switchhook serve`: one parent with two children, the engine and the web. It knows neither's inside. The demo
has a third.

A child that ends is started again, later each time while it keeps ending early (1 s, 2 s, … 30 s). On SIGTERM or
SIGINT the web stops first (nobody asks for anything more), then the engine, which finishes what is in flight.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("switchhook.supervisor")

ENGINE_STOP_SECONDS = 20.0  # longer than an attempt may take, so that what is in flight can end
WEB_STOP_SECONDS = 8.0
STEADY_SECONDS = 30.0  # a child that ran this long was well: its next restart is prompt again


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a child is started, and how long it may take to end. Without an environment it has ours."""

    name: str
    command: tuple[str, ...]
    stop_seconds: float
    folder: Path | None = None
    environment: Mapping[str, str] | None = None


_US = (sys.executable, "-m", "switchhook")
ENGINE = Program(name="engine", command=(*_US, "engine"), stop_seconds=ENGINE_STOP_SECONDS)
WEB = Program(name="web", command=(*_US, "web"), stop_seconds=WEB_STOP_SECONDS)


def supervise(beside: Sequence[Program] = ()) -> int:
    """Run both halves, and what stands beside them, until a signal comes. Returns the exit code."""
    return asyncio.run(_supervise([*beside, ENGINE, WEB]))


async def _supervise(programs: Sequence[Program]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    children = [_Child(program) for program in programs]
    running = [asyncio.create_task(child.keep_running(), name=child.program.name) for child in children]
    await stop.wait()
    for child in reversed(children):
        await child.end()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return 0


class _Child:
    """A program as a process of its own."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False

    async def keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        wait_seconds = 1.0
        while not self._ending:
            began = loop.time()
            # a session of its own: a Ctrl-C in the terminal reaches the parent, which stops them in order
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command, start_new_session=True, cwd=self.program.folder, env=self.program.environment)
            code = await self._process.wait()
            if self._ending:
                return
            if loop.time() - began > STEADY_SECONDS:
                wait_seconds = 1.0
            log.error("supervisor.child_ended child=%s code=%s restart_in_s=%s", self.program.name, code, wait_seconds)
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
            await asyncio.wait_for(process.wait(), self.program.stop_seconds)
        except TimeoutError:
            log.error("supervisor.child_killed child=%s", self.program.name)
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
