"""Examples of what is sent to the API, by operation: they stand in its document, and the tests send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switchhook.domain.catalogue import FIELDS, Field

_SERVICE = FIELDS[Field.SERVICE_UUID].example
_DELIVERIES = {"delivery_ids": [FIELDS[Field.EVENT_ID].example]}
_CRM: Mapping[str, Any] = {
    "name": "CRM", "event_type": "call.inbound_answered", "service_id": _SERVICE,
    "request_url": "https://crm.example.com/hook", "authentication_type": "token", "token": "made-up-token",
    "headers": [{"name": "X-Region", "value": "emea"}],
    "body_keys": [{"key": "caller", "field": "source_number"}, {"key": "agent.name", "field": "name"}],
}
_DORA = {"extension_number": "204", "name": "Dora Example", "enabled_calls": ["Local", "National"]}

#: A body for each operation that has one.
BODIES: Mapping[str, Mapping[str, Any]] = {
    "change_service": {"friendly_name": "Sydney", "applications_enabled": True},
    "change_account": {"second_factor_required": True},
    "confirm_gone_users": {"extension_numbers": ["203", "204"]},
    "choose_user_source": {"source": "freepbx"},
    "check_signature": {"request": "POST /hook HTTP/1.1\nwebhook-id: 1\nwebhook-timestamp: 1772580115\n"
                                   "webhook-signature: v1,AAAA\n\n{}"},
    "preview_new_integration": _CRM,
    "change_reading": {"trunks": ["provider*"], "menus": [{"context": "ivr-1", "name": "Main menu"}]},
    "create_user": _DORA | {"outbound_phone_number": "12025550104", "has_voicemail": True},
    "modify_user": {"name": "Dora New"},
    "upsert_users": {"users": [{"extension_number": "201", "name": "Ada Example"}, _DORA], "dry_run": True},
    "create_integration": _CRM,
    "change_integration": {"request_url": "https://crm.example.com/v2/hook", "timeout_seconds": 10},
    "configure_integrations": {"integrations": [_CRM], "dry_run": True},
    "send_test_event": {"event_type": "ivr.option_selected"},
    "place_test_call": {"kind": "survey"},
    "create_from_template": {
        "service_id": _SERVICE, "request_url": "https://crm.example.com/hook", "name": "Pop-up", "token": "made-up"},
    "enable_integration": {"catch_up_from": "2026-03-04T08:00:00+11:00"},
    "create_recovery": {"since": "2026-03-04T08:00:00+11:00", "event_type": "call.inbound_answered", "state": "failed"},
    "invite_member": {"email": "ada@example.com", "role": "viewer", "services": [_SERVICE]},
    "create_token": {"name": "Directory script", "scopes": ["read", "users"], "expires_at": "2100-01-01T00:00:00Z"},
    "change_member": {"role": "admin"},
    "change_inbox": {"answer_status": 503, "answer_delay_ms": 250},
    "redeliver_several": _DELIVERIES,
    "cancel_several": _DELIVERIES,
}
