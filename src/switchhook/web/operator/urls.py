"""Where the operator's overview is."""

from django.urls import path

from switchhook.web.operator import views

operator_urls = [path("", views.overview, name="operator-overview")]
