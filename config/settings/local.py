"""A developer's machine: what `make run` and manage.py use unless told otherwise."""

import os
import tempfile
from contextlib import suppress

from .base import *  # noqa: F403
from .base import VAR_DIR, env

DEBUG = env.bool("DEBUG", default=True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
if env.str("EMAIL_URL", default=""):
    vars().update(env.email("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT = None  # nothing is collected: files are served from where they lie
WHITENOISE_USE_FINDERS = True


def _secret_key() -> str:
    """A key of this machine's own, kept across restarts so that sessions survive them."""
    from django.core.management.utils import get_random_secret_key

    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(get_random_secret_key())
            file.flush()
            with suppress(FileExistsError):  # another process was first
                os.link(file.name, path)  # whole, or not at all
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or _secret_key()
