"""Django settings, all from the environment (see .env.example). Defaults suit a first run on one machine."""

import stat
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from governance import anchors, beat, database, env, oidc, openapi

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# Everything Assay writes on one machine: embedded database, artifacts, queue, secret key.
VAR_DIR = Path(env.text("ASSAY_VAR_DIR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _own_secret_key() -> str:
    """A key made at the first start and kept readable by this user only."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        path.write_text(get_random_secret_key(), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = env.secret("SECRET_KEY", "") or _own_secret_key()
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver"}
BEHIND_PROXY = env.flag("ASSAY_BEHIND_PROXY", False)
ASSAY_PUBLIC_URL = env.text("ASSAY_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

# --- applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "governance.apps.GovernanceConfig",
    "audits.apps.AuditsConfig",
    "registry.apps.RegistryConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "guardian",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "governance.web.second_factor.SecondFactorMiddleware",
    "governance.web.errors.DomainErrorMiddleware",
]
ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database.configured(VAR_DIR)}
ASSAY_OWNER_DATABASE = (
    database.of_owner()
)  # `manage.py migrate` connects with it; no other process should know it
ASSAY_ALLOW_DATABASE_OWNER = database.may_own()

# --- files ----------------------------------------------------------------------------------------------------------
ASSAY_ARTIFACTS_DIR = Path(env.text("ASSAY_ARTIFACTS_DIR", str(VAR_DIR / "artifacts")))
ASSAY_MAX_ARTIFACT_BYTES = env.number("ASSAY_MAX_ARTIFACT_BYTES", 5 * 1024**3, low=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("ASSAY_STATIC_DIR", str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Serving straight from the source folders keeps the first run free of a collectstatic step.
WHITENOISE_USE_FINDERS = True

# --- queue ----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.secret("CELERY_BROKER_URL", "filesystem://")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 3600}
if CELERY_BROKER_URL.startswith("filesystem:"):
    queue_dir = VAR_DIR / "queue"
    queue_dir.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(queue_dir),
        "data_folder_out": str(queue_dir),
        "control_folder": str(queue_dir / "control"),
        "polling_interval": 0.1,
    }
ASSAY_RUN_LEASE_SECONDS = env.number("ASSAY_RUN_LEASE_SECONDS", 60, low=2)
ASSAY_SWEEP_SECONDS = env.number("ASSAY_SWEEP_SECONDS", 10, low=1)
ASSAY_ENFORCE_SECONDS = env.number("ASSAY_ENFORCE_SECONDS", 300, low=1)
ASSAY_REMIND_SECONDS = env.number("ASSAY_REMIND_SECONDS", 3600, low=1)
ASSAY_LOG_VERIFY_HOURS = env.number("ASSAY_LOG_VERIFY_HOURS", 6, low=1)
ASSAY_CHECKPOINT_SECONDS = env.number("ASSAY_CHECKPOINT_SECONDS", 60, low=1)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = beat.schedule(
    sweep=ASSAY_SWEEP_SECONDS,
    enforce=ASSAY_ENFORCE_SECONDS,
    remind=ASSAY_REMIND_SECONDS,
    checkpoint=ASSAY_CHECKPOINT_SECONDS,
)

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "registry.User"
ANONYMOUS_USER_NAME = None  # guardian would otherwise keep a row for nobody
# Permissions are asked of registry.access only, never of `user.has_perm`, so guardian's backend stays out.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "governance.web.accounts.ClosedAccountAdapter"
ACCOUNT_FORMS = {"reset_password": "governance.web.account_forms.ForgottenPasswordForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Assay: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
MFA_ADAPTER = "governance.web.accounts.SealedFactorAdapter"
MFA_TOTP_ISSUER = "Assay"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from whoever makes the account, not from strangers
SOCIALACCOUNT_ADAPTER = "governance.web.sso.KnownPeopleAdapter"
SOCIALACCOUNT_PROVIDERS = oidc.providers()
# Who signs in must show a second factor before they see or change anything; people set one up at their first sign-in.
ASSAY_REQUIRE_MFA = env.flag("ASSAY_REQUIRE_MFA", not set(ALLOWED_HOSTS) <= LOCAL)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# CI systems whose jobs may exchange a signed identity for a token: issuer -> how its claims read, where its keys are.
ASSAY_WORKLOAD_ISSUERS = {
    "https://token.actions.githubusercontent.com": {
        "kind": "github",
        "keys": "https://token.actions.githubusercontent.com/.well-known/jwks",
    },
    "https://gitlab.com": {"kind": "gitlab", "keys": "https://gitlab.com/oauth/discovery/keys"},
}
if gitlab := env.text("ASSAY_GITLAB_URL", "").rstrip("/"):
    ASSAY_WORKLOAD_ISSUERS[gitlab] = {"kind": "gitlab", "keys": f"{gitlab}/oauth/discovery/keys"}
if github := env.text("ASSAY_GITHUB_ISSUER", "").rstrip("/"):
    ASSAY_WORKLOAD_ISSUERS[github] = {"kind": "github", "keys": f"{github}/.well-known/jwks"}

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registry.api.authentication.BearerToken",
        "registry.api.authentication.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["registry.api.parsing.BoundedJSON"],
    "DEFAULT_PAGINATION_CLASS": "registry.api.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing
    "EXCEPTION_HANDLER": "registry.api.errors.problem",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    # Who calls is the connection's address; only a proxy that is trusted is believed what it forwards.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "DEFAULT_THROTTLE_RATES": {"token-exchange": "60/min"},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

# --- web security ---------------------------------------------------------------------------------------------------
ASSAY_HTTPS = env.flag("ASSAY_HTTPS", not set(ALLOWED_HOSTS) <= LOCAL)
SECURE_SSL_REDIRECT = ASSAY_HTTPS
SESSION_COOKIE_SECURE = ASSAY_HTTPS
CSRF_COOKIE_SECURE = ASSAY_HTTPS
CSRF_FAILURE_VIEW = "governance.web.errors.stale_form"
SECURE_HSTS_SECONDS = 31_536_000 if ASSAY_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ASSAY_HTTPS
SECURE_HSTS_PRELOAD = ASSAY_HTTPS
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if cache_url := env.text("CACHE_URL", ""):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url}}

# --- mail -----------------------------------------------------------------------------------------------------------
MAILERS = {
    "default": {
        "BACKEND": env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend"),
        "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
    }
}
if email_host := env.text("EMAIL_HOST", ""):
    MAILERS["default"] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": email_host,
            "port": env.number("EMAIL_PORT", 587),
            "use_tls": True,
            "timeout": 30,
        },
    }
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "assay@localhost")

# --- decisions ------------------------------------------------------------------------------------------------------
# The Ed25519 key that signs verdicts lives outside the database; made at the first use when no path is given.
ASSAY_SIGNING_KEY_FILE = Path(env.text("ASSAY_SIGNING_KEY_FILE", str(VAR_DIR / "verdict-key.pem")))
# Keys that sign beside it: the next one before a change, or a second one that doors ask for as well.
ASSAY_FURTHER_SIGNING_KEY_FILES = env.words("ASSAY_FURTHER_SIGNING_KEY_FILES")
# Where checkpoints of the log are signed with, and where the checkpointer remembers the last one: outside the database.
ASSAY_LOG_KEYS = env.text("ASSAY_LOG_KEYS", f"file:{VAR_DIR / 'log-keys'}")
ASSAY_LOG_STATE_DIR = Path(env.text("ASSAY_LOG_STATE_DIR", str(VAR_DIR / "log-state")))
# Places outside that keep checkpoints, and the age of the newest anchor from which on pages show it in red.
ASSAY_LOG_ANCHORS = anchors.places()
ASSAY_S3 = anchors.buckets()
ASSAY_LOG_ANCHOR_HOURS = env.number("ASSAY_LOG_ANCHOR_HOURS", 24, low=1)
ASSAY_DECISION_HOURS = env.number("ASSAY_DECISION_HOURS", 24, low=1)
# How long a list of revoked verdicts is good: so old may be what a door without network believes.
ASSAY_REVOCATIONS_MINUTES = env.number("ASSAY_REVOCATIONS_MINUTES", 60, low=1)

# --- language, time, logs -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
