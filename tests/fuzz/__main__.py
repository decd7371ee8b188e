"""`python -m tests.fuzz [SECONDS]`: coverage-guided fuzzing (atheris) of whatever takes the bytes of strangers.

Each target runs in a process of its own for so many seconds. What breaks one is printed, kept as crash-… and fails.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 60
LIMITS = ("-rss_limit_mb=2048", "-timeout=10", "-max_len=32768", "-print_final_stats=1", "-verbosity=0")


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz one target; it does not return."""
    import atheris

    with atheris.instrument_imports(include=["switchhook"]):
        from tests.fuzz.targets import all_targets
    fuzzed = all_targets()[name]
    with tempfile.TemporaryDirectory(prefix="switchhook-fuzz-") as corpus:
        for number, seed in enumerate(fuzzed.seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([name, corpus, *LIMITS, *arguments], fuzzed.target)
        atheris.Fuzz()


def main(seconds: int) -> int:
    """Fuzz them all; how many broke."""
    from tests.fuzz.targets import all_targets

    broken = 0
    for name in all_targets():
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", name, f"-max_total_time={seconds}"], capture_output=True, text=True,
            errors="replace", check=False)
        found = re.search(r"number_of_executed_units: *(\d+)", done.stderr)
        inputs = int(found[1]) if found else 0
        print(f"{name:10} {inputs:>12,} inputs  {'holds' if done.returncode == 0 else 'BROKEN'}", flush=True)
        if done.returncode or not inputs:
            broken += 1
            print("\n".join(line for line in (done.stdout + done.stderr).splitlines()
                            if not line.startswith(("INFO:", "WARNING:"))))
    return broken


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name, *arguments] if not name.isdecimal():
            fuzz(name, arguments)
        case [seconds]:
            sys.exit(main(int(seconds)))
        case _:
            sys.exit(main(SECONDS))
