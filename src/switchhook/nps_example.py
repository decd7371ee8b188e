"""The demo's second program: the Net Promoter Score example, which gets webhooks as anybody's program does.

It lies in the repository and in no wheel, so the demo starts it where it is there. It is given its signing secret
and nothing of ours: no setting, no key, no database.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from switchhook.settings import PREFIX, Settings, listen_pair
from switchhook.supervisor import Program

FOLDER = Path(__file__).parents[2] / "examples" / "nps"
STOP_SECONDS = 5.0


def is_there() -> bool:
    """Whether this is a checkout, with the example in it."""
    return (FOLDER / "nps" / "__main__.py").exists()


def nps_program(settings: Settings, secret: str, time_zone: str) -> Program:
    """How to start it, listening where `demo_nps_url` says. The secret is handed over by a file for us alone."""
    state = settings.state_dir / "nps"
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret_file = state / "signing-secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret + "\n")
    address, port = listen_pair(settings.demo_nps_url.partition("//")[2])
    ours = {
        "NPS_LISTEN": f"{address}:{port}", "NPS_STATE": str(state), "NPS_SECRET_FILE": str(secret_file),
        "NPS_TIME_ZONE": time_zone, "NPS_HOME_URL": settings.portal_url, "NPS_LOG_LEVEL": settings.log_level}
    not_its = (PREFIX, "DATABASE_URL", "NPS_")
    others = {name: value for name, value in os.environ.items() if not name.startswith(not_its)}
    return Program(name="nps", command=(sys.executable, "-m", "nps"), stop_seconds=STOP_SECONDS, folder=FOLDER,
                   environment=others | ours)
