"""Where an account's home and the operator's pages of accounts are."""

from django.urls import path

from switchhook.web.accounts import home, views

account_urls = [path("", home.home, name="home")]
operator_urls = [
    path("accounts/", views.accounts, name="operator-accounts"),
    path("accounts/new/", views.new_account, name="operator-account-new"),
    path("accounts/<uuid:account_id>/", views.one_account, name="operator-account"),
    path("accounts/<uuid:account_id>/state/", views.state, name="operator-account-state"),
    path("accounts/<uuid:account_id>/export/", views.export, name="operator-account-export"),
    path("accounts/<uuid:account_id>/view/", views.view, name="operator-account-view"),
    path("viewing/", views.viewing, name="operator-viewing"),
]
