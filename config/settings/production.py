"""A server on the internet. What it cannot do without is asked of the environment at once; else it does not start."""

import os
import re

from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50  # characters, as Django itself asks for
# What stands in instructions and examples in the place of a key.
_COPIED = re.compile(r"insecure|change|example|your|secret|placeholder|xxx", re.IGNORECASE)


def _what_is_missing() -> list[str]:
    given = {name: value.strip() for name, value in os.environ.items() if value.strip()}
    missing = [
        name for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL") if name not in given
    ]
    if key := given.get("SECRET_KEY"):
        if len(key) < SHORTEST_KEY or len(set(key)) < 10:
            missing.append(f"SECRET_KEY of at least {SHORTEST_KEY} random characters")
        elif _COPIED.search(key):
            missing.append("SECRET_KEY of its own instead of an example's")
    if "*" in given.get("ALLOWED_HOSTS", "").split(","):
        missing.append("ALLOWED_HOSTS by name instead of *")
    if "S3_ACCESS_KEY" in given and "S3_SECRET_KEY" not in given:
        missing.append("S3_SECRET_KEY")
    return missing + [
        f"{provider}_SECRET"
        for provider in ("GOOGLE", "FACEBOOK")
        if f"{provider}_CLIENT_ID" in given and f"{provider}_SECRET" not in given
    ]


if _missing := _what_is_missing():
    raise ImproperlyConfigured(f"A server needs in its environment: {', '.join(_missing)}.")

from .base import *  # noqa: E402, F403
from .base import CONTENT_SECURITY_POLICY, env  # noqa: E402

SECRET_KEY = env.str("SECRET_KEY")
# Keys that were this one before: what they signed stays valid while a new one is brought in.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS]
vars().update(env.email("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"noreply@{ALLOWED_HOSTS[0].lstrip('.')}"
)

# Encryption. The proxy that does it says so in this header, and must not let visitors say it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_SUBDOMAINS", default=True)
CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = True

# With this beginning a browser takes a cookie from this very host alone, encrypted and for the whole of it.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
