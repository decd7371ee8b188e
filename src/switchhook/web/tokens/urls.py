"""Where the pages of API tokens are."""

from django.urls import path

from switchhook.web.tokens import views

account_urls = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", views.revoke, name="token-revoke"),
]
