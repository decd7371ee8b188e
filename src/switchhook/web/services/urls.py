"""Where the pages of PBXs are, the account's and the operator's."""

from django.urls import path

from switchhook.web.services import detecting, guided, operating, user_databases, views

_CONNECTION = "connections/<uuid:connection_id>/"

account_urls = [path("pbx/", views.pbx_list, name="pbx-list")]
service_urls = [
    path("", views.main, name="pbx"),
    path("applications/", views.applications, name="pbx-applications"),
    path("name/", views.rename, name="pbx-rename"),
    path("reading/", views.reading, name="pbx-reading"),
    path("detect/", detecting.ask_pbx, name="pbx-detect"),
    path("detect/<uuid:errand_id>/", detecting.confirm, name="pbx-detected"),
    path("connection/", views.connection, name="pbx-connection"),
    path("intake/", views.intake, name="pbx-intake"),
    path("guided/", guided.guided, name="pbx-guided"),
    path("test-call/", views.test_call, name="pbx-test-call"),
]
operator_urls = [
    path("connections/", operating.connections, name="operator-connections"),
    path("connections/new/", operating.new_connection, name="operator-connection-new"),
    path(_CONNECTION, operating.one_connection, name="operator-connection"),
    path(_CONNECTION + "delete/", operating.delete_connection, name="operator-connection-delete"),
    path(_CONNECTION + "test/", operating.test_connection, name="operator-connection-test"),
    path(_CONNECTION + "test/<uuid:errand_id>/", operating.test_result, name="operator-connection-result"),
    path(_CONNECTION + "users/", user_databases.user_database, name="operator-user-database"),
    path(_CONNECTION + "users/read/", user_databases.read_services, name="operator-user-database-read"),
    path(_CONNECTION + "users/forget/", user_databases.forget_database, name="operator-user-database-forget"),
    path("services/", operating.services, name="operator-services"),
    path("services/new/", operating.new_service, name="operator-service-new"),
    path("services/<uuid:service_id>/", operating.one_service, name="operator-service"),
    path("services/<uuid:service_id>/delete/", operating.delete_service, name="operator-service-delete"),
]
