"""Keys: rotated while all runs, missed with a clear sentence, and refused when others could guess them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from switchhook.domain.errors import SettingsError
from switchhook.domain.sealing import key_id_of, key_ids, unseal
from switchhook.settings import check_strong
from tests.fixtures.databases import KEYS
from tests.fixtures.seed import Seed

NEW, WRONG = "a new key for tests only", "another key for tests only"


def _run(verb: str, database_url: str, state_dir: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHHOOK_")}
    ours = {"DATABASE_URL": database_url, "SWITCHHOOK_STATE_DIR": str(state_dir)}
    return subprocess.run(
        [sys.executable, "-m", "switchhook", *verb.split()], capture_output=True, text=True, check=False, timeout=60,
        env=clean | ours | ({"SWITCHHOOK_SECRET_KEYS": ",".join(keys)} if keys else {}))


def _integration(seed: Seed) -> dict[str, object]:
    [row] = seed.rows("SELECT * FROM integration")
    return row


def test_with_keys_from_the_environment_nobody_needs_to_make_the_state_directory(tmp_path: Path) -> None:
    state = tmp_path / "not" / "there"
    done = _run("migrate", f"sqlite://{state}/switchhook.sqlite3", state, *KEYS)
    assert (done.returncode, done.stderr) == (0, "")
    assert state.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def secretive(seed: Seed) -> Seed:
    """A database with a secret of every kind, under the old key."""
    account = seed.account()
    seed.connection(secret="canary of the pbx")
    seed.integration(
        account, password="canary password", token="canary token", signing=["whsec_Y2FuYXJ5IHNpZ25pbmc="],
        headers=[{"name": "X-Key", "value": "canary header", "secret": True}, {"name": "X-Plain", "value": "plain"}])
    for _ in range(120):  # more than a step
        seed.connection(secret="canary")
    return seed


def test_after_a_rotation_the_old_key_can_go(secretive: Seed, database_url: str, tmp_path: Path) -> None:
    done = _run("rotate-keys", database_url, tmp_path, NEW, *KEYS)
    assert done.returncode == 0, done.stderr
    assert "125 secrets were sealed anew" in done.stdout
    assert "the others can go" in done.stdout
    row = _integration(secretive)
    own = UUID(str(row["id"]))
    assert unseal(str(row["password_sealed"]), context=f"integration:{own}:password", keys=[NEW]) == "canary password"
    text = str(secretive.rows("SELECT * FROM integration") + secretive.rows("SELECT * FROM connection"))
    assert next(iter(key_ids(KEYS))) not in text
    again = _run("rotate-keys", database_url, tmp_path, NEW)
    assert "0 secrets were sealed anew; 125 had been" in again.stdout


def test_with_a_wrong_key_nothing_starts_and_what_to_do_is_said(
    secretive: Seed, database_url: str, tmp_path: Path,
) -> None:
    for verb in ("engine", "web", "serve"):
        done = _run(verb, database_url, tmp_path, WRONG)
        assert done.returncode == 1, done.stdout + done.stderr
        assert next(iter(key_ids(KEYS))) in done.stdout + done.stderr
        assert "SWITCHHOOK_SECRET_KEYS" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_what_opens_with_no_key_is_named_and_left_as_it_is(
    secretive: Seed, database_url: str, tmp_path: Path,
) -> None:
    before = secretive.sealed("moved here from elsewhere", "connection:of-another-row:secret")
    connection = secretive.connection()
    secretive.execute("UPDATE connection SET secret_sealed = ? WHERE id = ?", before, connection)
    done = _run("rotate-keys", database_url, tmp_path, NEW, *KEYS)
    assert done.returncode == 1
    assert f"connection:{connection}:secret" in done.stderr
    assert "Keep all keys" in done.stderr
    assert secretive.row("connection", connection)["secret_sealed"] == before


def test_a_new_key_is_put_in_front_of_the_file(sqlite_url: str, tmp_path: Path) -> None:
    assert _run("rotate-keys", sqlite_url, tmp_path).returncode == 0  # makes the first one
    first = (tmp_path / "secret.key").read_text().strip()
    done = _run("rotate-keys --new-key", sqlite_url, tmp_path)
    assert "Restart Switchhook" in done.stdout
    keys = (tmp_path / "secret.key").read_text().strip().split(",")
    assert (keys[1], len(keys)) == (first, 2)
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    assert "put the new one in front there" in _run("rotate-keys --new-key", sqlite_url, tmp_path, *KEYS).stderr


@pytest.mark.parametrize("key", [
    "change-me-to-something-long", "example-key-0123456789", "secret-secret-1", "short", "aaaaaaaaaaaaaaaaaaaaaaaa",
    "Password1234567890", "your-secret-key-goes-here",
])
def test_a_key_that_others_could_guess_is_refused(key: str, tmp_path: Path) -> None:
    done = _run("web", f"sqlite://{tmp_path / 'none.sqlite3'}", tmp_path, key)
    assert done.returncode == 1
    assert "SWITCHHOOK_SECRET_KEYS: key 1" in done.stderr
    assert "secrets.token_urlsafe(32)" in done.stderr
    assert key not in done.stderr
    assert "Traceback" not in done.stderr


def test_made_keys_are_strong() -> None:
    check_strong([secrets.token_urlsafe(32) for _ in range(100)])
    with pytest.raises(SettingsError, match="key 2"):
        check_strong([secrets.token_urlsafe(32), "weak"])


def test_a_sealed_text_names_its_key(seed: Seed) -> None:
    assert {key_id_of(seed.sealed("x", "y"))} == key_ids(KEYS)
    assert key_id_of("plain") == ""
