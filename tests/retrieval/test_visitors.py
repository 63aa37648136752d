import pytest

from retrieval.models import Query
from tests.factories import UserFactory
from tests.retrieval.test_views import asked, sent, visitors_search  # noqa: F401  (a fixture)

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
