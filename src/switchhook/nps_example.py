"""The demo's second program: the Net Promoter Score example, which gets webhooks as anybody's program does.

It lies in the repository and in no wheel, so the demo starts it where it is there. It is given its signing
secret, a token for recordings and nothing of ours: no setting, no key, no database.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from switchhook.settings import PREFIX, Settings, listen_pair
from switchhook.supervisor import Program

if TYPE_CHECKING:
    from switchhook.web.demo_nps import NpsAccess

FOLDER = Path(__file__).parents[2] / "examples" / "nps"
STOP_SECONDS = 5.0


def is_there() -> bool:
    """Whether this is a checkout, with the example in it."""
    return (FOLDER / "nps" / "__main__.py").exists()


def nps_program(settings: Settings, access: NpsAccess) -> Program:
    """How to start it, listening where `demo_nps_url` says. Secrets are handed over by files for us alone."""
    state = settings.state_dir / "nps"
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    address, port = listen_pair(settings.demo_nps_url.partition("//")[2])
    ours = {
        "NPS_LISTEN": f"{address}:{port}", "NPS_STATE": str(state),
        "NPS_SECRET_FILE": _handed_over(state / "signing-secret", access.signing_secret),
        "NPS_API_TOKEN_FILE": _handed_over(state / "api-token", access.api_token),
        "NPS_API_URL": f"{settings.portal_url}/api/v1", "NPS_HOME_URL": settings.portal_url,
        "NPS_TIME_ZONE": access.time_zone, "NPS_LOG_LEVEL": settings.log_level}
    not_its = (PREFIX, "DATABASE_URL", "NPS_")
    others = {name: value for name, value in os.environ.items() if not name.startswith(not_its)}
    return Program(name="nps", command=(sys.executable, "-m", "nps"), stop_seconds=STOP_SECONDS, folder=FOLDER,
                   environment=others | ours)


def _handed_over(file: Path, secret: str) -> str:
    """The file's name, now that the secret is in it."""
    file.touch(mode=0o600)
    file.write_text(secret + "\n")
    return str(file)
