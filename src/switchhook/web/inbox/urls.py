"""Where the request inbox is."""

from django.urls import path

from switchhook.web.inbox import views

account_urls = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/answer/", views.answer, name="inbox-answer"),
    path("inbox/clear/", views.clear, name="inbox-clear"),
    path("inbox/point/", views.point, name="inbox-point"),
]
