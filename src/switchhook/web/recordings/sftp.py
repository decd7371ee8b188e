"""SFTP: whose server it must be. The storage option `host_key` names the one key that is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AnotherHostKey(Exception):
    """The server showed a key that is not the one which the storage options name: nothing is told to it."""


def with_host_key(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with `host_key` ("ssh-ed25519 AAAA…", as ssh-keyscan tells it) as paramiko's policy."""
    rest = dict(options)
    wanted = rest.pop("host_key", None)
    return rest if wanted is None else rest | {"host_key_policy": _policy(" ".join(str(wanted).split()[-2:]))}


def _policy(wanted: str) -> Any:
    from paramiko import MissingHostKeyPolicy, PKey  # installed where SFTP is used

    class OnlyThisKey(MissingHostKeyPolicy):
        def missing_host_key(self, client: Any, hostname: str, key: PKey) -> None:
            if f"{key.get_name()} {key.get_base64()}" != wanted:
                raise AnotherHostKey

        def __repr__(self) -> str:  # by which fsspec knows a connection that it has kept
            return f"OnlyThisKey({wanted})"

    return OnlyThisKey()
