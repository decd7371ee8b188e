"""The least rights that FusionPBX's database must give us, as text to paste: a login that reads a few columns.

No password is among them: neither the phones' nor the mailboxes' nor anybody's.
"""

from __future__ import annotations

#: What is read of each table (pbx/fusionpbx_database.py asks for no more).
_READ = {
    "v_domains": ("domain_uuid", "domain_name", "domain_enabled"),
    "v_extensions": (
        "extension_uuid", "domain_uuid", "extension", "number_alias", "effective_caller_id_name",
        "directory_first_name", "directory_last_name", "outbound_caller_id_number", "enabled"),
    "v_voicemails": ("domain_uuid", "voicemail_id", "voicemail_enabled"),
    "v_extension_users": ("extension_uuid", "user_uuid"),
    "v_users": ("user_uuid", "username", "user_enabled"),
    "v_database_transactions": ("transaction_date",),
}


def grants(name: str, username: str) -> str:
    """The login for the database of that name, made and given its rights: for psql, as a superuser."""
    who = _quoted(username)
    return "\n".join([
        f"CREATE ROLE {who} LOGIN PASSWORD 'CHANGE-ME' CONNECTION LIMIT 4;",
        f"ALTER ROLE {who} SET default_transaction_read_only = on;",
        f"GRANT CONNECT ON DATABASE {_quoted(name)} TO {who};",
        f"GRANT USAGE ON SCHEMA public TO {who};",
        *(f"GRANT SELECT ({', '.join(columns)})\n  ON {table} TO {who};" for table, columns in _READ.items())])


def host_based_authentication(name: str, username: str, *, tls: bool) -> str:
    """The line of pg_hba.conf that lets the login in."""
    return f"{'hostssl' if tls else 'host'}  {_quoted(name)}  {_quoted(username)}  192.0.2.10/32  scram-sha-256"


def _quoted(identifier: str) -> str:
    """As PostgreSQL wants a name that may be any."""
    plain = identifier.isidentifier() and identifier.islower()
    return identifier if plain else '"' + identifier.replace('"', '""') + '"'
