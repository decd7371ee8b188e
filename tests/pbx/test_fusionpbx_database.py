"""Reading the users out of a FusionPBX's database: a real PostgreSQL with FusionPBX's tables (synthetic)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from switchhook.domain.directory import Listed, in_scope
from switchhook.domain.errors import Disconnected, LoginRefused, NotPermitted, PbxError
from switchhook.domain.service import UserDatabase
from switchhook.pbx import fusionpbx_database
from switchhook.pbx.detecting import detected
from switchhook.pbx.fusionpbx_database import LATE, fusionpbx_menus, fusionpbx_users, last_saved, user_database_lacks
from tests.fixtures.certificates import authority
from tests.fixtures.postgres import PostgresServer
from tests.pbx.fake_freeswitch import fake_freeswitch
from tests.pbx.made_up_fusionpbx import MadeUpFusionPbx, made_up_fusionpbx


@pytest.fixture(params=[True, False], ids=["booleans", "texts"])
def either(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[MadeUpFusionPbx]:
    """A newer FusionPBX, and an older one."""
    with made_up_fusionpbx(postgres_server, booleans=request.param) as made:
        yield made


@pytest.fixture
def fusionpbx(postgres_server: PostgresServer) -> Iterator[MadeUpFusionPbx]:
    with made_up_fusionpbx(postgres_server) as made:
        yield made


async def test_the_rights_that_the_portal_offers_are_enough_for_the_users_of_all_domains(
    either: MadeUpFusionPbx,
) -> None:
    acme, other = either.domain("acme.example"), either.domain("other.example")
    either.extension(acme, "201", "Ada Example", outbound_caller_id_number="12025550100")
    either.mailbox(acme, "201")
    either.extension(other, "201", "Ben Sample")
    assert sorted(await fusionpbx_users(either.login), key=lambda one: one.scope) == [
        Listed(extension_number="201", name="Ada Example", outbound_phone_number="12025550100", has_voicemail=True,
               scope="acme.example"),
        Listed(extension_number="201", name="Ben Sample", outbound_phone_number="", has_voicemail=False,
               scope="other.example")]


async def test_what_is_disabled_is_not_there(either: MadeUpFusionPbx) -> None:
    acme, off = either.domain("acme.example"), either.domain("off.example")
    either.extension(acme, "201", "Ada Example")
    either.extension(acme, "202", "Ben Sample", enabled="false")
    either.mailbox(acme, "201")
    either.extension(off, "301", "Cid Placeholder")
    either.do("UPDATE v_domains SET domain_enabled = 'false' WHERE domain_name = 'off.example'")
    either.do("UPDATE v_voicemails SET voicemail_enabled = 'false'")
    (ada,) = await fusionpbx_users(either.login)
    assert (ada.extension_number, ada.has_voicemail) == ("201", False)


async def test_a_user_is_called_as_their_calls_are_or_by_name_or_by_login_or_by_number(
    fusionpbx: MadeUpFusionPbx,
) -> None:
    acme = fusionpbx.domain("acme.example")
    fusionpbx.extension(acme, "201", "Ada Example", directory_first_name="Augusta")
    fusionpbx.extension(acme, "202", " ", directory_first_name="Ben", directory_last_name="Sample")
    fusionpbx.person(fusionpbx.extension(acme, "203", None), "cid")
    fusionpbx.extension(acme, "204", None)
    names = [one.name for one in sorted(await fusionpbx_users(fusionpbx.login), key=lambda one: one.extension_number)]
    assert names == ["Ada Example", "Ben Sample", "cid", "204"]


async def test_an_extension_of_letters_goes_by_its_number_alias_and_is_nobody_without_one(
    fusionpbx: MadeUpFusionPbx,
) -> None:
    acme = fusionpbx.domain("acme.example")
    fusionpbx.extension(acme, "ada", "Ada Example", number_alias="201")
    fusionpbx.mailbox(acme, "201")
    fusionpbx.extension(acme, "ben", "Ben Sample")
    (ada,) = await fusionpbx_users(fusionpbx.login)
    assert (ada.extension_number, ada.has_voicemail) == ("201", True)


@pytest.mark.parametrize("alias_first", [True, False])
async def test_a_number_that_is_anothers_alias_is_always_whose_own_it_is(
    fusionpbx: MadeUpFusionPbx, alias_first: bool
) -> None:
    acme = fusionpbx.domain("acme.example")
    both = [("ada", {"number_alias": "201"}), ("201", {})]
    for number, columns in both if alias_first else both[::-1]:
        fusionpbx.extension(acme, number, f"User {number}", **columns)
    assert in_scope(await fusionpbx_users(fusionpbx.login), "")["201"].name == "User 201"


async def test_a_mailbox_without_a_number_is_nobodys(either: MadeUpFusionPbx) -> None:
    acme = either.domain("acme.example")
    either.extension(acme, "201", "Ada Example")
    either.mailbox(acme, "299")
    either.do("UPDATE v_voicemails SET voicemail_id = NULL")
    (ada,) = await fusionpbx_users(either.login)
    assert not ada.has_voicemail


async def test_the_menus_of_a_domain_are_found_with_the_names_that_people_gave_them(
    either: MadeUpFusionPbx,
) -> None:
    acme, other = either.domain("acme.example"), either.domain("other.example")
    nps = either.menu(acme, "NPS", "0", "9", "/^(\\d{3})$/")  # a pattern is none of its options
    either.menu(other, "Another's")
    either.do("UPDATE v_ivr_menus SET ivr_menu_enabled = 'false' WHERE ivr_menu_uuid = %s", either.menu(acme, "Old"))
    (menu,) = await fusionpbx_menus(either.login, "acme.example")
    assert (menu.place, menu.name, menu.options) == (str(nps), "NPS", ("0", "9"))
    assert len(await fusionpbx_menus(either.login, "")) == 2
    async with fake_freeswitch() as pbx:
        found = await detected(pbx.connection, either.login, "acme.example")
        assert [one.name for one in found.menus] == ["NPS"]
        either.do(f"REVOKE SELECT (ivr_menu_name) ON v_ivr_menus FROM {either.username}")
        found = await detected(pbx.connection, either.login, "acme.example")
        assert found.menus == ()
        assert "permission denied for table v_ivr_menus" in found.refused[-1]


async def test_the_login_reads_no_password_and_writes_nothing(fusionpbx: MadeUpFusionPbx) -> None:
    login = fusionpbx.login
    with psycopg.connect(f"host={login.host} port={login.port} dbname={login.name} user={login.username}") as ours:
        for sql in ("SELECT password FROM v_extensions", "SELECT voicemail_password FROM v_voicemails",
                    "SELECT password FROM v_users", "SELECT transaction_new FROM v_database_transactions"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ours.execute(sql)  # type: ignore[arg-type]
            ours.rollback()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            ours.execute("DELETE FROM v_extensions")


async def test_the_log_of_transactions_tells_that_something_was_saved(fusionpbx: MadeUpFusionPbx) -> None:
    assert await last_saved(fusionpbx.login) == ""
    fusionpbx.log()
    before = await last_saved(fusionpbx.login)
    fusionpbx.log()
    assert await last_saved(fusionpbx.login) > before


async def test_a_login_that_is_refused_says_so(fusionpbx: MadeUpFusionPbx) -> None:
    fusionpbx.do(f"ALTER ROLE {fusionpbx.username} NOLOGIN")
    with pytest.raises(LoginRefused, match=r"refused the login: role .* is not permitted to log in"):
        await fusionpbx_users(fusionpbx.login)
    with pytest.raises(LoginRefused, match=r'database "another" does not exist'):
        await fusionpbx_users(replace(fusionpbx.login, name="another", username="postgres"))


async def test_rights_that_are_missing_are_named(fusionpbx: MadeUpFusionPbx) -> None:
    fusionpbx.do(f"REVOKE SELECT (voicemail_id) ON v_voicemails FROM {fusionpbx.username}")
    with pytest.raises(NotPermitted, match=r"permission denied for table v_voicemails\. Paste the GRANTs anew"):
        await fusionpbx_users(fusionpbx.login)


async def test_a_database_that_is_no_fusionpbx_is_none(fusionpbx: MadeUpFusionPbx) -> None:
    fusionpbx.do("ALTER TABLE v_extensions DROP COLUMN number_alias")
    with pytest.raises(PbxError, match=r"none of a FusionPBX that we know: column e\.number_alias does not exist"):
        await fusionpbx_users(fusionpbx.login)
    with pytest.raises(PbxError, match=r'none of a FusionPBX that we know: relation "v_extensions" does not exist'):
        await fusionpbx_users(replace(fusionpbx.login, name="postgres"))


async def test_a_database_that_is_away_or_speaks_no_tls_says_so(fusionpbx: MadeUpFusionPbx) -> None:
    with pytest.raises(Disconnected, match=r"on 127\.0\.0\.1:9 cannot be reached: .*refused"):
        await fusionpbx_users(replace(fusionpbx.login, port=9))
    with pytest.raises(Disconnected, match="does not support SSL"):
        await fusionpbx_users(replace(fusionpbx.login, tls=True))


async def test_trying_it_tells_what_there_is_and_what_is_missing(fusionpbx: MadeUpFusionPbx) -> None:
    login = fusionpbx.login
    assert await user_database_lacks(login) == ("", ["its database lists no enabled extension of an enabled domain"])
    fusionpbx.extension(fusionpbx.domain("acme.example"), "201", "Ada Example")
    lists = "Its database lists the users of acme.example."
    assert await user_database_lacks(login) == (f"{lists} It logs no transactions: {LATE}", [])
    fusionpbx.log()
    assert await user_database_lacks(login) == (lists, [])
    fusionpbx.do("DROP TABLE v_database_transactions")
    assert await user_database_lacks(login) == (f"{lists} Its log of transactions cannot be read: {LATE}", [])


async def test_a_database_that_says_nothing_is_given_up(
    fusionpbx: MadeUpFusionPbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fusionpbx_database, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Disconnected, match=r"did not answer in time\."):
            await fusionpbx_users(replace(fusionpbx.login, port=port))


@asynccontextmanager
async def behind_tls(database: UserDatabase, certificate: Path) -> AsyncIterator[UserDatabase]:
    """The database behind TLS, as PostgreSQL begins it: the wheel's own was built without."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest
        writer.write(b"S")
        try:
            await writer.start_tls(context)
        except (ssl.SSLError, ConnectionError, asyncio.CancelledError):  # the certificate is not believed
            writer.close()
            return
        theirs, ours = await asyncio.open_connection(database.host, database.port)
        await asyncio.gather(pipe(reader, ours), pipe(theirs, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield replace(database, port=server.sockets[0].getsockname()[1])


async def test_with_tls_demanded_only_a_certificate_for_that_host_by_that_authority_is_believed(
    fusionpbx: MadeUpFusionPbx, tmp_path: Path
) -> None:
    fusionpbx.extension(fusionpbx.domain("acme.example"), "201", "Ada Example")
    private = authority()
    async with behind_tls(fusionpbx.login, private.sign(tmp_path)) as database:
        demanded = replace(database, tls=True, tls_ca=private.pem)
        assert len(await fusionpbx_users(demanded)) == 1
        for other in (replace(demanded, tls_ca=authority("another").pem), replace(demanded, tls_ca=""),
                      replace(demanded, host="localhost")):
            with pytest.raises(Disconnected, match=r"cannot be reached: .*certificate"):
                await fusionpbx_users(other)
