"""Where the pages of deliveries and events are."""

from django.urls import path

from switchhook.web.deliveries import views

account_urls = [
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<uuid:delivery_id>/", views.delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/redeliver/", views.redeliver, name="delivery-redeliver"),
    path("deliveries/<uuid:delivery_id>/cancel/", views.cancel, name="delivery-cancel"),
    path("events/", views.events, name="events"),
    path("events/<uuid:event_id>/", views.event, name="event"),
]
