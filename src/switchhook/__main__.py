"""The command line: `switchhook serve`, its halves, and the tools around them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.rich_utils import rich_format_error

from switchhook import __version__
from switchhook.cli import commands
from switchhook.cli.exits import CommandError, ExitCode
from switchhook.domain.errors import SettingsError, SwitchhookError
from switchhook.domain.service import DEFAULT_EXTENSIONS, DEFAULT_MENUS, DEFAULT_TRUNK_CONTEXTS
from switchhook.settings import PREFIX, Settings, add_key, check_strong, load_settings, make_key_file

cli = typer.Typer(
    name="switchhook", no_args_is_help=True, pretty_exceptions_enable=False,
    help="Switchhook turns what happens on a telephone system into webhooks.",
)
StateDir = Annotated[Path | None, typer.Option("--state", help="The one directory that holds all state.")]


@cli.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"switchhook {__version__}")
        raise typer.Exit


@cli.command()
def serve(state: StateDir = None) -> None:
    """Run it for real: engine and web, in one command. The first start prints a one-time link."""
    from switchhook.supervisor import supervise
    from switchhook.web.keys import check_keys
    from switchhook.web.migrate import migrate as bring_up_to_date
    from switchhook.web.people import ensure_operator

    settings = _prepare(state)
    bring_up_to_date()
    check_keys()
    link = ensure_operator("operator@example.com").link
    typer.echo(f"Portal:  {settings.portal_url}/")
    if link:
        typer.echo(f"First login, as operator (works once, for 24 hours):\n         {link}")
    raise typer.Exit(supervise())


@cli.command()
def engine(state: StateDir = None) -> None:
    """Run the engine alone: PBX connections, call tracking, delivery."""
    from switchhook.app import run_engine

    raise typer.Exit(run_engine(_prepare(state)))


@cli.command()
def web(state: StateDir = None) -> None:
    """Run the web alone: portal and API."""
    from switchhook.web.keys import check_keys
    from switchhook.web.serve import run

    settings = _prepare(state)
    check_keys()
    run(settings)


@cli.command()
def migrate(state: StateDir = None) -> None:
    """Bring the database to this release's schema. Several at once wait for each other."""
    from switchhook.web.migrate import migrate as bring_up_to_date

    _prepare(state)
    bring_up_to_date()


@cli.command()
def backup(
    copy: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")], state: StateDir = None,
) -> None:
    """Copy the SQLite database while all runs, whole and of one moment. PostgreSQL has pg_dump for that."""
    from switchhook.backup import back_up

    settings = _prepare(state)
    if settings.sqlite_path is None:
        raise SettingsError("The database is PostgreSQL: pg_dump --format=custom copies it while all runs.")
    back_up(settings.sqlite_path, copy.absolute())
    keys = "what SWITCHHOOK_SECRET_KEYS says" if settings.secret_keys else settings.state_dir / "secret.key"
    typer.echo(f"Written: {copy}. Its secrets open only with {keys}: keep that elsewhere.")


@cli.command("rotate-keys")
def rotate_keys(
    state: StateDir = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="First put a new key into the state directory.")] = False,
) -> None:
    """Seal every stored secret with the newest key, while all runs; then say whether the older keys can go."""
    from switchhook.web.keys import rotate_keys as seal_anew

    settings = _prepare(state)
    key_file = None if settings.secret_keys else settings.state_dir / "secret.key"
    if new_key:
        if key_file is None:
            raise SettingsError("The keys stand in SWITCHHOOK_SECRET_KEYS: put the new one in front there.")
        add_key(settings.state_dir)
        typer.echo(f"A new key stands in front in {key_file}. Restart Switchhook, then: switchhook rotate-keys")
        raise typer.Exit
    for line in seal_anew(key_file):
        typer.echo(line)


@cli.command()
def login_link(
    email: Annotated[str, typer.Argument(help="With which they log in.")],
    forget_second_factor: Annotated[bool, typer.Option(
        "--forget-second-factor", help="For who lost phone and recovery codes.")] = False,
    state: StateDir = None,
) -> None:
    """Print a link that logs somebody in, once, within 24 hours: the way back in, also for the operator. While there is
    no operator, who has this address becomes it."""
    from switchhook.web.people import way_back_in

    _prepare(state)
    typer.echo(way_back_in(email, forget_second_factor=forget_second_factor))


@cli.command()
def doctor(state: StateDir = None) -> None:
    """Check settings, database, schema and PBX connections; say what is wrong and what to do."""
    from switchhook.doctor import examine

    if state is not None:
        os.environ[f"{PREFIX}STATE_DIR"] = str(state.absolute())
    raise typer.Exit(examine(load_settings))


