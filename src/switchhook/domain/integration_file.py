"""Integrations in a file (YAML): configuration as code, for the command line and the portal.

Secrets stand there as references to the environment: `${env:CRM_PASSWORD}`. PBXs are named, not numbered, so that a
file can be applied at another installation. What an integration has by default is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import yaml

from switchhook.domain.catalogue import EVENTS, Level
from switchhook.domain.errors import WrongFile

#: An integration as the API takes and tells it.
Record = dict[str, Any]

VERSION = 1
MOST_VALUES = 200_000
DEEPEST = 50
TOO_DEEP = "The file is nested too deeply."
HEAD = "# Integrations, as `switchhook integrations apply` takes them. Secrets: ${env:NAME} in the environment.\n"

_DEFAULTS: Record = {
    "path_arguments": "", "method": "POST", "format": "JSON", "authentication_type": "none", "username": "",
    "token_prefix": "Bearer", "token_header": "Authorization", "headers": [], "body_keys": [], "filters": [],
    "signed": True, "timeout_seconds": 15.0, "max_in_flight": 8, "rate_per_second": None, "expiry_seconds": None,
}
#: What the API tells, and no file says.
_TOLD_ONLY = frozenset({
    "id", "service_id", "disabled_reason", "disabled_at", "created_at", "updated_at", "password", "token"})
_OF_A_SERVICE = frozenset(type_.value for type_, spec in EVENTS.items() if spec.level is Level.SERVICE)
_REFERENCE = re.compile(r"(\$+)\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


def written(integrations: Sequence[Record], services: Mapping[str, str]) -> str:
    """The integrations of the API as a file. `services`: names by id."""
    names = Counter((one["service_id"], one["name"]) for one in integrations)
    references = _References()
    entries = [
        _entry(one, services, references, with_id=names[one["service_id"], one["name"]] > 1) for one in integrations]
    return HEAD + yaml.safe_dump(
        {"version": VERSION, "integrations": entries}, sort_keys=False, allow_unicode=True, width=120)


def read(
    text: str, services: Mapping[str, str], environment: Mapping[str, str], *, usual_service: str = "",
) -> list[Record]:
    """The file's integrations as the API takes them. `services`: ids by name; `usual_service`: the id of the PBX of
    those that need one and name none. What has a reference that the environment does not know is left out (see
    `references`). Raises WrongFile that says where."""
    return [
        _placed(_wanted(place, entry, services, environment), usual_service)
        for place, entry in enumerate(_entries(text))]


def references(text: str) -> list[str]:
    """The names that the file refers to in the environment. Raises WrongFile."""
    return sorted({
        found[2] for one in _texts(_entries(text)) for found in _REFERENCE.finditer(one) if found[1] == "$"})


def _entries(text: str) -> list[Any]:
    try:
        told = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise WrongFile(f"The file is no YAML: {error}") from None
    except RecursionError:
        raise WrongFile(TOO_DEEP) from None
    _check_size(told)
    if not isinstance(told, dict) or not isinstance(told.get("integrations"), list):
        raise WrongFile("The file has no list `integrations`: begin with `switchhook integrations export`.")
    if told.get("version") != VERSION:
        raise WrongFile(f"The file is of version {told.get('version')!r}; this command understands {VERSION}.")
    if unknown := told.keys() - {"version", "integrations"}:
        raise WrongFile(f"There is no {', '.join(map(repr, sorted(map(str, unknown))))} in such a file.")
    return list(told["integrations"])


def _check_size(told: object) -> None:
    """Raises WrongFile where there are too many values, or too many inside one another. A few lines with aliases can
    stand for millions, or for no end."""
    waiting, count = [(told, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise WrongFile(f"The file has more than {MOST_VALUES:,} values.")
        if depth > DEEPEST:
            raise WrongFile(TOO_DEEP)
        if isinstance(value, (list, dict)):
            inside = value.values() if isinstance(value, dict) else value
            waiting += ((one, depth + 1) for one in islice(inside, MOST_VALUES))


def _entry(one: Record, services: Mapping[str, str], references: _References, *, with_id: bool) -> Record:
    entry: Record = {"id": one["id"]} if with_id else {}
    entry["name"] = _escaped(one["name"])
    if one["service_id"]:
        entry["service"] = services[one["service_id"]]
    for name, value in one.items():
        if name in ("password", "token") and value["set"] and one["authentication_type"] == _TYPE_OF[name]:
            entry[name] = references.to(one["name"], name)
        elif name == "headers" and value:
            entry[name] = [_header(header, one["name"], references) for header in value]
        elif name == "body_keys" and value:
            entry[name] = [
                _escaped({what: row[what] for what in ("key", "field" if row["field"] else "text")}) for row in value]
        elif name == "filters" and value:
            entry[name] = [_escaped({what: one for what, one in row.items() if one is not None}) for row in value]
        elif name not in _TOLD_ONLY and name != "name" and (name not in _DEFAULTS or value != _DEFAULTS[name]):
            entry[name] = _escaped(value)
    return entry


_TYPE_OF = {"password": "basic", "token": "token"}


def _header(header: Record, integration: str, references: _References) -> Record:
    if not header["secret"]:
        return {"name": header["name"], "value": _escaped(header["value"])}
    return {"name": header["name"], "secret": True, "value": references.to(integration, header["name"])}


class _References:
    """Names for secrets in the environment, each given once: CRM_PASSWORD."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def to(self, integration: str, what: str) -> str:
        name = re.sub(r"[^A-Z0-9]+", "_", f"{integration}_{what}".upper()).strip("_")
        name = name if name[:1].isalpha() else f"SECRET_{name}"
        self._given[name] += 1
        return "${env:" + (name if self._given[name] == 1 else f"{name}_{self._given[name]}") + "}"


def _wanted(place: int, entry: object, services: Mapping[str, str], environment: Mapping[str, str]) -> Record:
    where = f"integrations[{place}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise WrongFile(f"{where} needs a name.")
    if told := entry.keys() & _TOLD_ONLY - {"id", "password", "token"}:
        raise WrongFile(f"{where} ({entry['name']}): there is no {min(told)!r} in such a file.")
    wanted: Record = _filled(entry, environment)
    service = wanted.pop("service", None)
    if service is not None and str(service) not in services:
        known = ", ".join(services) or "none"
        raise WrongFile(f"{where} ({entry['name']}): there is no PBX {service!r}. There are {known}.")
    return wanted if service is None else wanted | {"service_id": services[str(service)]}


def _placed(wanted: Record, usual_service: str) -> Record:
    if not usual_service or "service_id" in wanted or wanted.get("event_type") not in _OF_A_SERVICE:
        return wanted
    return wanted | {"service_id": usual_service}


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    """The value with its references filled in; without what has one that is not known."""
    if isinstance(value, list):
        return [_filled(one, environment) for one in value if _is_known(one, environment)]
    if isinstance(value, dict):
        return {str(name): _filled(one, environment) for name, one in value.items() if _is_known(one, environment)}
    if isinstance(value, str):
        return _REFERENCE.sub(lambda one: environment[one[2]] if one[1] == "$" else one[0][1:], value)
    return value


def _is_known(value: Any, environment: Mapping[str, str]) -> bool:
    return not isinstance(value, str) or all(
        one[2] in environment for one in _REFERENCE.finditer(value) if one[1] == "$")


def _escaped(value: Any) -> Any:
    """What looks like a reference and is none has one more dollar sign."""
    if isinstance(value, dict):
        return {name: _escaped(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return _REFERENCE.sub(lambda one: "$" + one[0], value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
