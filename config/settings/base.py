"""What every installation shares. Everything that differs between them is read from the environment."""

import os
from datetime import timedelta
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config import database, logs

from .description import DESCRIPTION, TAGS
from .desk import UNFOLD  # noqa: F401
from .security import PERMISSIONS_POLICY, content_policy, for_any_site, s3_origins  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "accounts",
    "places",
    "retrieval",
    "config",  # for its commands
    "unfold",  # before the admin, whose templates it replaces
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.requests.WatchMiddleware",
    "config.middleware.ProblemsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.policies.IsolationMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.policies.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.LanguageMiddleware",
    "accounts.origins.OriginsMiddleware",
    "config.uploads.BodyLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.limiting.LimitsMiddleware",
    "config.partners.deprecations.DeprecationMiddleware",
    "config.middleware.RefusalsMiddleware",
    "config.pauses.PausesMiddleware",
    "config.replica.ReplicaMiddleware",  # after it: what it cannot mend is told there
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The embedded server where DATABASE_URL names no other.
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db()}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database.NAME,
            "USER": database.USER,
            "HOST": str(database.socket_folder()),
        }
    }
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
# A streaming replica, from which visitors read the catalogue; config.replica says when.
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = env.db("DATABASE_REPLICA_URL") | {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }
    DATABASES["replica"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)
DATABASE_ROUTERS = ["config.replica.ReplicaRouter"]
REPLICA_MAX_LAG = env.float("REPLICA_MAX_LAG", default=5.0)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # Shared by all processes; the table is made by `manage.py createcachetable`.
    "default": env.cache("CACHE_URL", default="dbcache://cache"),
    # Each process's own: pages are named by the state of what they tell, and some 60 kB each.
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}
if CACHES["default"]["BACKEND"].endswith(".RedisCache"):
    CACHES["default"]["BACKEND"] = "config.cache.PatientRedisCache"
    CACHES["default"]["OPTIONS"] = {
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        **CACHES["default"].get("OPTIONS", {}),
    }

# Two stores: what anyone may fetch, and what only its owner and curators may.
PUBLIC_STORAGE: dict = {
    "BACKEND": "config.storage.DurableFileSystemStorage",
    "OPTIONS": {"location": VAR_DIR / "media", "base_url": env.str("MEDIA_URL", default="/media/")},
}
PRIVATE_STORAGE: dict = {
    "BACKEND": "config.storage.DurableFileSystemStorage",
    "OPTIONS": {"location": VAR_DIR / "private", "base_url": None},
}
_photos_from = [env.str("MEDIA_URL", default=""), env.str("MAP_TILES_URL", default="")]
S3_MAKE_BUCKET = env.bool("S3_MAKE_BUCKET", default=False)  # and say who may read what in it
if env.str("S3_BUCKET", default=""):
    from botocore.config import Config  # not loaded where nothing is kept there

    S3 = {
        "bucket_name": env.str("S3_BUCKET"),
        "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
        "region_name": env.str("S3_REGION", default=None),
        "access_key": env.str("S3_ACCESS_KEY", default=None),
        "secret_key": env.str("S3_SECRET_KEY", default=None),
        "file_overwrite": True,  # names are content hashes: the same name is the same bytes
        # A store that is away is said to be away in seconds, not minutes.
        "client_config": Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            signature_version="s3v4",
            # Not every store speaks the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
    PUBLIC_STORAGE = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": S3
        | {
            "location": "public",
            "querystring_auth": False,
            "custom_domain": env.str("S3_PUBLIC_DOMAIN", default=None),
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        },
    }
    PRIVATE_STORAGE = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": S3
        | {
            "location": "private",
            # Originals are as they were sent: a browser that comes by one keeps it in a file and shows nothing.
            "object_parameters": {"ContentDisposition": "attachment", "CacheControl": "private, no-store"},
        },
    }
    _photos_from += s3_origins(S3, env.str("S3_PUBLIC_DOMAIN", default=None))
