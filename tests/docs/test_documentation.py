"""What the documents promise is there."""

import re
from pathlib import Path

import pytest
import typer

from switchhook.cli import commands
from switchhook.cli.commands.listen import MadeUpCall
from switchhook.intake.told import NEEDED
from switchhook.settings import PREFIX, USUAL_NAMES, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_meaning(name: str) -> None:
    variable = name.upper() if name.upper() in USUAL_NAMES else PREFIX + name.upper()
    default = str(Settings.model_fields[name].default)
    row = f"| `{variable}` | {f'`{default}`' if default else ''} | {Settings.model_fields[name].description} |"
    assert row in (ROOT / "docs/operating.md").read_text()


def test_every_code_of_a_problem_is_documented() -> None:
    sources = "".join(file.read_text() for file in (ROOT / "src/switchhook/web/api").glob("*.py"))
    codes = {*re.findall(r'code="(\w+)"', sources), *re.findall(r'\b\d{3}: "(\w+)"', sources)}
    codes |= {f"token_{one}" for one in ("unknown", "expired", "revoked", "orphaned")}
    assert len(codes) > 30
    text = (ROOT / "docs/api.md").read_text()
    assert {code for code in codes if f"`{code}`" not in text} == set()


def test_every_command_and_made_up_call_is_documented() -> None:
    cli = typer.Typer()
    commands.add_to(cli)
    names = [command.callback.__name__ for command in cli.registered_commands if command.callback]
    for group in cli.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert command.callback
            names.append(f"{group.typer_instance.info.name} {command.name or command.callback.__name__}")
    assert len(names) > 15
    text = (ROOT / "docs/command-line.md").read_text()
    assert [name for name in names if f"switchhook {name}" not in text] == []
    assert [one.value for one in MadeUpCall if f"`{one.value}`" not in text] == []


def test_what_intake_needs_of_each_event_is_documented() -> None:
    needed = {}
    for row in re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", (ROOT / "docs/intake.md").read_text(), re.MULTILINE):
        types, fields = (re.findall(r"`([a-z_.]+)`", cell) for cell in row)
        these = ["source_number", "destination_number"] if row[1].startswith("these") else []
        needed |= {type_: [*these, *fields] for type_ in types}
    told = {type_.value: [field.value for field in fields] for type_, fields in NEEDED.items()}
    assert {type_: needed.get(type_) for type_ in told} == told


def test_every_message_that_is_explained_is_one_that_is_said() -> None:
    """In docs/troubleshooting.md; `…` stands for what differs."""
    sources = "\n".join(file.read_text() for file in (ROOT / "src/switchhook").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", sources)
    rows = [line for line in (ROOT / "docs/troubleshooting.md").read_text().splitlines() if line.startswith("| `")]
    said = [text for line in rows for text in re.findall(r"`([^`]+)`", line.split(" | ")[0]) if text != "Retry-After"]
    assert len(said) > 40
    assert [text for text in said if text not in joined and text.replace("'", "’") not in joined] == []


def test_every_picture_is_in_the_handbook() -> None:
    """`make screenshots` makes one of each page of the portal: each is to be found, with a word on it."""
    shown = {Path(target).name for page in PAGES for target in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text())}
    assert {picture.name for picture in (ROOT / "docs/images").rglob("*.*")} - shown == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
