"""The handbook: built of docs/ and the catalogue without a dead link, for strict browsers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from switchhook.domain.catalogue import EVENTS, FIELDS

ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """What of a page a strict browser would refuse, or fetch from elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.foreign: list[str] = []
        self._within_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self._within_script = tag == "script" and given.get("type") != "application/json"
        if tag in ("script", "img", "link", "iframe") and given.get("rel") != "canonical":
            self.foreign += [url for name in ("src", "href") if "//" in (url := given.get(name) or "")]

    def handle_endtag(self, tag: str) -> None:
        self._within_script = False

    def handle_data(self, data: str) -> None:
        if self._within_script and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook, built as for a release: every warning (a link that leads nowhere) fails."""
    folder = tmp_path_factory.mktemp("handbook")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder], cwd=ROOT, capture_output=True,
        text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"})
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_of_the_documentation_is_in_the_handbook(handbook: Path) -> None:
    pages = {file.relative_to(ROOT / "docs").with_suffix(".html") for file in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not (handbook / page).exists()} == set()
    listed = re.findall(r"(?::|-) ([\w/-]+\.md)", (ROOT / "mkdocs.yml").read_text())
    written = {str(page.with_suffix(".md")) for page in pages}
    assert written <= set(listed), "mkdocs.yml leads to each page"


def test_events_and_fields_are_those_of_the_catalogue(handbook: Path) -> None:
    page = (handbook / "events.html").read_text()
    for event in EVENTS.values():
        assert event.label in page
        assert event.fires_when.replace("'", "&#39;") in page or event.fires_when in page
    assert all(field.label in page for field in FIELDS.values())


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(handbook: Path) -> None:
    pages = {file.name: Page(file.read_text()) for file in handbook.rglob("*.html")}
    assert {name: page.inline for name, page in pages.items() if page.inline} == {}
    assert {name: page.foreign for name, page in pages.items() if page.foreign} == {}
