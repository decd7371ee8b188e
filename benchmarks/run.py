"""One load on one database, its figures as JSON: `python -m benchmarks.run MODULE DATABASE_URL COUNT`."""

from __future__ import annotations

import importlib
import json
import sys

import uvloop

from switchhook.garbage import collect_seldom

if __name__ == "__main__":
    measure = importlib.import_module(sys.argv[1]).measure
    collect_seldom()  # as the engine does
    print(json.dumps(uvloop.run(measure(sys.argv[2], int(sys.argv[3])))))
