"""`python -m billing`: run it, until Ctrl-C; or export, reconcile, rate. The README has the settings."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from datetime import datetime, timedelta

from aiohttp import web

from billing.book import Book
from billing.configuration import Configuration, Misconfigured, configuration
from billing.database import Database, Trouble
from billing.periods import Period, period_of
from billing.rates import RateTable, WrongRates, load_rates
from billing.reconciliation import NoAnswer, reconcile
from billing.server import make_app
from billing.table import as_csv

DIFFERENT, NOT_DONE = 1, 2  # exit codes


def main() -> int:
    told = _words().parse_args()
    try:
        logging.basicConfig(
            level=os.environ.get("BILLING_LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        ours = configuration(os.environ)
        rates = load_rates(ours.rates, charged=ours.charged, decimals=ours.decimals)
        match told.verb:
            case "export":
                return _export(ours, told.period)
            case "reconcile":
                return _reconcile(ours, rates, told.period, fetch=told.fetch)
            case "rate":
                return _rate(ours, rates)
            case _:
                return _serve(ours, rates)
    except (Misconfigured, WrongRates, NoAnswer, Trouble, OSError, ValueError) as error:
        print(f"billing: {error}", file=sys.stderr)
        return NOT_DONE


def _words() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m billing", description="Rated call records out of webhooks.")
    verbs = parser.add_subparsers(dest="verb", title="commands (none: run the program)")
    export = verbs.add_parser("export", help="print a day's or a month's records as CSV")
    reconcile = verbs.add_parser("reconcile", help="compare a day with Switchhook's API; exit code 1 when they differ")
    reconcile.add_argument("--fetch", action="store_true", help="take what is missing from the API, and rate it")
    for verb in (export, reconcile):
        verb.add_argument("period", nargs="?", default="", help="2026-11-22 or 2026-11; without it, yesterday")
    verbs.add_parser("rate", help="rate the records that had no rate, after the table was changed")
    return parser


def _serve(ours: Configuration, rates: RateTable) -> int:
    if not ours.secrets:
        raise Misconfigured("BILLING_SECRET: write the signing secrets of the integrations, whsec_… whsec_…")
    app = make_app(ours, rates, home_url=os.environ.get("BILLING_HOME_URL", ""))

    def started(_: str) -> None:
        logging.getLogger("billing").info("the page is at http://%s:%d/, the webhook at /hook", ours.host, ours.port)

    web.run_app(app, host=ours.host, port=ours.port, access_log=None, print=started)
    return 0


def _export(ours: Configuration, period: str) -> int:
    with Database(ours.database_url) as database:
        book = Book(database)
        book.create()
        sys.stdout.write(as_csv(book.records(_period(period, ours)), ours))
    return 0


def _reconcile(ours: Configuration, rates: RateTable, period: str, *, fetch: bool) -> int:
    if not ours.api_tokens:
        raise Misconfigured("BILLING_API_TOKEN: make a token with the scope read under My Admin → API tokens")
    with Database(ours.database_url) as database:
        book = Book(database)
        book.create()
        differences = asyncio.run(reconcile(
            book, rates, _period(period, ours), api_url=ours.api_url, tokens=ours.api_tokens, fetch=fetch))
    for difference in differences:
        print(*difference.lines(), sep="\n")
    return 0 if all(difference.is_none for difference in differences) else DIFFERENT


def _rate(ours: Configuration, rates: RateTable) -> int:
    with Database(ours.database_url) as database:
        book = Book(database)
        book.create()
        rated, left = book.rate_again(rates.charge)
    print(f"{rated:,} rated, {left:,} without a rate")
    return DIFFERENT if left else 0


def _period(text: str, ours: Configuration) -> Period:
    yesterday = datetime.now(ours.time_zone).date() - timedelta(days=1)
    return period_of(text or yesterday.isoformat(), ours.time_zone)


if __name__ == "__main__":
    sys.exit(main())
