"""CPU seconds that a database's own processes have used: of PostgreSQL's server, those that have ended included."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def database_cpu_seconds(database_url: str) -> float:
    """Of the server on this machine that `database_url` names; 0 for SQLite, which works in the engine's process."""
    if database_url.startswith("sqlite"):
        return 0.0
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        server = _stat(str(row[0]))[1]  # as long as it is connected
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(folder.name)
        except OSError:  # it has ended meanwhile
            continue
        if folder.name == server or fields[1] == server:
            ticks += sum(map(int, fields[11:13]))
        if folder.name == server:  # it has waited for those that ended
            ticks += sum(map(int, fields[13:15]))
    return ticks / _TICKS_PER_SECOND


def _stat(pid: str) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent's pid, …"""
    return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
