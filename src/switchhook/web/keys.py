"""What the command line asks about keys: do they fit the database, and sealing everything with the newest one."""

from __future__ import annotations

import time
from pathlib import Path

from switchhook.domain.errors import SettingsError
from switchhook.web.ready import database


def check_keys() -> None:
    """Raises SettingsError when the keys of the settings open nothing of this database."""
    with database():
        from switchhook.web.sealed import check_keys

        check_keys()


def rotate_keys(key_file: Path | None) -> list[str]:
    """Seal every secret with the newest key. Returns what to tell. `key_file`: where the keys stand, if in a file that
    is ours. Raises SettingsError when somebody who runs does not know the newest key, or secrets do not open."""
    with database():
        from django.conf import settings

        from switchhook.web.sealed import reseal_all

        if len(settings.SWITCHHOOK.keys()) > 1 and key_file is not None:
            _check_engines_know(key_file)
        told = reseal_all()
    if told.closed:
        raise SettingsError(
            f"{told.sealed} secrets are sealed with the newest key now, but {len(told.closed)} open with none: "
            f"{', '.join(told.closed[:5])}. Keep all keys, or enter these secrets again.")
    says = [f"{told.sealed} secrets were sealed anew; {told.current} had been sealed with the newest key already."]
    if len(settings.SWITCHHOOK.keys()) > 1:
        says.append("All are under the newest key: the others can go. Take them out, and restart. Who is logged in "
                    "since before the newest key must log in again then.")
    else:
        says.append("There is one key only. For another, put it in front (`switchhook rotate-keys --new-key` does), "
                    "restart, and run this again.")
    return says


def _check_engines_know(key_file: Path) -> None:
    from switchhook.web.models import Engine
    from switchhook.web.services.state import SILENT_AFTER_MS

    now_ms, written_ms = time.time_ns() // 1_000_000, key_file.stat().st_mtime_ns // 1_000_000
    for one in Engine.objects.filter(heartbeat_at_ms__gt=now_ms - SILENT_AFTER_MS, started_at_ms__lt=written_ms):
        raise SettingsError(
            f"The engine on {one.host} (process {one.pid}) runs since before the newest key: restart Switchhook "
            "first, or it could not open what is sealed anew.")
