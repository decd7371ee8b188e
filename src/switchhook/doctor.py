"""`switchhook doctor`: looks at settings, database, schema, engines and PBX connections, and says in plain
words what is wrong and what to do. It changes nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

import typer

from switchhook.domain.errors import LoginRefused, PbxError, SchemaMismatch, SettingsError, StoreError
from switchhook.domain.service import Connection, Platform
from switchhook.pbx.connector import try_login
from switchhook.settings import Settings, listen_pair
from switchhook.store import open_store
from switchhook.store.ports import Configuration, Store

CONNECT_SECONDS = 10.0


@dataclass(slots=True)
class _Report:
    """What was found, printed as it comes."""

    wrong: int = 0

    def good(self, what: str) -> None:
        typer.echo(f"  ok     {what}")

    def note(self, what: str) -> None:
        typer.echo(f"  note   {what}")

    def bad(self, what: str, do: str) -> None:
        self.wrong += 1
        typer.echo(f"  WRONG  {what}\n         {do}")


def examine(load: Callable[[], Settings]) -> int:
    """Examine everything and print it. Returns 0 when all is well, else 1."""
    report = _Report()
    try:
        settings = load()
        settings.keys()
    except SettingsError as error:
        report.bad(str(error), "Correct it in the environment or in STATE_DIR/switchhook.env.")
        return 1
    report.good(f"settings; state in {settings.state_dir}")
    asyncio.run(_examine_database(settings, report))
    _examine_ports(settings, report)
    typer.echo("All is well." if not report.wrong else f"{report.wrong} thing(s) to mend.")
    return 1 if report.wrong else 0


async def _examine_database(settings: Settings, report: _Report) -> None:
    store = open_store(settings.database, settings.keys())
    kind = "PostgreSQL" if settings.database.startswith("postgres") else "SQLite"
    try:
        await store.open()
    except SchemaMismatch as error:
        report.bad(f"{kind} answers, but {error}", "Run `switchhook migrate`.")
        return
    except StoreError as error:
        report.bad(f"{kind}: {error}", "Check DATABASE_URL, that the server runs, and that this user may connect.")
        return
    try:
        report.good(f"{kind}, schema up to date")
        await _examine_configuration(store, report)
    finally:
        await store.close()


async def _examine_configuration(store: Store, report: _Report) -> None:
    configuration = await store.load_configuration()
    for thing, why in configuration.broken.items():
        report.bad(f"{thing} cannot be used: {why}", "Open it in the portal, enter its secrets again, and save.")
    report.good(
        f"{len(configuration.accounts)} account(s), {len(configuration.services)} service(s), "
        f"{len(configuration.integrations)} integration(s), {len(configuration.users)} user(s)"
    )
    backlog = await store.backlog()
    report.good(", ".join(f"{count} deliveries {what}" for what, count in backlog.items()) or "no backlog")
    if not configuration.connections:
        report.note("no Connection to a PBX yet: make one in the portal, Operator, Connections")
    for connection in configuration.connections.values():
        await _examine_connection(connection, configuration, report)


async def _examine_connection(connection: Connection, configuration: Configuration, report: _Report) -> None:
    name = f"Connection “{connection.name}” ({connection.host}:{connection.port})"
    feeds = [s for s in configuration.services.values() if s.connection_id == connection.id]
    if not feeds:
        report.note(f"{name} feeds no service: make one in the portal, Operator, Services")
    if connection.platform is Platform.SIMULATOR:
        report.good(f"Connection “{connection.name}” is simulated")
        return
    try:
        missing = (await asyncio.wait_for(try_login(connection), CONNECT_SECONDS)).missing
    except LoginRefused as error:
        compare = "user, secret and `permit` with the PBX's manager.conf"
        if connection.platform is Platform.FREESWITCH:
            compare = "user, password and access list with the PBX's directory and event_socket.conf.xml"
        report.bad(f"{name}: {error}", f"Compare {compare}.")
    except (PbxError, OSError, TimeoutError) as error:
        report.bad(
            f"{name} does not answer: {error or 'no answer in time'}",
            "Check address, port, TLS and the firewall; on the PBX, that its manager interface or its Event "
            "Socket is enabled.",
        )
    else:
        for what in missing:
            report.bad(f"{name}: {what}", "Give the PBX's user the rights that the portal's Connection page shows.")
        if not missing:
            report.good(f"{name} lets us in and lists the calls in progress")


def _examine_ports(settings: Settings, report: _Report) -> None:
    for what, address in (
        ("portal", settings.web_listen),
        ("intake", settings.intake_listen),
        ("request inbox", settings.inbox_listen),
    ):
        host, port = listen_pair(address)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                report.good(f"{what}: {address} is free")
            except OSError:
                report.note(f"{what}: something listens on {address} (Switchhook itself, if it runs now)")
