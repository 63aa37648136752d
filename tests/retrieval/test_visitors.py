import re
from datetime import timedelta
from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.utils import timezone

from retrieval.models import Query
from tests.factories import UserFactory
from tests.retrieval.test_views import asked, send, sent, visitors_search  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"


def test_logging_in_makes_the_visitors_searches_the_accounts(client):
    query = visitors_search(client)
    strangers = asked(session_key="somebody")
    before = client.session.session_key
    user = UserFactory(password=PASSWORD)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.session.session_key != before
    assert list(Query.objects.filter(user=user)) == [query]
    assert client.get(f"/searches/{query.pk}/").status_code == 200
    strangers.refresh_from_db()
    assert strangers.user is None


def test_signing_up_makes_the_visitors_searches_the_accounts(client):
    query = visitors_search(client)
    client.post("/accounts/signup/", {"email": "lan@example.org", "password1": PASSWORD})
    query.refresh_from_db()
    assert query.user.email == "lan@example.org"


def test_where_an_address_has_to_be_confirmed_they_wait_for_the_log_in(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    query = visitors_search(client)
    form = {"email": "lan@example.org", "password1": PASSWORD}
    client.post("/accounts/signup/", form)
    query.refresh_from_db()
    assert query.user is None
    assert client.get(f"/searches/{query.pk}/").status_code == 200
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    client.post(link)
    client.post("/accounts/login/", {"login": "lan@example.org", "password": PASSWORD})
    query.refresh_from_db()
    assert query.user.email == "lan@example.org"


def test_they_come_along_through_the_second_step_too(client):
    user = UserFactory(password=PASSWORD)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "A" * 32})
    Authenticator.objects.create(user=user, type="recovery_codes", data={"migrated_codes": ["12345678"]})
    query = visitors_search(client)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    query.refresh_from_db()
    assert query.user is None  # not before it is certain who it is
    client.post("/accounts/2fa/authenticate/", {"code": "12345678"})
    query.refresh_from_db()
    assert query.user == user


def test_a_visitors_session_outlasts_what_they_asked_last(client, settings):
    today = timezone.now()
    lasts = 24 * 3600 * (settings.VISITORS_SEARCHES_KEPT_DAYS + 1)
    send(client)
    key = client.cookies["sessionid"].value
    assert client.cookies["sessionid"]["max-age"] == lasts
    client.cookies["sessionid"]["max-age"] = 1
    send(client)
    assert client.cookies["sessionid"]["max-age"] == 1  # once a day is enough, and spares a write
    with mock.patch("django.utils.timezone.now", return_value=today + timedelta(days=1)):
        send(client)
    assert client.cookies["sessionid"].value == key
    assert client.cookies["sessionid"]["max-age"] == lasts


def test_an_accounts_searches_stay_its_own_when_another_logs_in(client):
    first, second = UserFactory(), UserFactory(password=PASSWORD)
    client.force_login(first)
    query = asked(user=first, session_key=client.session.session_key)
    client.logout()
    client.post("/accounts/login/", {"login": second.email, "password": PASSWORD})
    query.refresh_from_db()
    assert query.user == first
    assert client.get(f"/searches/{query.pk}/").status_code == 404


def test_deleting_an_account_deletes_its_photos(client, django_capture_on_commit_callbacks):
    user = UserFactory()
    query = asked(user=user)
    with django_capture_on_commit_callbacks(execute=True):
        user.delete()
    assert not query.photo.storage.exists(query.photo.name)
