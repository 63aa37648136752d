"""A server on the internet does not start half set up."""

import pytest

from tests.config.test_settings import PRODUCTION, printed, run

pytestmark = pytest.mark.thorough

NEEDED = ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL"]


def told_without(*names: str, **other: str) -> str:
    given = {name: value for name, value in PRODUCTION.items() if name not in names} | other
    answer = run("-c", "import config.settings.production", **given)
    assert answer.returncode != 0
    return answer.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("name", NEEDED)
def test_it_does_not_start_without(name):
    assert told_without(name).endswith(f"A server needs in its environment: {name}.")


def test_one_sentence_names_all_that_is_missing():
    given = {"GOOGLE_CLIENT_ID": "id", "S3_ACCESS_KEY": "key", "EMAIL_URL": " "}
    missing = ", ".join([*NEEDED, "S3_SECRET_KEY", "GOOGLE_SECRET"])
    assert told_without(*NEEDED, **given).endswith(f"A server needs in its environment: {missing}.")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY of at least 50 random characters"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY of at least 50 random characters"),
        (
            {"SECRET_KEY": "change-me-" + "0123456789abcdefghij" * 3},
            "SECRET_KEY of its own instead of an example's",
        ),
        ({"SECRET_KEY": "django-insecure-" + "0123456789abcdefghij" * 3}, "SECRET_KEY of its own"),
        ({"ALLOWED_HOSTS": "tourism.example,*"}, "ALLOWED_HOSTS by name"),
    ],
)
def test_what_anybody_could_know_is_refused(given, words):
    assert words in told_without(**given)


def test_it_passes_djangos_own_review():
    answer = run("manage.py", "check", "--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_its_cookies_are_for_this_host_alone_and_encrypted():
    code = (
        "import django\n"
        "django.setup()\n"
        "from django.http import HttpResponse\n"
        "from django.middleware.csrf import CsrfViewMiddleware, get_token\n"
        "from django.test import RequestFactory\n"
        "request = RequestFactory().get('/', secure=True, HTTP_HOST='tourism.example')\n"
        "answer = CsrfViewMiddleware(lambda asked: [get_token(asked), HttpResponse()][1])(request)\n"
        "cookie = answer.cookies[settings.CSRF_COOKIE_NAME]\n"
        "print(cookie.key, cookie['path'], bool(cookie['domain']), cookie['secure'], cookie['httponly'],"
        " cookie['samesite'])\n"
        "print(settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,"
        " settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN)\n"
    )
    assert printed(code, **PRODUCTION) == [
        *("__Host-csrf", "/", "False", "True", "True", "Lax"),
        *("__Host-session", "True", "True", "Lax", "/", "None"),
    ]


def test_a_page_is_encrypted_from_then_on():
    code = (
        "import django\n"
        "django.setup()\n"
        "from django.test import Client\n"
        "plain = Client().get('/robots.txt', HTTP_HOST='tourism.example')\n"
        "print(plain.status_code, plain['Location'])\n"
        "page = Client().get('/robots.txt', HTTP_HOST='tourism.example', HTTP_X_FORWARDED_PROTO='https')\n"
        "print(page.status_code, page['Strict-Transport-Security'].replace(' ', ''))\n"
        "print('upgrade-insecure-requests' in page['Content-Security-Policy'])\n"
    )
    given = PRODUCTION | {"VAR_DIR": "/nonexistent"}
    assert printed(code, **given) == [
        *("301", "https://tourism.example/robots.txt"),
        *("200", "max-age=31536000;includeSubDomains;preload"),
        "True",
    ]
