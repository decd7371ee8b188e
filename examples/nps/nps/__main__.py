"""`python -m nps`: run it, until Ctrl-C. The README has the settings."""

from __future__ import annotations

import logging
import os
import sys

from aiohttp import web

from nps.configuration import Misconfigured, configuration
from nps.rules import load_rules
from nps.server import make_app


def main() -> None:
    logging.basicConfig(
        level=os.environ.get("NPS_LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        ours = configuration(os.environ)
        rules = load_rules(ours.rules)
    except (Misconfigured, ValueError) as error:
        sys.exit(f"nps: {error}")
    if not ours.smtp_url:
        logging.getLogger("nps").info("NPS_SMTP_URL is not set: no e-mails are sent")
    app = make_app(ours, rules, home_url=os.environ.get("NPS_HOME_URL", ""))
    web.run_app(app, host=ours.host, port=ours.port, access_log=None, print=None)


main()