@cli.command()
def demo(
    state: StateDir = Path("demo-state"),
    port: Annotated[int, typer.Option(help="The portal's port; what else listens takes the next three.")] = 8000,
) -> None:
    """A simulated PBX whose calls become requests before your eyes. Ctrl-C ends it."""
    from switchhook.nps_example import is_there, nps_program
    from switchhook.supervisor import free_ports, supervise

    *ports, nps_port = free_ports(port, 4)
    for name, number in zip(("WEB", "INTAKE", "INBOX"), ports, strict=True):
        os.environ[f"{PREFIX}{name}_LISTEN"] = f"127.0.0.1:{number}"
    if is_there():
        os.environ[f"{PREFIX}DEMO_NPS_URL"] = f"http://127.0.0.1:{nps_port}"
    os.environ.setdefault(f"{PREFIX}LOG_LEVEL", "WARNING")  # the page shows what happens
    settings = _prepare(state)
    from switchhook.web.migrate import migrate as bring_up_to_date

    bring_up_to_date()
    from switchhook.web.demo import seed_demo
    from switchhook.web.demo_nps import seed_nps
    from switchhook.web.demo_recording import seed_recording

    login = seed_demo(settings.inbox_base_url)
    seed_recording(settings.state_dir / "recordings")
    nps = [nps_program(settings, seed_nps(settings.demo_nps_url))] if settings.demo_nps_url else []
    typer.echo(
        f"\nSwitchhook demo\n  open    {login.link}\n  or      {settings.portal_url}/  as {login.email}, "
        f"password {login.password}\n  state   {settings.state_dir}\n\nCalls are being made up; Ctrl-C ends it.\n")
    raise typer.Exit(supervise(beside=nps))


@cli.command()
def replay(
    file: Annotated[str, typer.Argument(help="Raw AMI text or JSON Lines, plain or gzipped; - for standard input.")],
    platform: Annotated[str, typer.Option(help="asterisk or freeswitch.")] = "asterisk",
    trunk: Annotated[list[str] | None, typer.Option(help="A trunk's device (glob); may be repeated.")] = None,
    trunk_context: Annotated[list[str] | None, typer.Option(help="Where trunks' calls begin (glob).")] = None,
    menu: Annotated[list[str] | None, typer.Option(help="CONTEXT=NAME (glob); may be repeated.")] = None,
    extension: Annotated[list[str] | None, typer.Option(help="Devices (glob) that are users' phones.")] = None,
    extra: Annotated[bool, typer.Option(help="Tell the extra events, too.")] = False,
) -> None:
    """Feed a recording through the tracker: events as JSON lines, the reasons on standard error."""
    from switchhook.pbx.replay import run_replay

    menus = [(context, name) for context, _, name in (one.partition("=") for one in menu or [])]
    raise typer.Exit(run_replay(
        file, platform=platform, trunks=tuple(trunk or ()),
        trunk_contexts=tuple(trunk_context or DEFAULT_TRUNK_CONTEXTS), menus=tuple(menus or DEFAULT_MENUS),
        extensions=tuple(extension or DEFAULT_EXTENSIONS), out=sys.stdout, err=sys.stderr, extra=extra))


@cli.command()
def capture(
    connection: Annotated[str, typer.Argument(help="The Connection's name or id.")],
    out: Annotated[Path, typer.Option(help="The file to write (gzipped).")] = Path("capture.ami.gz"),
    minutes: Annotated[float, typer.Option(help="How long to record.")] = 5.0,
    state: StateDir = None,
) -> None:
    """Record what a PBX sends, without what callers key in, for `switchhook replay`. Ctrl-C ends it early."""
    from switchhook.app import capture_connection

    raise typer.Exit(capture_connection(_prepare(state), connection, out, minutes * 60))


def _prepare(state: Path | None) -> Settings:
    """The settings in force, and a state directory with a key in it. Child processes see the same."""
    if state is not None:
        os.environ[f"{PREFIX}STATE_DIR"] = str(state.absolute())
    settings = load_settings()
    if not settings.secret_keys:
        make_key_file(settings.state_dir)
    check_strong(settings.keys())
    return settings


commands.add_to(cli)


def main() -> None:
    """The `switchhook` command: a clear sentence instead of a traceback for what can go wrong, and an exit code."""
    try:
        code = cli(standalone_mode=False)
    except typer.TyperException as error:  # it was written wrongly
        rich_format_error(error)  # type: ignore[arg-type]  # typer raises no others
        code = ExitCode.USAGE
    except typer.Abort:
        typer.echo("switchhook: nothing was done.", err=True)
        code = ExitCode.FAILED
    except SwitchhookError as error:
        typer.echo(f"switchhook: {error}", err=True)
        code = error.exit_code if isinstance(error, CommandError) else ExitCode.FAILED
    sys.exit(code if isinstance(code, int) else ExitCode.DONE)


if __name__ == "__main__":
    main()
