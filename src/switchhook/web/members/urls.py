"""Where people log in, and where an account's admin and the operator see to members."""

from allauth.account import views as allauth
from allauth.socialaccount.providers.openid_connect import views as single_sign_on
from django.urls import include, path, re_path

from switchhook.web.members import joining, running, sessions, views

login_urls = [
    path("login/", allauth.login, name="account_login"),
    path("login/once/<str:token>/", views.login_once, name="login-once"),
    path("join/<str:token>/", joining.join, name="join"),
    path("logout/", allauth.logout, name="account_logout"),
    path("login/inactive/", allauth.account_inactive, name="account_inactive"),
    path("login/none/", allauth.signup, name="account_signup"),  # closed: see adapter.py
    path("me/", views.profile, name="profile"),
    path("me/second-factor/", include("allauth.mfa.urls")),
    path("me/sessions/", sessions.sessions, name="sessions"),
    path("me/sessions/<int:session_id>/end/", sessions.end, name="session-end"),
    path("me/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("me/single-sign-on/", include("allauth.socialaccount.urls")),
    path("login/with/<slug:provider_id>/", single_sign_on.login, name="openid_connect_login"),
    path("login/with/<slug:provider_id>/callback/", single_sign_on.callback, name="openid_connect_callback"),
    path("me/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("me/password/", allauth.password_change, name="account_change_password"),
    path("me/password/set/", allauth.password_set, name="account_set_password"),
    path("password/", allauth.password_reset, name="account_reset_password"),
    path("password/sent/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(r"^password/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", allauth.password_reset_from_key,
            name="account_reset_password_from_key"),
    path("password/done/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]
_MEMBER = "members/<uuid:member_id>/"
_INVITATION = "members/invitations/<uuid:invitation_id>/"

account_urls = [
    path("members/", running.members, name="members"),
    path("members/policy/", running.policy, name="members-policy"),
    path(_MEMBER, running.member, name="member"),
    path(_MEMBER + "remove/", running.remove, name="member-remove"),
    path(_INVITATION + "send/", running.send_again, name="invitation-send"),
    path(_INVITATION + "revoke/", running.revoke, name="invitation-revoke"),
]
operator_urls = [
    path("accounts/<uuid:account_id>/members/", views.members, name="operator-members"),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>/link/", views.new_link, name="operator-member-link"),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>/second-factor/", views.forget_second_factor,
         name="operator-member-second-factor"),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>/remove/", views.remove, name="operator-member-remove"),
]
