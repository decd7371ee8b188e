"""Every model, by the folder of its subject; one app label, one line of migrations."""

from switchhook.web.accounts.models import Account, ConfigurationVersion
from switchhook.web.audit.models import AuditEntry
from switchhook.web.calls.models import Call
from switchhook.web.deliveries.models import Attempt, Delivery, Errand, Event
from switchhook.web.inbox.models import Inbox, InboxRequest
from switchhook.web.integrations.health import IntegrationFailure, IntegrationHealth, IntegrationHour, Notice
from switchhook.web.integrations.models import Integration, IntegrationVersion
from switchhook.web.members.models import Invitation, Member, Person
from switchhook.web.services.models import (
    Connection,
    ConnectionState,
    DirectoryState,
    Engine,
    Gap,
    Service,
    UnclaimedCall,
    UserDatabase,
)
from switchhook.web.tokens.models import ApiAnswer, ApiToken
from switchhook.web.users.models import PbxUser

__all__ = [
    "Account", "ApiAnswer", "ApiToken", "Attempt", "AuditEntry", "Call", "ConfigurationVersion", "Connection",
    "ConnectionState", "Delivery", "DirectoryState", "Engine", "Errand", "Event", "Gap", "Inbox", "InboxRequest",
    "Integration", "IntegrationFailure", "IntegrationHealth", "IntegrationHour", "IntegrationVersion", "Invitation",
    "Member", "Notice", "PbxUser", "Person", "Service", "UnclaimedCall",
    "UserDatabase",
]
