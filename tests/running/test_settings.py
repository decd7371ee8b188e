"""Settings: where they come from, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchhook.domain.errors import SettingsError
from switchhook.settings import listen_pair, load_settings, make_key_file


def test_without_any_setting_all_is_on_loopback_in_sqlite() -> None:
    settings = load_settings({})
    assert settings.web_listen.startswith("127.0.0.1:")
    assert settings.database == f"sqlite://{settings.state_dir / 'switchhook.sqlite3'}"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "switchhook.env").write_text("SWITCHHOOK_BRAND_NAME=From file\nSWITCHHOOK_WEB_THREADS=3\n")
    settings = load_settings({"SWITCHHOOK_STATE_DIR": str(tmp_path), "SWITCHHOOK_BRAND_NAME": "From environment"})
    assert (settings.brand_name, settings.web_threads) == ("From environment", 3)


def test_a_secret_may_be_mounted_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://user:password@db.example/switchhook\n")
    assert load_settings({"DATABASE_URL_FILE": str(tmp_path / "url")}).database.endswith("@db.example/switchhook")


@pytest.mark.parametrize(("environment", "says"), [
    ({"SWITCHHOOK_WEB_LISTNE": "127.0.0.1:1"}, "SWITCHHOOK_WEB_LISTNE: there is no such setting"),
    ({"SWITCHHOOK_WEB_LISTEN": "8000"}, "write ADDRESS:PORT"),
    ({"DATABASE_URL": "mysql://db"}, "postgresql://"),
    ({"SWITCHHOOK_DELIVERIES_IN_FLIGHT": "many"}, "SWITCHHOOK_DELIVERIES_IN_FLIGHT"),
    ({"SWITCHHOOK_SECRET_KEYS_FILE": "/nowhere/at/all"}, "cannot be read"),
])
def test_a_wrong_setting_is_named_and_explained(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says.replace("/", "/")):
        load_settings(environment)


def test_the_first_start_makes_a_key_for_the_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    make_key_file(state)
    keys = load_settings({"SWITCHHOOK_STATE_DIR": str(state)}).keys()
    make_key_file(state)
    assert load_settings({"SWITCHHOOK_STATE_DIR": str(state)}).keys() == keys
    assert (state / "secret.key").stat().st_mode & 0o077 == 0


def test_without_a_key_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SWITCHHOOK_SECRET_KEYS"):
        load_settings({"SWITCHHOOK_STATE_DIR": str(tmp_path)}).keys()


def test_an_ipv6_address_to_listen_on() -> None:
    assert listen_pair("[::1]:8000") == ("::1", 8000)
