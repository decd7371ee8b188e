"""Users that come from a PBX: what its list changes is written as the portal writes it, with an errand that tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from switchhook.domain.catalogue import EventType
from switchhook.domain.directory import DirectoryMemory, DirectoryReport, Plan, left_out
from switchhook.domain.event import timed_id
from switchhook.domain.service import PbxUser, Service
from switchhook.store.dialect import Query, Work
from switchhook.store.rows import to_json, to_ms
from switchhook.store.work.configuration import USERS, raise_version, user_of

_MEMORY = """
    SELECT imported_at_ms, confirmed FROM directory_state
    WHERE service_id = :service AND source = :source AND scope = :scope
"""
_REPORT = """
    INSERT INTO directory_state AS kept
        (service_id, source, scope, imported_at_ms, read_at_ms, tried_at_ms, users, problem, held, confirmed)
    VALUES (:service, :source, :scope, :imported_at_ms, :read_at_ms, :tried_at_ms, :users, :problem,
        :held, '[]')
    ON CONFLICT (service_id) DO UPDATE SET
        imported_at_ms = CASE WHEN {same}
            THEN coalesce(kept.imported_at_ms, excluded.imported_at_ms) ELSE excluded.imported_at_ms END,
        read_at_ms = coalesce(excluded.read_at_ms, kept.read_at_ms), tried_at_ms = excluded.tried_at_ms,
        users = CASE WHEN excluded.read_at_ms IS NULL THEN kept.users ELSE excluded.users END,
        held = CASE WHEN {same} AND excluded.read_at_ms IS NULL THEN kept.held ELSE excluded.held END,
        confirmed = CASE WHEN {same} AND NOT :forget THEN kept.confirmed ELSE '[]' END,
        source = excluded.source, scope = excluded.scope, problem = excluded.problem
""".replace("{same}", "kept.source = excluded.source AND kept.scope = excluded.scope")
_STILL_SO = "SELECT id FROM service WHERE id = :service AND directory_source = :source AND directory_scope = :scope"
_USERS_OF = f"{USERS} WHERE service_id = :service"
_CREATE = """
    INSERT INTO pbx_user (id, service_id, extension_number, name, outbound_phone_number, has_voicemail, enabled_calls,
        created_at, updated_at)
    VALUES (:id, :service_id, :extension_number, :name, :outbound_phone_number, :has_voicemail, :enabled_calls,
        :at, :at)
"""
_MODIFY = """
    UPDATE pbx_user SET name = :name, outbound_phone_number = :outbound_phone_number, has_voicemail = :has_voicemail,
        updated_at = :at WHERE id = :id
"""
_DELETE = "DELETE FROM pbx_user WHERE id = :id"
_MAY_HAVE = "SELECT max_users FROM account WHERE id = :account"
_HAS = "SELECT count(*) FROM pbx_user JOIN service ON service.id = service_id WHERE account_id = :account"
_TELL = """
    INSERT INTO errand (id, account_id, kind, state, args, result, created_at_ms)
    VALUES (:id, :account, 'user_changed', 'asked', :args, '{}', :at_ms)
"""
_AUDIT = """
    INSERT INTO audit_entry (id, at_ms, account_id, who, by_operator, via, token, address, request_id, action, kind,
        object_id, object_name, detail, changes)
    VALUES (:id, :at_ms, :account, 'The engine', false, 'engine', '', '', '', :action, 'user', :user, :name,
        'as the PBX lists its users', :changes)
