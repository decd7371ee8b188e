"""`make bench`: how fast accepted events are delivered and recorded, on both databases, beside a bare HTTP client.

Everything is measured in one run on one machine: quote the ratios. `--json FILE` writes the same figures for machines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from tests.fixtures.databases import migrate
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.processes import Half

from benchmarks.load import resident_mib

SECONDS_MAX = 900


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    arguments.add_argument("--count", type=int, default=6000, help="events of the closed loop (6000)")
    chosen = arguments.parse_args()
    figures: dict[str, object] = {"machine": f"{os.cpu_count()} cores, Python {platform.python_version()}"}
    print(f"{figures['machine']}; {chosen.count} events of 1 KB; the sink answers at once\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = PostgresServer(folder / "postgres", options=())
        server.start()
        try:
            server.execute("CREATE DATABASE bench")
            for kind, url in (("sqlite", f"sqlite://{folder / 'bench.sqlite3'}"), ("postgresql", server.url("bench"))):
                migrate(url, folder)
                figures[kind] = measured = json.loads(
                    subprocess.run(
                        [sys.executable, "-m", "benchmarks.load", url, str(chosen.count)],
                        check=True,
                        timeout=SECONDS_MAX,
                        stdout=subprocess.PIPE,
                        text=True,
                    ).stdout
                )
                tell(kind, measured)
            figures["web_resident_mib"] = web = memory_of_web(f"sqlite://{folder / 'bench.sqlite3'}", folder)
            print(f"web, after 50 pages: {web:.0f} MiB resident")
        finally:
            server.stop()
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")


def tell(kind: str, figures: dict[str, dict[str, dict[str, float]] | float]) -> None:
    """Print one database's figures."""
    print(
        f"{kind}\n  accepted → recorded   {figures['deliveries_per_second']:8.0f} deliveries/s, "
        f"{figures['ratio']:.2f} of the bare client's {figures['bare_client_per_second']:.0f}/s"
    )
    for rate, of in figures["accept_to_first_byte_ms"].items():  # type: ignore[union-attr]
        print(f"  accept → first byte   p50 {of['p50']:6.1f} ms   p99 {of['p99']:6.1f} ms   at {rate}")
    ami = figures["ami_to_first_byte_ms"]
    print(f"  AMI → first byte      p50 {ami['p50']:6.1f} ms   p99 {ami['p99']:6.1f} ms   idle")  # type: ignore[index]
    print(f"  engine (with the load's own part) {figures['engine_resident_mib']:.0f} MiB resident\n")


def memory_of_web(database_url: str, folder: Path) -> float:
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
