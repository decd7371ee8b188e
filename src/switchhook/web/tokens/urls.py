"""Where the pages of API tokens are."""

from django.urls import path

from switchhook.web.tokens import own, views

account_urls = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", views.revoke, name="token-revoke"),
]
own_urls = [
    path("me/tokens/", own.tokens, name="own-tokens"),
    path("me/tokens/<slug:account>/", own.new, name="own-token-new"),
    path("me/tokens/<uuid:token_id>/revoke/", own.revoke, name="own-token-revoke"),
]
