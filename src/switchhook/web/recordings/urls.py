"""Where recordings are listened to, and where the operator says where they are."""

from django.urls import path

from switchhook.web.recordings import operating, views

account_urls = [
    path("calls/<uuid:call_id>/recordings/", views.of_call, name="call-recordings"),
    path("calls/<uuid:call_id>/recordings/<int:number>/", views.listen, name="call-recording"),
]
operator_urls = [
    path("services/<uuid:service_id>/recordings/", operating.recordings, name="operator-service-recordings"),
]
link_urls = [path("recordings/<str:token>", views.by_link, name="recording-link")]
