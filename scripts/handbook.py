"""What mkdocs does for the handbook beyond its own: a page made from the catalogue, and pages for a strict browser.

Hooks of mkdocs.yml. The examples' READMEs become pages too. The portal serves all of it under `script-src 'self'`: what
the theme writes as scripts inside a page becomes files beside it.
"""

from __future__ import annotations

import hashlib
import json
import os.path
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from switchhook.domain.catalogue import EVENTS, FIELDS, Availability, EventSpec, FieldSpec  # noqa: E402
from switchhook.domain.delivery import NoAnswer, Problem, Responded, Timing  # noqa: E402
from switchhook.domain.explaining import ADVISED_STATUSES, advice, explain  # noqa: E402

_INLINE_SCRIPT = re.compile(r"<script>(.+?)</script>", re.DOTALL)
_INLINE_SCRIPTS = "assets/javascripts/inline"
_INLINE_ALIGNMENT = re.compile(r'style="text-align: (\w+);?"')
_ATTEMPTS = "<!-- attempts -->"  # of troubleshooting.md
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the page of events and fields, and the examples."""
    files.append(File.generated(config, "events.md", content="\n".join(_events_page())))
    for readme in sorted(ROOT.glob("examples/*/README.md")):
        files.append(File.generated(config, f"examples/{readme.parent.name}.md", content=readme.read_text()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads links to where their targets are in the handbook; what is not in it is named without a link."""
    here = page.file.src_uri
    written_in = f"examples/{Path(here).stem}" if here.startswith("examples/") else f"docs/{Path(here).parent}"

    def led(found: re.Match[str]) -> str:
        target = os.path.normpath(f"{written_in}/{found[3]}").replace("\\", "/")
        in_handbook = re.sub(r"^examples/(\w+)/README\.md$", r"docs/examples/\1.md", target)
        if not in_handbook.startswith("docs/"):
            return found[2]
        relative = os.path.relpath(in_handbook.removeprefix("docs/"), Path(here).parent)
        return f"{found[1]}[{found[2]}]({relative}{found[4] or ''})"

    return _LINK.sub(led, markdown.replace(_ATTEMPTS, "\n".join(_attempts_table())))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Moves scripts out of a page into files, and says alignment without a style."""

    def moved(found: re.Match[str]) -> str:
        name = f"{_INLINE_SCRIPTS}.{hashlib.sha256(found[1].encode()).hexdigest()[:12]}.js"
        target = Path(config.site_dir, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(found[1])
        return f'<script src="{up}{name}"></script>'

    up = "../" * page.url.count("/")
    return _INLINE_ALIGNMENT.sub(r'align="\1"', _INLINE_SCRIPT.sub(moved, output))


def on_post_build(config: MkDocsConfig) -> None:
    """What a portal does not serve: it has a 404 page of its own, and no search engine is asked in."""
    for name in ("404.html", "sitemap.xml", "sitemap.xml.gz"):
        Path(config.site_dir, name).unlink(missing_ok=True)


def _attempts_table() -> Iterator[str]:
    """What can come of an attempt, as the portal says it, and what to do."""
    yield "| it says | do |\n|---|---|"
    nothing = Timing(total_ms=0)
    for problem in Problem:
        answer = NoAnswer(problem=problem, detail="", timing=nothing)
        yield f"| {explain(answer)} | {advice(answer)} |"
    for status in (301, *ADVISED_STATUSES, 500):
        answered = Responded(status=status, headers=(), body=b"", body_truncated=False, timing=nothing)
        yield f"| {explain(answered)} | {advice(answered)} |"


def _events_page() -> Iterator[str]:
    yield "# Events and fields\n"
    yield ("What an integration can wait for, and what it can send. A field that is *when known* is `null` in JSON "
           "and empty in a query string while nobody knows. Names in `code` are placeholders and the default keys.\n")
    yield "\n".join(_events_table())
    for spec in EVENTS.values():
        yield from _event_section(spec)
    yield "\n## All fields\n\n| field | | meaning | example |\n|---|---|---|---|"
    for field in FIELDS.values():
        yield f"| {_named(field)} | `{field.field.value}` | {field.meaning} | `{json.dumps(field.example)}` |"


def _events_table() -> Iterator[str]:
    yield "| event | type | fires when |\n|---|---|---|"
    for spec in EVENTS.values():
        extra = " *(extra)*" if spec.extra else ""
        yield f"| [{spec.label}](#{_anchor(spec)}){extra} | `{spec.type.value}` | {spec.fires_when} |"
    if any(spec.extra for spec in EVENTS.values()):
        yield "\n*Extra* events can be chosen where the operator has granted them to the account."


def _event_section(spec: EventSpec) -> Iterator[str]:
    yield f"\n## {spec.label} {{ #{_anchor(spec)} }}\n"
    yield f"`{spec.type.value}` · {spec.level.value} level. {spec.fires_when}"
    if spec.note:
        yield f"\n!!! note\n    {spec.note}"
    known = [_named(FIELDS[field]) for field, when in spec.fields.items() if when is Availability.WHEN_KNOWN]
    if known:
        yield f"\nWhen known: {', '.join(known)}."
    example = {field.value: value for field, value in spec.example().items()}
    yield f"\n```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"


def _anchor(spec: EventSpec) -> str:
    return spec.type.value.replace(".", "-")


def _named(field: FieldSpec) -> str:
    return f"{field.label} *(extra)*" if field.extra else field.label
