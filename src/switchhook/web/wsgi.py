"""The web as a WSGI application, for `switchhook web` and for any other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchhook.web.django_settings")

application = get_wsgi_application()
