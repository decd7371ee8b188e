"""`python -m nps`: run it, until Ctrl-C. The README has the settings."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys

from aiohttp import web

from nps.configuration import Configuration, Misconfigured, configuration
from nps.rules import Rules, load_rules
from nps.server import make_app


def main() -> None:
    try:
        logging.basicConfig(
            level=os.environ.get("NPS_LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        ours = configuration(os.environ)
        _serve(ours, load_rules(ours.rules))
    except (Misconfigured, OSError, ValueError, sqlite3.Error) as error:
        sys.exit(f"nps: {error}")


def _serve(ours: Configuration, rules: Rules) -> None:
    log = logging.getLogger("nps")
    if not ours.smtp_url:
        log.info("NPS_SMTP_URL is not set: no e-mails are sent")

    def started(_: str) -> None:
        log.info("the dashboard is at http://%s:%d/, the webhook at /hook", ours.host, ours.port)

    app = make_app(ours, rules, home_url=os.environ.get("NPS_HOME_URL", ""))
    web.run_app(app, host=ours.host, port=ours.port, access_log=None, print=started)


main()