STORAGES = {
    "default": PUBLIC_STORAGE,
    "private": PRIVATE_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = VAR_DIR / "media"

WHITENOISE_ADD_HEADERS_FUNCTION = for_any_site
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
FORMAT_MODULE_PATH = "config.formats"
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

# Who answers for this site, as its pages say; where nobody is named, they say that.
OPERATOR_NAME = env.str("OPERATOR_NAME", default="")
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses before any password is looked at
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CHANGE_EMAIL = True  # one address an account; a new one takes its place once it is confirmed
ACCOUNT_FORMS = {"add_email": "accounts.forms.ChangeEmailForm"}
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before what a found, unlocked phone must not be able to do
# An address must be confirmed where mail reaches people; elsewhere that would lock everybody out.
ACCOUNT_EMAIL_VERIFICATION = env.str(
    "ACCOUNT_EMAIL_VERIFICATION", default="mandatory" if env.str("EMAIL_URL", default="") else "optional"
)
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"
MFA_TOTP_ISSUER = "Vietnam Tourism Retrieval"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "accounts.lockout.SecondStepForm",
    "reauthenticate": "accounts.lockout.SecondStepAgainForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Wrong passwords and codes are counted by axes alone; allauth's other limits bound how often its pages are asked.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
AXES_HANDLER = "accounts.lockout.Handler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # what getting in forgives
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked"
AXES_USERNAME_CALLABLE = "accounts.lockout.account_of"
AXES_CLIENT_IP_CALLABLE = "accounts.addresses.network_of"
AXES_SENSITIVE_PARAMETERS = ["login", "code", "email", "next", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # who logs in when is nobody's business
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# Logging in by another site's account: offered where that site's id and secret for this one are given.
SOCIALACCOUNT_PROVIDERS = {
    provider: {
        "APPS": [{"client_id": client_id, "secret": env.str(f"{provider.upper()}_SECRET"), "key": ""}],
        "SCOPE": scope,
    }
    for provider, scope in (("google", ["email"]), ("facebook", ["email"]))
    if (client_id := env.str(f"{provider.upper()}_CLIENT_ID", default=""))
}
INSTALLED_APPS += [f"allauth.socialaccount.providers.{provider}" for provider in SOCIALACCOUNT_PROVIDERS]

CONTENT_SECURITY_POLICY = content_policy(photos_from=_photos_from, log_in_at=SOCIALACCOUNT_PROVIDERS)
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"  # tile servers ask who shows their maps
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = (
    "Lax"  # links from elsewhere arrive logged in
)
CSRF_COOKIE_HTTPONLY = True  # forms carry their token themselves

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "retrieval:home"
LOGOUT_REDIRECT_URL = "retrieval:home"

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "config.schema.ProblemsSchema",
    "EXCEPTION_HANDLER": "config.problems.handle",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.WithinLimits"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "places.paging.CursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vietnam Tourism Retrieval",
    "DESCRIPTION": DESCRIPTION,
    "TAGS": TAGS,
    "VERSION": "1.0.0",
    "DEFAULT_GENERATOR_CLASS": "config.schema.EnglishGenerator",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.with_problems",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CategoryEnum": "places.models.Landmark.Category",
        "SearchStateEnum": "retrieval.models.Query.State",
        "SearchReasonEnum": "retrieval.models.Query.Reason",
        "WebhookStateEnum": "retrieval.models.Webhook.State",
        "WebhookReasonEnum": "retrieval.models.Webhook.Reason",
        "KindEnum": "places.models.Landmark.Kind",
        "ChangeKindEnum": "places.models.Change.Kind",
    },
}

# How much one may ask in a minute, and where a second number stands, in a day; 0 is as much as one likes. Of visitors
# many may share one address, as those of a school or of a phone company do.
KEYS_PER_ACCOUNT = env.int("KEYS_PER_ACCOUNT", default=5)
KEY_SEARCHES = (
    env.int("KEY_SEARCHES_PER_MINUTE", default=120),
    env.int("KEY_SEARCHES_PER_DAY", default=10_000),
)
KEY_READS = env.int("KEY_READS_PER_MINUTE", default=600), env.int("KEY_READS_PER_DAY", default=100_000)
VISITOR_SEARCHES = (
    env.int("VISITOR_SEARCHES_PER_MINUTE", default=60),
    env.int("VISITOR_SEARCHES_PER_DAY", default=2000),
)
VISITOR_READS = env.int("VISITOR_READS_PER_MINUTE", default=300), 0
VISITOR_PAGES = env.int("VISITOR_PAGES_PER_MINUTE", default=1200), 0
LIMITED_PAGES = ["places", "retrieval"]  # the namespaces of those that cost something

# The queue: PostgreSQL itself where CELERY_BROKER_URL names no other.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or database.queue_url(DATABASES["default"])
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5, "socket_keepalive": True}
# What needs networks waits in a queue of its own, for workers that have them; the rest never waits behind it.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    f"retrieval.tasks.{name}": {"queue": "describe"}
    for name in ("answer_query", "answer_batch", "describe_missing", "tune_if_due")
}
# Nothing holds a worker up for ever: a task is told to end, and where it does not hear, its process is.
SEARCH_MAX_SECONDS = env.int(
    "SEARCH_MAX_SECONDS", default=300
)  # networks loaded, five photos, a busy machine
TASK_GRACE_SECONDS = 30
CELERY_TASK_SOFT_TIME_LIMIT = env.int("TASK_MAX_SECONDS", default=1800)
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + TASK_GRACE_SECONDS
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # however long the queue is away
CELERY_TIMEZONE = TIME_ZONE
# A worker keeps its connection to the database from task to task as the web does (CONN_MAX_AGE; config.celery looks
# after it): a search would begin with making a new one, for which PostgreSQL remembers nothing yet.
CELERY_DB_REUSE_MAX = 1_000_000_000  # tasks
CELERY_WORKER_MAX_MEMORY_PER_CHILD = (
    2_500_000  # kB; an engine keeps something for each size of picture it meets
)

