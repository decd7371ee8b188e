"""Help in place: what a page is for, in two or three sentences, and where the handbook says more.

A page is named as in the URL configuration. The button that opens it stands at the top of the page (shell/help.html).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class PageHelp:
    """`text` says what the page is for; `page` is the handbook's, with the heading in it."""

    text: str | Promise
    page: str


_INTEGRATIONS = PageHelp(_(
    "An integration is a standing order: when this happens, call that URL with these values. Those for users belong "
    "to the account, those for calls to a PBX. The square disables one, the triangle enables it again; the cog "
    "opens its form."), "integrations.html")
_FORM = PageHelp(_(
    "Say what fires it, where the request goes and what it holds. The preview is exactly the request that would be "
    "sent; choose one of your last real events to see it with true values. “Save & send test” shows the receiver's "
    "answer."), "integrations.html#what-the-request-says")
_TEMPLATES = PageHelp(_(
    "A template fills in everything for a well-known receiver but its URL and its secret. All of it can be changed "
    "before and after it is saved."), "integrations.html#templates")
_USERS = PageHelp(_(
    "With its users known, an answered call says who answered. Creating, modifying or deleting one fires an event "
    "of the account; the form says beforehand how many integrations get it."), "portal.html#users")

HELP = {
    "home": PageHelp(_(
        "What happens now, what happened in the last 24 hours, and what needs you. Each thing that needs attention "
        "has the button that helps beside it."), "portal.html#home"),
    "live": PageHelp(_(
        "The calls of this moment, and the events as they happen with each delivery's state. The page follows by "
        "itself; Pause holds it still while you read."), "portal.html#live"),
    "calls": PageHelp(_(
        "Every call on your PBXs, the newest first. A number is found however it is written; a call's page says "
        "what fired, what did not, and why."), "portal.html#calls"),
    "call": PageHelp(_(
        "What the PBX told of this call, step by step, and what each step made happen. “Did not fire” gives the "
        "reason for each webhook that you may have expected."), "call-semantics.html#see-why"),
    "deliveries": PageHelp(_(
        "A delivery is one event owed to one integration. It is tried again until the receiver answers with a 2xx "
        "code or its time is over; then you can redeliver it. Filters stand in the URL: send the link to a "
        "colleague."), "delivery.html"),
    "delivery": PageHelp(_(
        "Each attempt with what was sent, what came back, and what to do about it. Redeliver makes one more attempt "
        "with the integration as it stands now; the receiver sees the same webhook-id, so that it can tell that it "
        "knows it."), "delivery.html"),
    "redeliver-many": PageHelp(_(
        "Choose the time in which the receiver was down: first you see how many deliveries that are, then they are "
        "sent again in their order. You can pause or cancel it."), "delivery.html#catching-up"),
    "integration-catch-up": PageHelp(_(
        "What happened while the integration was disabled is kept. Choose from when on it is to be delivered; you "
        "see how much that is before anything is sent."), "delivery.html#catching-up"),
    "recovery": PageHelp(_(
        "How far it has come. It goes on when you leave this page; paused, it waits for you."),
        "delivery.html#catching-up"),
    "events": PageHelp(_(
        "All that happened, also what nobody wanted, with the reason. An event is what the PBX told; a delivery is "
        "one integration's share of it."), "portal.html#deliveries-and-events"),
    "event": PageHelp(_(
        "One thing that happened, with every value it has, and to whom it was owed."), "events.html"),
    "integrations": _INTEGRATIONS, "pbx-integrations": _INTEGRATIONS,
    "integration-new": _FORM, "pbx-integration-new": _FORM, "integration-edit": _FORM,
    "integration-templates": _TEMPLATES, "pbx-integration-templates": _TEMPLATES,
    "integrations-import": PageHelp(_(
        "Integrations as a file: keep them with your other settings, or bring them from another installation. First "
        "you see what would be created and changed; nothing is deleted."), "integrations.html#as-a-file"),
    "integration": PageHelp(_(
        "How this integration does. A bar of the last 24 hours leads to the deliveries of its hour, a failure to "
        "those that failed so. “Retrying” are deliveries that wait for their next attempt."), "delivery.html#figures"),
    "integration-history": PageHelp(_(
        "Who changed what, before and after. A version that is restored is a new version: nothing is lost. Secrets "
        "are not part of it."), "integrations.html#history"),
    "integration-signature": PageHelp(_(
        "Paste the request that your receiver refused: it is compared with your secrets and with what was really "
        "sent, and you read what is wrong. Nothing of it is kept."), "integrations.html#why-does-a-signature-fail"),
    "integration-verifying": PageHelp(_(
        "For the programmer of the receiver: the function that checks a signature, and how it is called with the "
        "headers that the requests of this integration have."), "verifying.html"),
    "catalogue": PageHelp(_(
        "Every event that can fire an integration, when it does, and every value it can send, with an example of "
        "each."), "events.html"),
    "inbox": PageHelp(_(
        "Point an integration here to see what it sends, before your own receiver is ready. Let it answer with 503, "
        "or slowly, to see how deliveries are tried again."), "portal.html#request-inbox"),
    "pbx-list": PageHelp(_(
        "The PBXs of this account. Each has its own integrations, users and settings."), "portal.html#pbxs"),
    "pbx": PageHelp(_(
        "All that there is of this PBX. A test call is made up: it is marked as a test everywhere and fires what a "
        "true call would; the guided one watches a call that you place yourself."), "portal.html#pbxs"),
    "pbx-applications": PageHelp(_(
        "The switch for all integrations of this PBX. Off, its calls are still seen, but nothing is sent, and what "
        "happened meanwhile cannot be caught up."), "portal.html#pbxs"),
    "pbx-reading": PageHelp(_(
        "How the PBX is understood: which devices are lines to the outside, which are users' telephones, and what "
        "its menus are called. Detect asks the PBX itself."), "call-semantics.html#how-your-pbx-is-read"),
    "pbx-detect": PageHelp(_(
        "The PBX is asked for its trunks, telephones and menus. Nothing is changed there, and nothing here before "
        "you confirm it."), "call-semantics.html#how-your-pbx-is-read"),
    "pbx-connection": PageHelp(_(
        "Whether the PBX is heard, since when, and when it was not: what happened in such a gap is unknown."),
        "operating.html#connecting-a-pbx"),
    "pbx-intake": PageHelp(_(
        "For events that another program tells instead of the PBX. The token lets that program in."), "intake.html"),
    "pbx-guided": PageHelp(_(
        "Place a true call and read what was seen of it, what is missing and what to do."),
        "call-semantics.html#see-why"),
    "users": _USERS, "pbx-users": _USERS, "pbx-user-new": _USERS, "pbx-user": _USERS,
    "pbx-users-import": PageHelp(_(
        "A CSV with a line of column names. First you see what would be created, modified and deleted, and what "
        "would fire; nothing happens before you confirm."), "portal.html#users"),
    "pbx-directory": PageHelp(_(
        "Users can be kept here, or come from the PBX itself, read by period; then the form of a user cannot change "
        "what the PBX says."), "portal.html#users"),
    "tokens": PageHelp(_(
        "A token lets a program use the REST API in this account's name, as far as its scopes go. It is shown once; "
        "revoke one that somebody else may know."), "api.html#tokens-and-scopes"),
    "members": PageHelp(_(
        "People who log in. An admin may change everything, a viewer reads; both can be limited to some PBXs."),
        "administration.html#members"),
    "audit": PageHelp(_(
        "Who did what, when and from where, before and after. Nobody can change a line of it."),
        "administration.html#the-audit-log"),
    "mfa_index": PageHelp(_(
        "A second factor keeps others out who know your password: an app on your telephone, a passkey or a security "
        "key. Keep the recovery codes where you find them without it."), "administration.html#logging-in"),
    "sessions": PageHelp(_(
        "Where you are logged in. End what you do not know, and change your password then."),
        "administration.html#logging-in"),
    "operator-overview": PageHelp(_(
        "How the whole installation does: engines, what waits, and what is stuck."),
        "operating.html#when-something-is-wrong"),
    "operator-connections": PageHelp(_(
        "A connection is one login to one PBX. It feeds one or many services; calls that none of them claims are "
        "counted and shown."), "operating.html#connecting-a-pbx"),
    "operator-connection-new": PageHelp(_(
        "Enter how the PBX is reached; what it must allow stands beside the form, to be pasted there."),
        "operating.html#connecting-a-pbx"),
    "operator-services": PageHelp(_(
        "A service is one PBX as an account knows it. Where one connection feeds several, the tenant key tells them "
        "apart."), "operating.html#connecting-a-pbx"),
    "operator-accounts": PageHelp(_(
        "An account is a customer. It can be suspended, closed and exported, and has limits on what it may have."),
        "operating.html#accounts-their-life-and-what-they-may-have"),
}
