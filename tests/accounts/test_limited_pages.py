"""How often visitors may search and look, who need no key."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import UserFactory, drawn_photo

pytestmark = pytest.mark.django_db


def search(client, *, photos: int = 1, address: str = "/searches/new/", **more):
    sent = [SimpleUploadedFile(f"{n}.jpg", drawn_photo(n), "image/jpeg") for n in range(photos)]
    return client.post(address, {"photo": sent, "method": "sir"}, **more)


@pytest.mark.parametrize(
    ("address", "words"),
    [("/searches/new/", "tối đa 1 ảnh mỗi phút"), ("/en/searches/new/", "search with 1 photo a minute")],
)
def test_too_many_searches_are_refused_in_the_readers_language(settings, client, address, words):
    settings.VISITOR_SEARCHES = (1, 0)
    assert search(client, address=address).status_code == 302
    refused = search(client, address=address)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert words in refused.content.decode()
    assert "data-reason" in refused.content.decode()


def test_each_photo_of_a_search_counts(settings, client):
    settings.VISITOR_SEARCHES = (0, 5)
    assert search(client, photos=3).status_code == 302
    assert search(client, photos=3).status_code == 429
    assert search(client, photos=2).status_code == 302


def test_pages_and_the_api_share_one_allowance_of_searches(settings, client):
    settings.VISITOR_SEARCHES = (0, 1)
    assert search(client).status_code == 302
    sent = {"photo": SimpleUploadedFile("a.jpg", drawn_photo(1), "image/jpeg"), "method": "sir"}
    assert client.post("/api/v1/searches/", sent).status_code == 429


def test_an_account_is_counted_by_itself_wherever_it_is(settings, client):
    settings.VISITOR_SEARCHES = (0, 1)
    user = UserFactory()
    assert search(client).status_code == 302
    client.force_login(user)
    assert search(client).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    elsewhere.force_login(user)
    assert search(elsewhere).status_code == 429


def test_looking_is_limited_apart_from_searching(settings, client):
    settings.VISITOR_PAGES, settings.VISITOR_SEARCHES = (2, 0), (5, 0)
    assert [client.get("/places/").status_code for _number in range(3)] == [200, 200, 429]
    assert search(client).status_code == 302
    for address in ("/accounts/login/", "/about/", "/privacy/"):
        assert client.get(address).status_code == 200


def test_every_page_that_asks_a_search_is_counted_as_one():
    from retrieval.views import answers, asking, comparing, history, similar

    views = (asking.ask, answers.query_again, comparing.query_compare, history.query_repeat, similar.similar)
    assert all(view.asks for view in views)
