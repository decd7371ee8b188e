"""Nothing in the portal that the API cannot do: each page and button has its operation, or a reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping

from tests.web.api.test_walk import DOCUMENT
from tests.web.furnished import routes

#: Pages and buttons of an account, and the operations that do the same.
DONE_BY: Mapping[str, str] = {
    "pbx-list": "list_services", "pbx": "get_service", "pbx-applications": "change_service",
    "pbx-rename": "change_service", "pbx-reading": "get_reading change_reading", "pbx-detect": "detect",
    "pbx-detected": "get_errand change_reading", "pbx-connection": "get_service_health",
    "pbx-intake": "make_intake_token close_intake", "pbx-test-call": "place_test_call send_test_event",
    "pbx-users": "list_users", "pbx-users-csv": "list_users", "pbx-users-import": "upsert_users",
    "pbx-directory": "get_user_source choose_user_source", "pbx-directory-missing": "confirm_gone_users",
    "pbx-user-new": "create_user",
    "pbx-user": "get_user modify_user", "pbx-user-delete": "delete_user", "users": "list_users",
    "users-csv": "list_users",
    "integrations-export": "list_integrations", "integrations-import": "configure_integrations",
    "integrations": "list_integrations", "pbx-integrations": "list_integrations",
    "integration-new": "create_integration", "pbx-integration-new": "create_integration",
    "integration-new-preview": "preview_new_integration", "pbx-integration-new-preview": "preview_new_integration",
    "integration-templates": "list_integration_templates create_from_template",
    "pbx-integration-templates": "list_integration_templates create_from_template",
    "integration": "get_integration get_integration_health", "integration-edit": "change_integration",
    "integration-edit-preview": "preview_new_integration preview_integration",
    "integration-enable": "enable_integration", "integration-disable": "disable_integration",
    "integration-duplicate": "duplicate_integration", "integration-delete": "delete_integration",
    "integration-rotate": "rotate_secret", "integration-history": "list_integration_versions",
    "integration-restore": "restore_integration_version", "integration-signature": "check_signature",
    "integration-test": "test_integration", "integration-test-result": "get_errand get_delivery",
    "integration-catch-up": "enable_integration estimate_recovery",
    "live": "list_calls follow_events", "calls": "list_calls", "calls-csv": "list_calls", "call": "get_call",
    "call-recordings": "list_recordings", "call-recording": "get_recording_media",
    "catalogue": "list_event_types get_event_type list_fields",
    "deliveries": "list_deliveries", "deliveries-csv": "list_deliveries", "delivery": "get_delivery",
    "redeliver-many": "create_recovery estimate_recovery", "redeliver-ticked": "redeliver_several",
    "delivery-redeliver": "redeliver", "delivery-cancel": "cancel", "recovery": "get_recovery list_recoveries",
    "recovery-pause": "pause_recovery", "recovery-resume": "resume_recovery", "recovery-cancel": "cancel_recovery",
    "events": "list_events", "events-csv": "list_events", "event": "get_event",
    "inbox": "get_inbox list_inbox_requests", "inbox-answer": "change_inbox", "inbox-clear": "clear_inbox",
    "inbox-point": "get_inbox change_integration",
    "tokens": "list_tokens create_token", "token-revoke": "revoke_token",
    "members": "list_members invite_member list_invitations", "members-policy": "get_account change_account",
    "member": "change_member", "member-remove": "remove_member", "invitation-send": "send_invitation",
    "invitation-revoke": "revoke_invitation", "audit": "list_audit", "audit-csv": "list_audit",
}
#: Those that have none, and why.
NOT_IN_THE_API: Mapping[str, str] = {
    "home": "a summary, for people, of what list_services, list_deliveries and get_integration_health tell",
    "pbx-guided": "a person places a true call and is led through it; a program reads get_call and get_service_health",
    "integration-verifying": "code to be copied: the handbook's samples, which are files",
    "integration-reveal": "a person confirms that it is them; a program was told the secret once, and can rotate it",
}
#: What belongs to no account. A token is for one account, and has no login of its own.
NOT_OF_AN_ACCOUNT: Mapping[str, str] = {
    "operator/": "the operator's: accounts, connections and whose calls they carry are above all accounts",
    "me/": "one's own login: password, second factor, sessions, one's own tokens",
    "login/": "the way in", "join/": "the way in", "logout/": "the way out", "password/": "the way back in",
    "theme/": "how a browser shows the portal", "recordings/": "signed links, which the API's events carry",
    "api/": "the API itself",
    "healthz": "for who watches the process", "favicon.ico": "a picture", "brand": "a brand's colours and logo",
}

OPERATIONS = {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}
ACCOUNTS = {one.name for one in routes() if one.route.startswith("a/")}


def test_each_page_of_an_account_has_its_operation_or_a_reason() -> None:
    assert DONE_BY.keys() | NOT_IN_THE_API.keys() == ACCOUNTS
    assert not DONE_BY.keys() & NOT_IN_THE_API.keys()


def test_these_operations_exist() -> None:
    assert {operation for names in DONE_BY.values() for operation in names.split()} <= OPERATIONS


def test_every_other_page_is_of_no_account() -> None:
    others = {one.route for one in routes() if one.route and not one.route.startswith("a/")}
    assert {route for route in others if not route.startswith(tuple(NOT_OF_AN_ACCOUNT))} == set()
