"""A FusionPBX's database, made up (synthetic): its own tables as FusionPBX makes them, with nobody real in them.

Newer versions have booleans where older ones have the texts 'true' and 'false', and there a mailbox was a number. Only
the columns that matter, and the secrets beside them, are here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from uuid import UUID, uuid4

import psycopg

from switchhook.domain.service import UserDatabase
from switchhook.web.services.user_database_grants import grants
from tests.fixtures.postgres import PostgresServer

_numbers = count(1)
_TABLES = """
CREATE TABLE v_domains (domain_uuid uuid PRIMARY KEY, domain_parent_uuid uuid, domain_name text,
    domain_enabled {flag}, domain_description text, insert_date timestamptz, update_date timestamptz);
CREATE TABLE v_extensions (extension_uuid uuid PRIMARY KEY, domain_uuid uuid, extension text, number_alias text,
    password text, accountcode text, effective_caller_id_name text, effective_caller_id_number text,
    outbound_caller_id_name text, outbound_caller_id_number text, directory_first_name text, directory_last_name text,
    directory_visible {flag}, user_context text, toll_allow text, call_timeout numeric, enabled {flag},
    description text, insert_date timestamptz, update_date timestamptz);
CREATE TABLE v_voicemails (domain_uuid uuid, voicemail_uuid uuid PRIMARY KEY, voicemail_id {mailbox},
    voicemail_password text, voicemail_mail_to text, voicemail_enabled {flag}, voicemail_description text);
CREATE TABLE v_extension_users (extension_user_uuid uuid PRIMARY KEY, domain_uuid uuid, extension_uuid uuid,
    user_uuid uuid);
CREATE TABLE v_users (user_uuid uuid PRIMARY KEY, domain_uuid uuid, contact_uuid uuid, username text, password text,
    salt text, user_email text, user_enabled {flag});
CREATE TABLE v_ivr_menus (ivr_menu_uuid uuid PRIMARY KEY, domain_uuid uuid, dialplan_uuid uuid, ivr_menu_name text,
    ivr_menu_extension text, ivr_menu_greet_long text, ivr_menu_pin_number text, ivr_menu_enabled {flag});
CREATE TABLE v_ivr_menu_options (ivr_menu_option_uuid uuid PRIMARY KEY, ivr_menu_uuid uuid, domain_uuid uuid,
    ivr_menu_option_digits text, ivr_menu_option_action text, ivr_menu_option_param text);
CREATE TABLE v_database_transactions (database_transaction_uuid uuid PRIMARY KEY, domain_uuid uuid, user_uuid uuid,
    app_name text, app_uuid uuid, transaction_code text, transaction_address text, transaction_type text,
    transaction_date timestamptz, transaction_old text, transaction_new text, transaction_result text);
"""


class MadeUpFusionPbx:
    """Its administrator, who may do everything; `login` is what Switchhook gets."""

    def __init__(self, server: PostgresServer, database: str, username: str, *, booleans: bool) -> None:
        self._admin = psycopg.connect(server.url(database), autocommit=True)
        self._on: bool | str = True if booleans else "true"
        self.username = username
        self.login = UserDatabase(
            connection_id=UUID(int=1), host="127.0.0.1", port=server.port, name=database, username=username,
            secret="CHANGE-ME")
        self.do(_TABLES.format(
            flag="boolean" if booleans else "text", mailbox="text" if booleans else "numeric"))
        self.do(grants(database, username))

    def do(self, sql: str, *values: object) -> None:
        self._admin.execute(sql, values or None)  # type: ignore[arg-type]

    def domain(self, name: str) -> UUID:
        id_ = uuid4()
        self.do("INSERT INTO v_domains (domain_uuid, domain_name, domain_enabled) VALUES (%s, %s, %s)",
                id_, name, self._on)
        return id_

    def extension(self, domain: UUID, number: str, name: str | None, **columns: object) -> UUID:
        id_ = uuid4()
        row = {"extension_uuid": id_, "domain_uuid": domain, "extension": number, "effective_caller_id_name": name,
               "password": "never read", "enabled": self._on} | columns
        self.do(f"INSERT INTO v_extensions ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())
        return id_

    def mailbox(self, domain: UUID, number: str) -> None:
        self.do("INSERT INTO v_voicemails (domain_uuid, voicemail_uuid, voicemail_id, voicemail_password, "
                "voicemail_enabled) VALUES (%s, %s, %s, 'never read', %s)", domain, uuid4(), number, self._on)

    def person(self, extension: UUID, username: str) -> None:
        """A login of FusionPBX's own, assigned to an extension."""
        id_ = uuid4()
        self.do("INSERT INTO v_users (user_uuid, username, password, user_enabled) VALUES (%s, %s, 'never read', %s)",
                id_, username, self._on)
        self.do("INSERT INTO v_extension_users (extension_user_uuid, extension_uuid, user_uuid) VALUES (%s, %s, %s)",
                uuid4(), extension, id_)

    def menu(self, domain: UUID, name: str, *options: str) -> UUID:
        id_ = uuid4()
        self.do("INSERT INTO v_ivr_menus (ivr_menu_uuid, domain_uuid, ivr_menu_name, ivr_menu_enabled) "
                "VALUES (%s, %s, %s, %s)", id_, domain, name, self._on)
        for digits in options:
            self.do("INSERT INTO v_ivr_menu_options (ivr_menu_option_uuid, ivr_menu_uuid, ivr_menu_option_digits) "
                    "VALUES (%s, %s, %s)", uuid4(), id_, digits)
        return id_

    def log(self) -> None:
        """A line in the log of transactions, as each save leaves one."""
        self.do("INSERT INTO v_database_transactions (database_transaction_uuid, app_name, transaction_date) "
                "VALUES (%s, 'extensions', clock_timestamp())", uuid4())

    def reads(self) -> int:
        """How often somebody has read the extensions, as PostgreSQL counts it."""
        row = self._admin.execute(
            "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'v_extensions'").fetchone()
        return int(row[0]) if row else 0

    def waiting(self) -> bool:
        """Whether somebody waits for a table that is locked."""
        return self._admin.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is not None

    def close(self) -> None:
        self._admin.close()


@contextmanager
def made_up_fusionpbx(server: PostgresServer, *, booleans: bool = True) -> Iterator[MadeUpFusionPbx]:
    """One in a database of its own."""
    number = next(_numbers)
    name, username = f"fusionpbx_{number}", f"switchhook_{number}"
    server.execute(f"CREATE DATABASE {name}")
    made = MadeUpFusionPbx(server, name, username, booleans=booleans)
    try:
        yield made
    finally:
        made.close()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute(f"DROP ROLE {username}")
