"""Where the pages of integrations are."""

from django.urls import path

from switchhook.web.integrations import (
    editing,
    history_pages,
    importing,
    prepared_pages,
    signature_page,
    signing_pages,
    views,
)

_ONE = "integrations/<uuid:integration_id>/"

account_urls = [
    path("integrations/", views.of_account, name="integrations"),
    path("integrations/new/", editing.new_of_account, name="integration-new"),
    path("integrations/new/preview/", editing.preview_new_of_account, name="integration-new-preview"),
    path("integrations/new/templates/", prepared_pages.of_account, name="integration-templates"),
    path("integrations/import/", importing.import_integrations, name="integrations-import"),
    path("integrations/export/", importing.export_integrations, name="integrations-export"),
    path(_ONE, views.one, name="integration"),
    path(_ONE + "edit/", editing.edit, name="integration-edit"),
    path(_ONE + "edit/preview/", editing.preview_edit, name="integration-edit-preview"),
    path(_ONE + "enable/", views.enable, name="integration-enable"),
    path(_ONE + "disable/", views.disable, name="integration-disable"),
    path(_ONE + "duplicate/", views.duplicate, name="integration-duplicate"),
    path(_ONE + "delete/", views.delete, name="integration-delete"),
    path(_ONE + "rotate/", views.rotate, name="integration-rotate"),
    path(_ONE + "reveal/", signing_pages.reveal, name="integration-reveal"),
    path(_ONE + "verifying/", signing_pages.verifying, name="integration-verifying"),
    path(_ONE + "history/", history_pages.of_integration, name="integration-history"),
    path(_ONE + "history/<int:number>/restore/", history_pages.restore, name="integration-restore"),
    path(_ONE + "signature/", signature_page.page, name="integration-signature"),
    path(_ONE + "test/", views.send_test, name="integration-test"),
    path(_ONE + "test/<uuid:errand_id>/", views.test_result, name="integration-test-result"),
]
service_urls = [
    path("integrations/", views.of_service, name="pbx-integrations"),
    path("integrations/new/", editing.new_of_service, name="pbx-integration-new"),
    path("integrations/new/preview/", editing.preview_new_of_service, name="pbx-integration-new-preview"),
    path("integrations/new/templates/", prepared_pages.of_service, name="pbx-integration-templates"),
]