# How much of the database server's memory building a search index may take; a quarter of this machine's.
INDEX_BUILD_MEGABYTES = env.int(
    "INDEX_BUILD_MEGABYTES",
    default=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 2**20,
)

# What is done over and over, by one beat: in the worker itself (`celery worker --beat`), or a process of its own.
# A message that comes too late is dropped, so that none pile up while no worker runs.
EVERY = {  # seconds
    "retrieval.tasks.requeue_abandoned": 5,
    "retrieval.tasks.deliver_due": 5,
    "retrieval.tasks.look_for_work": 60,
    "retrieval.tasks.make_exports": 60,
    "retrieval.tasks.forget_private_searches": 60,
    "retrieval.tasks.tune_if_due": 60,
    "retrieval.tasks.forget_what_is_over": 3600,
    "config.celery.forget_taken_messages": 3600,
    "retrieval.tasks.carry_vectors": 60,
}
CELERY_BEAT_SCHEDULE = {
    task.rpartition(".")[2]: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 30)}}
    for task, seconds in EVERY.items()
}
CELERY_BEAT_SCHEDULE_FILENAME = str(
    VAR_DIR / "beat"
)  # when each was done last, so that a restart does not skip it
# A file that workers and beat touch while they live; None where nobody looks.
PULSE_FILE = Path(env.str("PULSE_FILE")) if env.str("PULSE_FILE", default="") else None

# Photos
PHOTO_MAX_BYTES = env.int("PHOTO_MAX_BYTES", default=25 * 1024 * 1024)
PHOTO_MAX_PIXELS = env.int("PHOTO_MAX_PIXELS", default=50_000_000)
PHOTO_MIN_SIDE = 32
PHOTO_MAX_SECONDS = env.int(
    "PHOTO_MAX_SECONDS", default=20
)  # of the processor, to open it; on a busy machine thrice
PHOTO_MAX_MEGABYTES = env.int("PHOTO_MAX_MEGABYTES", default=1200)  # of memory, to open it
REQUEST_MAX_BYTES = 6 * PHOTO_MAX_BYTES  # as many photos as a search takes, and what is said of them
FILE_UPLOAD_HANDLERS = [
    "config.uploads.TooLargeIsCutShort",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * PHOTO_MAX_BYTES  # base64 in JSON is a third larger than the photo

# Where `import_images commons` asks; Wikimedia wants to know who asks, and how to reach them.
COMMONS_API = env.str("COMMONS_API", default="https://commons.wikimedia.org/w/api.php")
WIKIDATA_API = env.str("WIKIDATA_API", default="https://www.wikidata.org/w/api.php")
COMMONS_USER_AGENT = env.str("COMMONS_USER_AGENT", default="VietnamTourismRetrieval/1.0 (no contact set)")
COMMONS_PAUSE = env.float("COMMONS_PAUSE", default=1.0)  # seconds between two requests

# How long what is asked is kept
SEARCHES_KEPT_DAYS = env.int("SEARCHES_KEPT_DAYS", default=365)  # an account's; 0 is for ever
VISITORS_SEARCHES_KEPT_DAYS = env.int("VISITORS_SEARCHES_KEPT_DAYS", default=30)  # 0 is for ever
PRIVATE_SEARCHES_KEPT_MINUTES = env.int("PRIVATE_SEARCHES_KEPT_MINUTES", default=15)  # after the answer
# A session is the only key to a visitor's searches, so it lives as long as they do; its time begins anew once a day.
SESSION_COOKIE_AGE = 24 * 3600 * ((VISITORS_SEARCHES_KEPT_DAYS or 365) + 1)

# The map is our own outline of Vietnam; a tile server, where one is given, is drawn under the marks instead.
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")  # https://host/{z}/{x}/{y}.png
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", default="")

# Programs that are told when a search is done must be reachable by everyone; False is for a receiver of one's own.
WEBHOOKS_PUBLIC_ONLY = env.bool("WEBHOOKS_PUBLIC_ONLY", default=True)
# How many callers of the API a web process lets wait for their answer at once; the others are told to come back.
WAITING_REQUESTS = env.int("WAITING_REQUESTS", default=3)

# Networks. The methods know nothing of Django: they read these from the environment.
os.environ.setdefault("WEIGHTS_DIR", str(VAR_DIR / "weights"))
os.environ.setdefault("MODEL_CACHE_DIR", str(VAR_DIR / "models"))
# Read when numpy is first imported. Verification multiplies many small matrices; shared out among threads that
# spin while they wait, a hundred of them took five times as long on two busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# "line" for people, "json" for machines.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logs.settings(level=LOG_LEVEL, form=env.str("LOG_FORMAT", default="line"))
LOGGING["loggers"] = LOGGING.get("loggers", {}) | {
    "axes": {"level": "WARNING"}
}  # wrong tries, not who logs in

# Who may read /metrics: whoever has this; where it is not set, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Where errors are reported; without it they are only logged.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
if SENTRY_DSN:
    from config import reporting

    reporting.start(SENTRY_DSN, environment=env.str("SENTRY_ENVIRONMENT", default="production"))
