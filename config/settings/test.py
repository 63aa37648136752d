"""The tests': nothing outlives a run, nothing leaves the machine."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from .base import *  # noqa: F403
from .base import DATABASES, STORAGES, database

SECRET_KEY = "tests"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT = None

CELERY_BROKER_URL = "memory://"  # what a test queues reaches nobody

# A worker that a test starts is given the run's own database, the queue in it (or another), and its files by these.
if name := os.environ.get("TEST_DATABASE"):
    DATABASES["default"]["NAME"] = name
    CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or database.queue_url(DATABASES["default"])
if "TEST_FILES" not in os.environ:
    os.environ["TEST_FILES"] = tempfile.mkdtemp(prefix="vietnam-tourism-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_FILES"], ignore_errors=True)
FILES = Path(os.environ["TEST_FILES"]) / os.environ.get("PYTEST_XDIST_WORKER", "")

if not os.environ.get("S3_BUCKET"):  # which a test gives to a platform that it starts
    STORAGES["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILES / "media", "base_url": "/media/"},
    }
    STORAGES["private"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILES / "private"},
    }
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# Tests ask as often as they like, but for those of the limits.
KEY_SEARCHES = KEY_READS = VISITOR_SEARCHES = VISITOR_READS = VISITOR_PAGES = (0, 0)
