"""The wheel: whoever installs it has the front-end files and the licences, and needs no Node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, ROOT], check=True)
    (path,) = folder.glob("*.whl")
    return ZipFile(path)


@pytest.mark.parametrize("file", [
    "tabler.min.css", "tabler.min.js", "tabler-theme.min.js", "uPlot.min.css", "uPlot.iife.min.js",
])
def test_the_wheel_has_the_front_end_file(wheel: ZipFile, file: str) -> None:
    content = wheel.read(f"switchhook/web/static/vendor/{file}")
    assert len(content) > 1000
    assert b"sourceMappingURL" not in content, "names a file that is not shipped"


@pytest.mark.parametrize("file", ["django.mo", "domain.mo"])
def test_the_wheel_speaks_german(wheel: ZipFile, file: str) -> None:
    assert len(wheel.read(f"switchhook/web/locale/de/LC_MESSAGES/{file}")) > 10_000


def test_the_wheel_has_the_licences(wheel: ZipFile) -> None:
    licences = {name.rpartition("/")[2] for name in wheel.namelist() if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_the_wheel_has_every_file_of_the_package_that_git_knows(wheel: ZipFile) -> None:
    listed = subprocess.run(["git", "ls-files", "src/switchhook"], cwd=ROOT, capture_output=True, text=True, check=True)
    known = {name.removeprefix("src/") for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    assert known - set(wheel.namelist()) == set()
