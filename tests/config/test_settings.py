"""What the environment makes of the settings: each case in a process of its own, as installations are."""

import json
import os
import subprocess
import sys

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config import database

pytestmark = pytest.mark.thorough

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DATABASE_URL": "postgres://somebody@db.example/tourism",
    "SECRET_KEY": "".join(map(chr, range(48, 110))),
    "ALLOWED_HOSTS": "tourism.example",
    "EMAIL_URL": "smtp://mail.example",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=database.PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        text=True,
        capture_output=True,
    )


def printed(code: str, **environment: str) -> list[str]:
    answer = run("-c", f"from django.conf import settings\n{code}", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


def test_database_and_queue_follow_the_environment():
    code = "print(settings.DATABASES['default']['HOST'], settings.CELERY_BROKER_URL)"
    queue = "sqla+postgresql+psycopg://somebody@db.example/tourism"
    assert printed(code, **PRODUCTION) == ["db.example", queue]
    assert printed(code, **PRODUCTION, CELERY_BROKER_URL="redis://r:6379/0") == [
        "db.example",
        "redis://r:6379/0",
    ]


@pytest.mark.parametrize("debug", ["1", "0"])
def test_static_files_are_served_where_nothing_was_collected(debug, tmp_path):
    code = (
        "import django\n"
        "django.setup()\n"
        "from django.test import Client\n"
        "for path in ('css/site.css', 'admin/css/base.css'):\n"
        "    print(Client().get(f'/static/{path}').status_code)\n"
    )
    local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "VAR_DIR": str(tmp_path)}
    assert printed(code, **local, DEBUG=debug) == ["200", "200"]


def test_a_machines_own_key_is_kept_and_is_nobody_elses(tmp_path):
    local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "VAR_DIR": str(tmp_path)}
    [first] = printed("print(settings.SECRET_KEY)", **local)
    assert printed("print(settings.SECRET_KEY)", **local) == [first]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_photos_may_have_an_address_of_their_own():
    code = "from django.core.files.storage import storages\nprint(storages['default'].url('photos/a.jpg'))"
    assert printed(code, **PRODUCTION) == ["/media/photos/a.jpg"]
    given = PRODUCTION | {"MEDIA_URL": "https://cdn.example/"}
    assert printed(code, **given) == ["https://cdn.example/photos/a.jpg"]


@pytest.fixture
def s3(monkeypatch):
    """A store that speaks S3, with a bucket in it: the settings that lead there."""
    server = ThreadedMotoServer(port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=address, **keys)
    client.create_bucket(Bucket="photos")
    anyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::photos/public/*",
    }
    client.put_bucket_policy(
        Bucket="photos", Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]})
    )
    yield {
        "S3_BUCKET": "photos",
        "S3_ENDPOINT_URL": address,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
    }
    server.stop()


def test_both_stores_keep_their_files_in_s3_where_it_is_named(s3):
    code = (
        "from urllib.request import urlopen\n"
        "from django.core.files.base import ContentFile\n"
        "from django.core.files.storage import storages\n"
        "for name in ('default', 'private'):\n"
        "    store = storages[name]\n"
        "    path = store.save('some/photo.jpg', ContentFile(name.encode()))\n"
        "    store.save('some/photo.jpg', ContentFile(name.encode()))\n"
        "    print(path, store.open(path).read().decode(), urlopen(store.url(path)).read().decode())\n"
        "    print(store.listdir('some')[1], 'Signature' in store.url(path))\n"
        "try:\n"
        "    urlopen(storages['private'].url('some/photo.jpg').partition('?')[0])\n"
        "except OSError as error:\n"
        "    print(error.code)\n"
    )
    assert printed(code, **PRODUCTION | s3) == [
        *("some/photo.jpg", "default", "default", "['photo.jpg']", "False"),
        *("some/photo.jpg", "private", "private", "['photo.jpg']", "True"),
        "403",
    ]


def test_a_public_photo_in_s3_is_linked_at_the_public_address_and_a_private_one_never(s3):
    code = (
        "from django.core.files.storage import storages\n"
        "print(storages['default'].url('a.jpg'), 'cdn.example' in storages['private'].url('a.jpg'))"
    )
    answer = printed(code, **PRODUCTION | s3, S3_PUBLIC_DOMAIN="cdn.example")
    assert answer == ["https://cdn.example/public/a.jpg", "False"]


VERIFICATION = "print(settings.ACCOUNT_EMAIL_VERIFICATION, settings.MFA_ALLOW_UNVERIFIED_EMAIL)"


@pytest.mark.parametrize(
    ("given", "verification"),
    [
        ({}, "optional True"),
        ({"EMAIL_URL": "smtp://mail.example"}, "mandatory False"),
        ({"EMAIL_URL": "smtp://mail.example", "ACCOUNT_EMAIL_VERIFICATION": "optional"}, "optional True"),
    ],
)
def test_an_address_must_be_confirmed_where_mail_reaches_people(given, verification, tmp_path):
    local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "VAR_DIR": str(tmp_path)}
    assert printed(VERIFICATION, **local, **given) == verification.split()
    if given:
        assert printed(VERIFICATION, **PRODUCTION | given) == verification.split()


def test_another_sites_accounts_are_taken_where_its_id_is_given(tmp_path):
    code = (
        "import django\n"
        "django.setup()\n"
        "from allauth.socialaccount.models import SocialApp\n"
        "from django.template import Context, Template\n"
        "from django.test import RequestFactory\n"
        "SocialApp.objects.on_site = lambda request: []\n"  # no database is asked
        'page = Template(\'{% include "socialaccount/_ways.html" with process="login" %}\')\n'
        "text = page.render(Context({'request': RequestFactory().get('/accounts/login/')}))\n"
        "print(text.count('class=\"way\"'), 'Google' in text, 'Facebook' in text)\n"
    )
    local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "VAR_DIR": str(tmp_path)}
    assert printed(code, **local) == ["0", "False", "False"]
    google = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_SECRET": "secret"}
    assert printed(code, **local, **google) == ["1", "True", "False"]
    facebook = {"FACEBOOK_CLIENT_ID": "id", "FACEBOOK_SECRET": "secret"}
    assert printed(code, **local, **google, **facebook) == ["2", "True", "True"]
