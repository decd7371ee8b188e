"""Where the audit log is."""

from django.urls import path

from switchhook.web.audit import views

account_urls = [
    path("audit/", views.audit, name="audit"),
    path("audit/csv/", views.export, name="audit-csv"),
]
operator_urls = [
    path("audit/", views.operator_audit, name="operator-audit"),
    path("audit/csv/", views.operator_export, name="operator-audit-csv"),
]
