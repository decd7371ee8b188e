"""Where the pages of calls are."""

from django.urls import path

from switchhook.web.calls import views

account_urls = [
    path("calls/", views.calls, name="calls"),
    path("calls/<uuid:call_id>/", views.call, name="call"),
]
