"""`python -m crm`: run it with a Tryton that you have; `python -m crm demo`: with one that it brings along."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from subprocess import CalledProcessError

from aiohttp import web

from crm.configuration import Configuration, Misconfigured, configuration
from crm.demo import demo
from crm.server import make_app
from crm.tryton import Tryton


def main() -> None:
    try:
        logging.basicConfig(
            level=os.environ.get("CRM_LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        match sys.argv[1:]:
            case []:
                _serve(configuration(os.environ))
            case ["demo"]:
                asyncio.run(demo(os.environ.get("CRM_LISTEN", "127.0.0.1:8020")))
            case _:
                sys.exit("usage: python -m crm [demo]")
    except (Misconfigured, OSError, RuntimeError, ValueError, CalledProcessError, sqlite3.Error) as error:
        sys.exit(f"crm: {error}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        pass  # that is how the demo ends


def _serve(ours: Configuration) -> None:
    def started(_: str) -> None:
        logging.getLogger("crm").info("the pages are at http://%s:%d/, the webhook at /hook", ours.host, ours.port)

    web.run_app(_app(ours), host=ours.host, port=ours.port, access_log=None, print=started)


async def _app(ours: Configuration) -> web.Application:
    crm = Tryton(ours.tryton)
    app = make_app(ours, crm)

    async def close(app: web.Application) -> AsyncIterator[None]:
        yield
        await crm.__aexit__(None, None, None)

    app.cleanup_ctx.insert(0, close)  # the first to begin is the last to end
    return app


main()
