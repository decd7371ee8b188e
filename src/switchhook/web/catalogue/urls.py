"""Where the catalogue's page is."""

from django.urls import path

from switchhook.web.catalogue import views

account_urls = [path("catalogue/", views.catalogue, name="catalogue")]