"""
_ACTIONS = {EventType.USER_CREATED: "created", EventType.USER_MODIFIED: "changed", EventType.USER_DELETED: "deleted"}
_DETAILS = ("extension_number", "name", "outbound_phone_number", "has_voicemail", "enabled_calls")


def memory(service: Service) -> Work[DirectoryMemory]:
    """See `Store.directory_memory`."""
    rows = yield Query(_MEMORY, _named(service))
    return next((DirectoryMemory(imported=at_ms is not None, confirmed=frozenset(to_json(confirmed)))
                 for at_ms, confirmed in rows), DirectoryMemory())


def report(service: Service, told: DirectoryReport) -> Work[None]:
    """See `Store.report_directory`."""
    yield from _report(service, told)


def apply(service: Service, plan: Plan, told: DirectoryReport, most_users: int | None) -> Work[int]:
    """See `Store.apply_directory`. Whether this is the first import is decided here, where it is committed."""
    rows = yield Query(_STILL_SO, _named(service), postgres=f"{_STILL_SO} FOR NO KEY UPDATE")
    if not rows:
        return 0
    telling = (yield from memory(service)).imported
    rows = yield Query(_USERS_OF, {"service": service.id}, postgres=f"{_USERS_OF} FOR UPDATE")
    users = {user.extension_number: user for user in (user_of(*row) for row in rows)}
    wanted = _changes(service, plan, users, told.tried_at)
    changes, problem = yield from _within_quota(service, wanted, most_users)
    for type_, user, before in changes:
        yield from _write(type_, user, told.tried_at)
        yield Query(_AUDIT, _entry(service, type_, user, before, told.tried_at))
        if telling:
            yield Query(_TELL, _errand(service, type_, user, before, told.tried_at))
    yield from _report(service, replace(told, problem=told.problem or problem), plan)
    if changes:
        yield from raise_version()
    return len(changes)


Change = tuple[EventType, PbxUser, PbxUser | None]  # the user as they are now, or were; and before a modification


def _within_quota(
    service: Service, changes: Sequence[Change], most_users: int | None
) -> Work[tuple[Sequence[Change], str]]:
    """The changes without those that make a user too many, and what to say of these. Deletions come first."""
    created = [one for one in changes if one[0] is EventType.USER_CREATED]
    if not created:
        return changes, ""
    of_account = {"account": service.account_id}
    rows = yield Query(_MAY_HAVE, of_account, postgres=f"{_MAY_HAVE} FOR UPDATE")
    most = most_users if not rows or rows[0][0] is None else rows[0][0]
    rows = yield Query(_HAS, of_account)
    others = [one for one in changes if one[0] is not EventType.USER_CREATED]
    has = rows[0][0] - sum(one[0] is EventType.USER_DELETED for one in others)
    room = len(created) if most is None else max(0, most - has)
    too_many = len(created) - room
    return [*others, *created[:room]], left_out(too_many, most) if most is not None and too_many > 0 else ""


def _changes(service: Service, plan: Plan, users: dict[str, PbxUser], at: datetime) -> Sequence[Change]:
    """What of the plan still makes a difference."""
    found: list[Change] = []
    for one in plan.listed:
        before = users.get(one.extension_number)
        if before is None:
            new = PbxUser(id=timed_id(to_ms(at), "user", service.id, one.extension_number), service_id=service.id,
                          extension_number=one.extension_number, name=one.name)
            found.append((EventType.USER_CREATED, one.over(new), None))
        elif one.over(before) != before:
            found.append((EventType.USER_MODIFIED, one.over(before), before))
    return found + [(EventType.USER_DELETED, users[extension], None) for extension in plan.gone if extension in users]


def _write(type_: EventType, user: PbxUser, at: datetime) -> Work[None]:
    statement = {EventType.USER_CREATED: _CREATE, EventType.USER_MODIFIED: _MODIFY}.get(type_, _DELETE)
    yield Query(statement, {**asdict(user), "enabled_calls": json.dumps(user.enabled_calls), "at": at})


def _errand(
    service: Service, type_: EventType, user: PbxUser, before: PbxUser | None, at: datetime
) -> dict[str, Any]:
    at_ms = to_ms(at)
    args = {"type": type_.value, "at_ms": at_ms, "service_id": str(service.id), "user": _told(user),
            "before": None if before is None else _told(before)}
    return {"id": timed_id(at_ms, "errand", user.id, type_), "account": service.account_id, "at_ms": at_ms,
            "args": json.dumps(args)}


def _entry(
    service: Service, type_: EventType, user: PbxUser, before: PbxUser | None, at: datetime
) -> dict[str, Any]:
    """The line of the audit log: what is another now, field → [before, after]."""
    old = _seen(user if type_ is EventType.USER_DELETED else before)
    new = _seen(None if type_ is EventType.USER_DELETED else user)
    changes = {name: [old.get(name), new.get(name)] for name in _DETAILS if old.get(name) != new.get(name)}
    return {
        "id": timed_id(to_ms(at), "audit", user.id, type_), "at_ms": to_ms(at), "account": service.account_id,
        "action": _ACTIONS[type_], "user": str(user.id), "name": f"{user.extension_number} {user.name}",
        "changes": json.dumps(changes)}


def _seen(user: PbxUser | None) -> dict[str, object]:
    """What there is to see of a user: what is empty counts as not there."""
    return {} if user is None else {name: value for name in _DETAILS if (value := getattr(user, name)) not in ("", ())}


def _told(user: PbxUser) -> dict[str, object]:
    """A user as an errand tells of them: see `Errand` in ports.py."""
    return asdict(user) | {
        "id": str(user.id), "service_id": str(user.service_id), "enabled_calls": list(user.enabled_calls)}


def _named(service: Service) -> dict[str, Any]:
    return {"service": service.id, "source": service.directory_source.value, "scope": service.directory_scope}


def _report(service: Service, told: DirectoryReport, plan: Plan | None = None) -> Work[None]:
    """With a plan, the list was compared: it counts as imported, unless it is held. What a person confirmed is
    forgotten once it is done, and when all came back."""
    held = plan is not None and plan.held
    yield Query(_REPORT, {
        **_named(service), "read_at_ms": _ms(told.tried_at if told.read else None), "users": told.users,
        "imported_at_ms": _ms(told.tried_at if plan is not None and not held else None),
        "tried_at_ms": _ms(told.tried_at), "problem": told.problem,
        "held": json.dumps(plan.missing if plan is not None and held else ()),
        "forget": plan is not None and bool(plan.gone or not plan.missing)})


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
