"""`make bench`: how fast it is on this machine, on both databases, beside what bounds it.

Each load's limit is measured in the same run: quote the ratios. `make bench LOADS="one-to-one outage"` runs these
alone; `backlog` and `second-engine` run only when they are named. `--json FILE` writes the figures for machines.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.databases import migrate
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half

from benchmarks import messages
from benchmarks.rig import Figures, resident_mib

#: Loads on a database: modules with `measure(database_url, count)` and `tell(figures)`.
USUAL = ("one-to-one", "fan-out", "bad-neighbour", "outage", "pages")
LONG = ("backlog", "second-engine")
POSTGRES_ONLY = ("second-engine",)
SECONDS_MAX = 3600


def main() -> None:
    chosen = _arguments()
    figures: Figures = {"machine": f"{os.cpu_count()} cores, Python {platform.python_version()}"}
    print(f"{figures['machine']}; bodies of 1 KB, signed\n", flush=True)
    if "messages" in chosen.loads:
        figures["messages"] = messages.measure()
        _print("tracking", *messages.tell(figures["messages"]))
    with tempfile.TemporaryDirectory() as name, _databases(Path(name)) as databases:
        for kind, url in databases:
            figures[kind] = {}
            _print(kind)
            for load in chosen.loads:
                if load in USUAL + LONG and (kind == "postgresql" or load not in POSTGRES_ONLY):
                    figures[kind][load] = measured = _measured(load, url, chosen.count)
                    _print("", *importlib.import_module(_module(load)).tell(measured))
            if "web-memory" in chosen.loads and kind == "sqlite":
                figures["web_resident_mib"] = web = _memory_of_web(url, Path(name))
                _print("", f"web, after 50 pages   {web:.0f} MiB resident")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = ("messages", *USUAL, "web-memory")
    every = (*usual, *LONG)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help=f"one of {', '.join(every)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--count", type=int, default=6000, help="deliveries of a closed loop (6000)")
    chosen = parser.parse_args()
    if unknown := [one for one in chosen.loads if one not in every]:  # `choices` refuses to be given none (Python 3.11)
        parser.error(f"there is no load {unknown[0]}: say one of {', '.join(every)}")
    chosen.loads = chosen.loads or usual
    return chosen


@contextmanager
def _databases(folder: Path) -> Iterator[list[tuple[str, str]]]:
    """Name and URL of one of each kind, migrated and empty."""
    server = PostgresServer(folder / "postgres", options=())
    server.start()
    try:
        server.execute("CREATE DATABASE bench")
        made = [("sqlite", f"sqlite://{folder / 'bench.sqlite3'}"), ("postgresql", server.url("bench"))]
        for _, url in made:
            migrate(url, folder)
        yield made
    finally:
        server.stop()


def _measured(load: str, database_url: str, count: int) -> Figures:
    """One load's figures, measured in a process of its own, so that memory can be told apart."""
    command = [sys.executable, "-m", "benchmarks.run", _module(load), database_url, str(count)]
    done = subprocess.run(command, check=True, timeout=SECONDS_MAX, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def _module(load: str) -> str:
    return "benchmarks." + load.replace("-", "_")


def _print(title: str, *lines: str) -> None:
    if title:
        print(title)
    for line in lines:
        print(f"  {line}", flush=True)


def _memory_of_web(database_url: str, folder: Path) -> float:
    """The web's resident memory in MiB, after some pages."""
    half = Half("web", database_url, folder)
    half.start()
    try:
        for _ in range(50):
            urllib.request.urlopen(f"http://127.0.0.1:{half.web_port}/login/", timeout=10).read()
        return resident_mib(str(half.pid))
    finally:
        half.stop()


if __name__ == "__main__":
    main()
