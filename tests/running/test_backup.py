"""`switchhook backup`: what it refuses, and that nothing half-made is left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from switchhook.backup import back_up
from switchhook.domain.errors import SettingsError, StoreError


@pytest.fixture
def database(sqlite_url: str) -> Path:
    return Path(urlsplit(sqlite_url).path)


def test_the_copy_is_for_its_owner_alone(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "odd ?#% name.sqlite3"
    back_up(database.rename(tmp_path / "a ?#% b.sqlite3"), copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as made:
        assert made.execute("SELECT count(*) FROM account").fetchone() == (0,)


def test_what_is_there_is_not_written_over(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_text("the last good one")
    with pytest.raises(SettingsError, match="is there already"):
        back_up(database, copy)
    assert copy.read_text() == "the last good one"


def test_a_database_that_is_none_or_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no database at"):
        back_up(tmp_path / "nothing", tmp_path / "copy")
    broken = tmp_path / "broken"
    broken.write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreError, match="No copy was made"):
        back_up(broken, tmp_path / "copy")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["broken"]


def test_a_folder_that_is_not_there_is_said_to_be(database: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        back_up(database, tmp_path / "away" / "copy")
