"""One load on one database, its figures as JSON: `python -m benchmarks.run MODULE DATABASE_URL COUNT`."""

from __future__ import annotations

import importlib
import json
import sys

import uvloop

if __name__ == "__main__":
    print(json.dumps(uvloop.run(importlib.import_module(sys.argv[1]).measure(sys.argv[2], int(sys.argv[3])))))
