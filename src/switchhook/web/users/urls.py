"""Where the pages of users are."""

from django.urls import path

from switchhook.web.users import export, importing, source_page, views

account_urls = [
    path("users.csv", export.users, name="users-csv"),
    path("users/", views.users, name="users"),
]
service_urls = [
    path("users/", views.pbx_users, name="pbx-users"),
    path("users.csv", export.pbx_users, name="pbx-users-csv"),
    path("users/import/", importing.import_users, name="pbx-users-import"),
    path("users/source/", source_page.directory, name="pbx-directory"),
    path("users/source/missing/", source_page.confirm_missing, name="pbx-directory-missing"),
    path("users/new/", views.new_user, name="pbx-user-new"),
    path("users/<uuid:user_id>/", views.edit_user, name="pbx-user"),
    path("users/<uuid:user_id>/delete/", views.delete_user, name="pbx-user-delete"),
]
