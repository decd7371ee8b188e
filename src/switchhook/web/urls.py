"""Where every page is.

Pages of an account are below /a/<account slug>/, those of one PBX below /a/<account slug>/pbx/<service uuid>/.
Each subject's urls module has `account_urls` and, where it has any, `service_urls` (views: web/tenancy.py).
"""

from django.urls import URLPattern, URLResolver, include, path

from switchhook.web import errors, start
from switchhook.web.accounts import urls as accounts
from switchhook.web.api.document import openapi
from switchhook.web.api.event_types import asyncapi
from switchhook.web.api.v1 import api
from switchhook.web.audit import urls as audit
from switchhook.web.branding import views as branding
from switchhook.web.calls import urls as calls
from switchhook.web.catalogue import urls as catalogue
from switchhook.web.deliveries import urls as deliveries
from switchhook.web.inbox import urls as inbox
from switchhook.web.integrations import urls as integrations
from switchhook.web.members import urls as members
from switchhook.web.operator import urls as operator
from switchhook.web.recordings import urls as recordings
from switchhook.web.services import urls as services
from switchhook.web.tokens import urls as tokens
from switchhook.web.users import urls as users

Patterns = list[URLPattern | URLResolver]
account_urls: Patterns = [
    *accounts.account_urls, *services.account_urls, *users.account_urls, *integrations.account_urls,
    *calls.account_urls, *catalogue.account_urls, *deliveries.account_urls, *inbox.account_urls, *tokens.account_urls,
    *members.account_urls, *audit.account_urls, *recordings.account_urls,
]
service_urls: Patterns = [*services.service_urls, *users.service_urls, *integrations.service_urls]

urlpatterns: Patterns = [
    path("", start.start, name="start"),
    path("healthz", start.healthz, name="healthz"),
    path("favicon.ico", start.favicon),
    path("brand.css", branding.stylesheet, name="brand-css"),
    path("brand/logo", branding.logo, name="brand-logo"),
    path("theme/", start.choose_theme, name="theme"),
    path("", include(members.login_urls)),
    *recordings.link_urls,
    *tokens.own_urls,
    path("api/v1/asyncapi.json", asyncapi),
    path("api/v1/openapi.json", openapi, {"api": api}),
    path("api/v1/", api.urls),
    path("a/<slug:account>/pbx/<uuid:service_id>/", include(service_urls)),
    path("a/<slug:account>/", include(account_urls)),
    path("operator/", include([
        *operator.operator_urls, *accounts.operator_urls, *services.operator_urls, *members.operator_urls,
        *audit.operator_urls, *recordings.operator_urls])),
]
handler400 = errors.malformed
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
