"""Where people log in, and where the operator sees to members."""

from allauth.account import views as allauth
from django.urls import path, re_path

from switchhook.web.members import views

login_urls = [
    path("login/", allauth.login, name="account_login"),
    path("login/once/<str:token>/", views.login_once, name="login-once"),
    path("logout/", allauth.logout, name="account_logout"),
    path("login/inactive/", allauth.account_inactive, name="account_inactive"),
    path("login/none/", allauth.signup, name="account_signup"),  # closed: see adapter.py
    path("me/", views.profile, name="profile"),
    path("me/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("me/password/", allauth.password_change, name="account_change_password"),
    path("me/password/set/", allauth.password_set, name="account_set_password"),
    path("password/", allauth.password_reset, name="account_reset_password"),
    path("password/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(r"^password/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", allauth.password_reset_from_key,
            name="account_reset_password_from_key"),
    path("password/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]
operator_urls = [
    path("accounts/<uuid:account_id>/members/", views.members, name="operator-members"),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>/link/", views.new_link, name="operator-member-link"),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>/remove/", views.remove, name="operator-member-remove"),
]
