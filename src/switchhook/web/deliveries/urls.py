"""Where the pages of deliveries and events are."""

from django.urls import path

from switchhook.web.deliveries import export, recovery_pages, views

account_urls = [
    path("deliveries.csv", export.deliveries, name="deliveries-csv"),
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/recover/", recovery_pages.redeliver_many, name="redeliver-many"),
    path("deliveries/redeliver/", views.redeliver_ticked, name="redeliver-ticked"),
    path("deliveries/<uuid:delivery_id>/", views.delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/redeliver/", views.redeliver, name="delivery-redeliver"),
    path("deliveries/<uuid:delivery_id>/cancel/", views.cancel, name="delivery-cancel"),
    path("recoveries/<uuid:errand_id>/", recovery_pages.one, name="recovery"),
    path("recoveries/<uuid:errand_id>/pause/", recovery_pages.change, {"verb": "pause"}, name="recovery-pause"),
    path("recoveries/<uuid:errand_id>/resume/", recovery_pages.change, {"verb": "resume"}, name="recovery-resume"),
    path("recoveries/<uuid:errand_id>/cancel/", recovery_pages.change, {"verb": "cancel"}, name="recovery-cancel"),
    path("integrations/<uuid:integration_id>/catch-up/", recovery_pages.catch_up, name="integration-catch-up"),
    path("events.csv", export.events, name="events-csv"),
    path("events/", views.events, name="events"),
    path("events/<uuid:event_id>/", views.event, name="event"),
]
