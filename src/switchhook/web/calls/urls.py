"""Where the pages of calls are."""

from django.urls import path

from switchhook.web.calls import export, live, views

account_urls = [
    path("live/", live.live, name="live"),
    path("calls.csv", export.calls, name="calls-csv"),
    path("calls/", views.calls, name="calls"),
    path("calls/<uuid:call_id>/", views.call, name="call"),
]
