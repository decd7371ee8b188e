"""Django's settings, made from ours."""

from pathlib import Path

from switchhook.settings import load_settings
from switchhook.web.database import django_database

SWITCHHOOK = load_settings()

DEBUG = False
SECRET_KEY = "django:" + SWITCHHOOK.keys()[0]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "switchhook.web.urls"
WSGI_APPLICATION = "switchhook.web.wsgi.application"
AUTH_USER_MODEL = "web.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "switchhook.web",
]
DATABASES = {"default": django_database(SWITCHHOOK.database)}
STATIC_URL = "/static/"
STATIC_ROOT = Path(__file__).parent / "collected"
