"""Django's settings, made from ours (switchhook/settings.py)."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from switchhook.settings import listen_pair, load_settings
from switchhook.web import handbook
from switchhook.web.branding.brands import load_brands
from switchhook.web.database import django_database
from switchhook.web.mail import django_mail
from switchhook.web.oversized import LARGEST_BODY_BYTES

SWITCHHOOK = load_settings()
BRANDS = load_brands(SWITCHHOOK)

_HERE = Path(__file__).parent
_PUBLIC = urlsplit(SWITCHHOOK.portal_url)
_HTTPS = _PUBLIC.scheme == "https"
_ADDRESS = listen_pair(SWITCHHOOK.web_listen)[0]

DEBUG = False
SECRET_KEY = "django:" + SWITCHHOOK.keys()[0]
SECRET_KEY_FALLBACKS = ["django:" + key for key in SWITCHHOOK.keys()[1:]]
ROOT_URLCONF = "switchhook.web.urls"
WSGI_APPLICATION = "switchhook.web.wsgi.application"
AUTH_USER_MODEL = "web.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"  # what is written in the code
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [_HERE / "locale"]
USE_I18N = True

# Listening on all addresses without a public URL, we cannot know by which name we are reached.
ALLOWED_HOSTS = (
    ["*"] if not SWITCHHOOK.public_url and _ADDRESS in ("0.0.0.0", "::", "*")  # noqa: S104
    else [_PUBLIC.hostname or "localhost", _ADDRESS, "localhost", "127.0.0.1", "[::1]", *BRANDS.hosts]
)
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{host}" for host in (_PUBLIC.netloc, *BRANDS.hosts)]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_cotton",
    "django_htmx",
    "ninja",
    "tablericons",
    "switchhook.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",  # around all that answers: the API refuses before anything else is asked
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "switchhook.web.middleware.RequestId",
    "switchhook.web.patience.Patience",
    "switchhook.web.audit.actor.Witness",
    "switchhook.web.api.manners.Manners",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "switchhook.web.middleware.BodySize",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "switchhook.web.languages.Language",
    "switchhook.web.middleware.LoginRequired",
    "switchhook.web.errors.QuotaPages",
    "switchhook.web.streams.Streams",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "switchhook.web.middleware.SecondFactor",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "switchhook.web.branding.views.brand",
                "switchhook.web.navigation.shell",
            ],
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.contrib.humanize.templatetags.humanize",
                "crispy_forms.templatetags.crispy_forms_tags",
                "crispy_forms.templatetags.crispy_forms_filters",
                "django_htmx.templatetags.django_htmx",
                "tablericons.templatetags.tablericons",
                "switchhook.web.templatetags.portal",
            ],
        },
    },
]
TABLERICONS_SIZE = 20
TABLERICONS_STROKE_WIDTH = 1.75
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# What counts logins is in the database, so that it counts for all webs together. So much of it, that nobody throws
# counts of theirs out by filling it with others.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "web_cache",
                "OPTIONS": {"MAX_ENTRIES": 200_000}},
}
DATABASES = {"default": django_database(SWITCHHOOK.database)}
STORAGES = {"staticfiles": {"BACKEND": "switchhook.web.assets.StampedFiles"}}
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served out of the package: there is nothing to collect
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 24 * 3600
WHITENOISE_ROOT = handbook.PUBLIC
WHITENOISE_INDEX_FILE = True
WHITENOISE_ADD_HEADERS_FUNCTION = handbook.add_headers

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_FORMS = {
    "login": "switchhook.web.members.forms.LoginForm", "reset_password": "switchhook.web.members.forms.ResetForm"}
ACCOUNT_ADAPTER = "switchhook.web.members.adapter.PersonAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = None  # a tick box
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,5/h/key"}  # nobody's mailbox is filled by it
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _PUBLIC.scheme

MFA_ADAPTER = "switchhook.web.members.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {"add_webauthn": "switchhook.web.members.forms.KeyForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # clocks of telephones
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up by themselves
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS  # browsers have passkeys on http://localhost, and else on https alone

SOCIALACCOUNT_ADAPTER = "switchhook.web.members.adapter.SingleSignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # our policy lets no form lead elsewhere, and a provider may lead on to others
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [{
            "provider_id": "sso", "name": SWITCHHOOK.sso_name, "client_id": SWITCHHOOK.sso_client_id,
            "secret": SWITCHHOOK.sso_client_secret, "settings": {"server_url": SWITCHHOOK.sso_discovery_url},
        }] if SWITCHHOOK.sso_discovery_url else [],
    },
}

SESSION_COOKIE_NAME = "switchhook_session"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_NAME = "switchhook_csrf"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "switchhook.web.errors.forged"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other hosts below ours are not ours to bind to TLS
    "security.W008",  # the reverse proxy that has the certificate leads http:// to https://
    "security.W021",  # a preloaded host cannot go back: for its owner to decide
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's CSS draws small marks as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
globals().update(django_mail(SWITCHHOOK.smtp_url))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SWITCHHOOK.mail_from
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY_BYTES
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "switchhook.log_lines.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": SWITCHHOOK.log_level},
    # What answers 4xx is the asker's affair and stands in the access log of the proxy.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}
