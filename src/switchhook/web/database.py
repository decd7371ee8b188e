"""DATABASE_URL as Django wants it told."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

#: How soon a server that has vanished is noticed; as the engine has it.
_PATIENCE = {
    "connect_timeout": "4", "tcp_user_timeout": "10000", "keepalives_idle": "10", "keepalives_interval": "5",
    "keepalives_count": "2",
}


def django_database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for sqlite:///PATH or postgresql://…

    SQLite: WAL, synchronous=FULL (accepted means on the disk) and BEGIN IMMEDIATE: a read that turns
    into a write would otherwise fail at once with "database is locked". PostgreSQL: several hosts and
    libpq's options (`target_session_attrs`, `sslmode`, …) go through as they are.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "/" + unquote(parts.path).lstrip("/"),  # sqlite:////PATH is written, too
            "OPTIONS": {
                "timeout": 10,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
                "PRAGMA secure_delete=ON;"
                "PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-16000",
            },
        }
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    pairs = [
        host.rpartition(":") if ":" in host and not host.endswith("]") else (host, "", "") for host in hosts.split(",")]
    options = _PATIENCE | dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": options.pop("host", "") or ",".join(unquote(host) for host, _, _ in pairs),
        "PORT": options.pop("port", "") or ",".join(port or "5432" for _, _, port in pairs if port or len(pairs) > 1),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # they outlive a transaction, which PgBouncer does not let them
        "OPTIONS": options,
    }
