"""A question that is sent: once or twice, with many photos, with a sample."""

import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from places.models import LandmarkImage
from retrieval import asking
from retrieval.models import Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo

from .test_views import send, sent, text_of  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
KEY = {"key": "c0ffee00-0000-4000-8000-000000000000"}


def test_every_page_has_a_form_of_its_own(client):
    keys = {client.get("/").context["form"]["key"].value() for _visit in range(2)}
    assert len(keys) == 2


def test_a_form_sent_twice_makes_one_search(client, sent, django_capture_on_commit_callbacks):  # noqa: F811
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (send(client, **KEY) for _time in range(2))
    assert first["Location"] == second["Location"]
    assert Query.objects.count() == len(sent) == 1


@pytest.mark.parametrize(
    "change", [{"data": drawn_photo(7, (400, 200))}, {"method": "delf"}, {"category": "tomb"}]
)
def test_the_same_form_filled_in_otherwise_makes_another_search(client, change):
    first, second = send(client, **KEY), send(client, **KEY | change)
    assert first["Location"] != second["Location"]


def test_forms_without_a_key_make_a_search_each(client):
    assert send(client)["Location"] != send(client)["Location"]


def test_the_same_form_sent_again_after_its_search_was_deleted_asks_anew(client):
    first = send(client, **KEY)
    Query.objects.all().delete()
    assert send(client, **KEY)["Location"] != first["Location"]


def test_whoever_sends_a_form_twice_before_the_first_answer_reads_its_search(client):
    """The browser takes the cookie of the second answer, with another session than the first's."""
    first = send(Client(), **KEY)
    second = send(client, **KEY)
    assert second["Location"] == first["Location"]
    assert client.get(second["Location"]).status_code == 200


def test_a_search_of_an_account_goes_to_nobody_else(client):
    owner = Client()
    owner.force_login(UserFactory())
    location = send(owner, **KEY)["Location"]
    send(client, **KEY)
    assert client.get(location).status_code == 404


def test_several_photos_sent_twice_make_one_search(client):
    for _time in range(2):
        photos = [SimpleUploadedFile(f"{n}.jpg", drawn_photo(n, (400, 200))) for n in range(3)]
        client.post("/searches/new/", {"photo": photos, "method": "sir"} | KEY)
    assert Query.objects.questions().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_the_same_at_the_same_moment_get_one_search_and_leave_no_file(monkeypatch):
    together = threading.Barrier(2, timeout=10)
    before = asking._asked_before
    looked: set[int] = set()

    def both_find_nothing_first(once):
        if threading.get_ident() in looked:
            return before(once)
        looked.add(threading.get_ident())
        together.wait()
        return None

    monkeypatch.setattr(asking, "_asked_before", both_find_nothing_first)
    found, kept = [], []
    save = Query.photo.field.storage.save
    monkeypatch.setattr(
        Query.photo.field.storage, "save", lambda *a, **k: kept.append(save(*a, **k)) or kept[-1]
    )

    def ask() -> None:
        try:
            found.append(
                asking.ask(drawn_photo(1), method="sir", once="c0ffee00-0000-4000-8000-000000000000")
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Query.objects.get().pk == found[0].pk == found[1].pk
    assert [Query.photo.field.storage.exists(name) for name in kept].count(True) == 1


def test_searching_again_twice_by_one_form_makes_one_search(client):
    location = send(client)["Location"]
    again = [client.post(f"{location}again/", {"method": "delf"} | KEY)["Location"] for _time in range(2)]
    assert again[0] == again[1] != location


def test_thirty_photos_at_once_are_refused_in_words(client):
    photos = [SimpleUploadedFile(f"{n}.jpg", drawn_photo(n, (64, 64))) for n in range(30)]
    response = client.post("/searches/new/", {"photo": photos, "method": "sir"})
    assert response.status_code == 400
    assert "nhiều nhất 5 ảnh" in text_of(response)
    assert not Query.objects.exists()


# Samples


def test_the_samples_are_those_that_curators_offer():
    offered = LandmarkImageFactory.create_batch(5, published=True, is_sample=True)
    LandmarkImageFactory(published=True)
    LandmarkImageFactory(is_sample=True)  # not published
    assert list(LandmarkImage.objects.to_try(4)) == offered[:0:-1]


def test_where_none_is_offered_the_places_with_most_photos_lend_one_each_and_always_the_same():
    few, many = LandmarkFactory(), LandmarkFactory()
    one = LandmarkImageFactory(published=True, landmark=few)
    first, *_others = LandmarkImageFactory.create_batch(3, published=True, landmark=many)
    for _time in range(2):
        assert list(LandmarkImage.objects.to_try(4)) == [one, first]
    assert list(LandmarkImage.objects.to_try(1)) == [first]


def test_a_sample_is_searched_with_by_pressing_it(client):
    image = LandmarkImageFactory(published=True)
    page = client.get("/")
    assert f'formaction="/similar/{image.pk}/"' in page.content.decode()
    assert "kho ảnh của chúng tôi" in text_of(page)
    response = client.post(f"/similar/{image.pk}/", {"method": "consensus"} | KEY)
    assert Query.objects.get().from_image == image
    assert client.get(response["Location"]).status_code == 200


def test_without_photos_there_are_no_samples(client):
    assert "samples" not in client.get("/").content.decode()


def test_the_home_page_takes_a_fixed_number_of_queries(client, django_assert_max_num_queries):
    counts = []
    for _round in range(2):
        LandmarkImageFactory.create_batch(3, published=True)
        with django_assert_max_num_queries(20) as captured:
            client.get("/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
