import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from retrieval import corrections
from retrieval.forms import SearchForm
from retrieval.models import Correction, Query
from tests.factories import LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import (
    answered,
    asked,
    send,
    sent,  # noqa: F401  (a fixture)
    text_of,
    visitors_search,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def test_a_tick_makes_a_search_private(client):
    send(client, private="on")
    assert Query.objects.get().private
    send(client)
    assert Query.objects.filter(private=False).count() == 1


@pytest.mark.parametrize("has_account", [True, False])
def test_in_private_mode_every_search_is_whatever_the_form_says(client, has_account):
    if has_account:
        client.force_login(UserFactory())
    client.post("/searches/private/", {"on": "1"})
    send(client)
    assert Query.objects.get().private
    client.post("/searches/private/", {"on": "0"})
    send(client)
    assert Query.objects.filter(private=False).count() == 1


def test_private_mode_outlasts_logging_in(client):
    user = UserFactory(password="một mật khẩu dài")
    client.post("/searches/private/", {"on": "1"})
    client.post("/accounts/login/", {"login": user.email, "password": "một mật khẩu dài"})
    assert "Chế độ riêng tư đang bật" in text_of(client.get("/accounts/profile/"))
    send(client)
    client.post("/searches/private/", {"on": "0"})
    send(client)
    assert [query.private for query in Query.objects.order_by("asked_at")] == [True, False]


def test_private_mode_shows_as_a_tick_that_cannot_be_taken(client):
    assert "disabled" in str(SearchForm(privately=True)["private"])
    assert "checked" in str(SearchForm(privately=True)["private"])
    assert "disabled" not in str(SearchForm()["private"])


@pytest.mark.parametrize(
    ("prefix", "on", "off"),
    [
        ("", "Chế độ riêng tư đang bật", "Chế độ riêng tư đang tắt"),
        ("/en", "Private mode is on", "Private mode is off"),
    ],
)
def test_the_history_says_whether_private_mode_is_on(client, prefix, on, off):
    assert off in text_of(client.get(f"{prefix}/searches/"))
    page = client.post(f"{prefix}/searches/private/", {"on": "1"}, follow=True)
    assert on in text_of(page)


def test_a_private_search_is_in_no_history_and_no_export(client, user):
    asked(user=user, private=True)
    assert list(client.get("/searches/").context["page"]) == []
    assert b'"searches": [\n]' in b"".join(client.get("/searches/export/").streaming_content)


@pytest.mark.parametrize(
    ("prefix", "private", "ends"),
    [("", "Lượt tìm này là riêng tư", "sẽ bị xóa"), ("/en", "This search is private", "it is deleted")],
)
def test_its_page_says_that_it_is_private_and_when_it_goes(client, user, settings, prefix, private, ends):
    settings.PRIVATE_SEARCHES_KEPT_MINUTES = 15
    now = timezone.now()
    query = answered(LandmarkImageFactory(published=True), user=user, private=True, answered_at=now)
    text = text_of(client.get(f"{prefix}/searches/{query.pk}/"))
    assert private in text
    assert ends in text
    assert timezone.localtime(now + timedelta(minutes=15)).strftime("%H:%M") in text
    for words in ("Chia sẻ", "Share by link", "Điều này có đúng không", "Is this right?"):
        assert words not in text


def test_it_cannot_be_shared_starred_named_or_corrected(client, user):
    query = answered(LandmarkImageFactory(published=True), user=user, private=True)
    assert client.post(f"/searches/{query.pk}/share/", {"shared": "1"}).status_code == 404
    client.post(f"/searches/{query.pk}/star/", {"starred": "1"})
    client.post(f"/searches/{query.pk}/title/", {"title": "Hè"})
    response = client.post(f"/searches/{query.pk}/correction/", {"said": "right"}, follow=True)
    assert "gửi lời chỉnh sửa thì ảnh sẽ bị lưu lại" in text_of(response)
    with pytest.raises(corrections.IsPrivate):
        corrections.correct(query, said="right")
    query.refresh_from_db()
    assert (query.shared, query.starred, query.title) == (False, False, "")
    assert not Correction.objects.exists()


def test_it_is_forgotten_at_once_where_its_visitor_says_so(client, django_capture_on_commit_callbacks):
    query = visitors_search(client, private=True)
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert f'action="/searches/{query.pk}/delete/"' in page
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"/searches/{query.pk}/delete/", {"next": "/"})
    assert response["Location"] == "/"
    assert not query.photo.storage.exists(query.photo.name)


@pytest.mark.parametrize("part", ["", "photo/", "thumbnail/"])
def test_after_its_time_nobody_reads_it_swept_or_not(client, settings, part):
    settings.PRIVATE_SEARCHES_KEPT_MINUTES = 15
    query = visitors_search(client, private=True, state="answered", answered_at=timezone.now())
    assert client.get(f"/searches/{query.pk}/{part}").status_code == 200
    Query.objects.update(answered_at=timezone.now() - timedelta(minutes=16))
    assert client.get(f"/searches/{query.pk}/{part}").status_code == 404


def test_no_browser_keeps_its_photo(client):
    query = visitors_search(client, private=True)
    for part in ("", "photo/", "thumbnail/"):
        assert "no-store" in client.get(f"/searches/{query.pk}/{part}")["Cache-Control"]


def test_what_is_asked_of_its_photo_again_is_private_too(client):
    query = visitors_search(client, private=True, state="answered", answered_at=timezone.now())
    client.post(f"/searches/{query.pk}/again/", {"method": "sir"})
    client.post(f"/searches/{query.pk}/compare/")
    assert Query.objects.count() > 2
    assert not Query.objects.filter(private=False).exists()


def test_in_private_mode_an_old_search_is_repeated_privately(client, user):
    query = asked(user=user, method="sir")
    client.post("/searches/private/", {"on": "1"})
    client.post(f"/searches/{query.pk}/repeat/")
    assert Query.objects.exclude(pk=query.pk).get().private


def test_programs_ask_privately_too(client, user):
    from tests.retrieval.api.test_searches import post

    assert post(client, private="true").status_code == 202
    assert Query.objects.get().private
    user.searches_privately = True
    user.save()
    address = post(client).json()["url"]
    assert Query.objects.filter(private=True).count() == 2
    Query.objects.update(state="answered", answered_at=timezone.now() - timedelta(days=1))
    assert Client().get(address).status_code == 404  # the token opens what is there, no more


def test_curators_see_no_private_search(admin_client):
    query = asked(private=True)
    page = admin_client.get("/admin/retrieval/query/").content.decode()
    assert str(query.pk) not in page
    assert not re.search(r"result_list", page)
