"""A photo of the catalogue as the question."""

import numpy as np
import pytest

from places import curation
from retrieval import asking, index, methods, search
from retrieval.methods.base import Description
from retrieval.models import Descriptor, Query
from retrieval.similar_photos import METHOD, similar_photos
from tests.factories import LandmarkFactory, LandmarkImageFactory

from .test_found_photos import found
from .test_views import BOX, sent, text_of  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
HTMX = {"HX-Request": "true"}


def described(angle: float, **fields):
    """A published photo whose vector lies at an angle, in degrees, from the first axis."""
    image = LandmarkImageFactory(published=True, **fields)
    method = methods.find(METHOD)
    vector = np.zeros(method.checkpoint.dimensions, np.float32)
    vector[:2] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    assert index.put(image, method=method, description=Description(vector, None))
    return image


def test_the_photos_most_like_it_come_best_first_without_itself_and_its_near_duplicates():
    asked = described(0)
    described(1, near_duplicate_of=asked)
    far, near = described(60), described(20)
    found = similar_photos(asked, number=10)
    assert [one.image for one in found] == [near, far]
    assert found[0].similarity == pytest.approx(np.cos(np.radians(20)), abs=1e-4)


def test_a_near_duplicate_leaves_out_the_first_of_its_group_too():
    first = described(0)
    copy, brother = described(1, near_duplicate_of=first), described(2, near_duplicate_of=first)
    other = described(50)
    assert [one.image for one in similar_photos(copy, number=10)] == [other]
    assert brother not in [one.image for one in similar_photos(first, number=10)]


def test_near_duplicates_among_those_found_are_folded():
    asked, first = described(0), described(30)
    copy = described(31, near_duplicate_of=first)
    [one] = similar_photos(asked, number=10)
    assert (one.image, one.alike) == (first, (copy,))


def test_the_page_shows_the_photo_with_its_credit_and_what_is_like_it_at_once(client):
    asked = described(0, landmark=LandmarkFactory(name_vi="Chùa Cầu"), author="Lê Thị Bình")
    described(10, landmark=LandmarkFactory(name_vi="Tháp Rùa"))
    response = client.get(f"/similar/{asked.pk}/")
    text = text_of(response)
    assert response.status_code == 200
    assert "Lê Thị Bình" in text
    assert text.index("Chùa Cầu") < text.index("Tháp Rùa")
    assert asked.photo.url in response.content.decode()


def test_the_page_takes_a_fixed_number_of_queries(client, django_assert_max_num_queries):
    asked = described(0)
    counts = []
    for _round in range(2):
        for angle in range(10, 40, 5):
            described(angle)
        with django_assert_max_num_queries(20) as captured:
            client.get(f"/similar/{asked.pk}/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_photo_that_is_not_described_yet_says_so_and_can_be_searched_with(client):
    asked = LandmarkImageFactory(published=True)
    assert "chưa được mô tả" in text_of(client.get(f"/similar/{asked.pk}/"))
    assert client.post(f"/similar/{asked.pk}/", {"method": "sir"}).status_code == 302


def test_the_part_for_other_pages_is_a_fragment_and_alone_leads_to_the_page(client):
    asked = described(0)
    described(10, landmark=LandmarkFactory(name_vi="Tháp Rùa"))
    fragment = client.get(f"/similar/{asked.pk}/photos/", headers=HTMX)
    assert "Tháp Rùa" in text_of(fragment)
    assert "<html" not in fragment.content.decode()
    assert client.get(f"/similar/{asked.pk}/photos/")["Location"] == f"/similar/{asked.pk}/"


def test_a_search_with_it_asks_about_a_copy_of_what_is_served_with_the_box_drawn(client):
    asked = LandmarkImageFactory(published=True, size=(400, 200))
    response = client.post(f"/similar/{asked.pk}/", {"method": "sir"} | BOX)
    query = Query.objects.get()
    assert response["Location"] == f"/searches/{query.pk}/"
    assert (query.from_image, query.width, query.left, query.session_key) == (
        asked,
        400,
        100,
        client.session.session_key,
    )
    assert query.photo.name != asked.photo.name
    page = text_of(client.get(response["Location"]))
    assert "Ảnh lấy từ kho ảnh của chúng tôi" in page
    assert "An Nguyễn" in page  # its credit goes along


def test_why_a_photo_was_found_names_the_author_of_the_photo_asked_with_too(client):
    asked_with = LandmarkImageFactory(published=True, author="Lê Thị Bình")
    query = found(LandmarkImageFactory(published=True), from_image=asked_with)
    assert "Lê Thị Bình" in text_of(client.get(f"/searches/{query.pk}/hits/0/"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "magic"}, "Không có phương pháp nào"),
        ({"method": "sir"} | BOX | {"right": "9"}, "Khung nằm ngoài ảnh"),
        ({"method": "sir", "left": "0.5"}, "Khung chưa đủ"),
    ],
)
def test_a_bad_question_about_it_is_refused_in_words(client, fields, message):
    asked = LandmarkImageFactory(published=True)
    response = client.post(f"/similar/{asked.pk}/", fields)
    assert response.status_code == 400
    assert message in text_of(response)
    assert not Query.objects.exists()


def test_a_form_sent_twice_asks_once_and_another_photo_is_another_question(client):
    first, second = LandmarkImageFactory.create_batch(2, published=True)
    form = {"method": "sir", "key": "the same form"}
    addresses = [client.post(f"/similar/{image.pk}/", form)["Location"] for image in (first, first, second)]
    assert addresses[0] == addresses[1] != addresses[2]
    assert Query.objects.count() == 2


@pytest.mark.thorough
@pytest.mark.usefixtures("quick_methods")
@pytest.mark.parametrize("method", ["sir", "delf", "cnn_irwnha", "consensus"])
def test_a_search_with_it_finds_neither_itself_nor_its_near_duplicates_by_any_method(method):
    from retrieval import indexing

    place = LandmarkFactory()
    first = LandmarkImageFactory(published=True, landmark=place, seed=1)
    copy = LandmarkImageFactory(published=True, landmark=place, seed=2, near_duplicate_of=first)
    others = {LandmarkImageFactory(published=True, landmark=place, seed=seed).pk for seed in (3, 4)}
    indexing.describe_missing()
    for image in (first, copy):
        query = asking.ask_about(image, method=method)
        search.answer(query)
        assert set(query.hits.values_list("image", flat=True)) == others
        query.refresh_from_db()
        again = asking.ask_again(query, method="sir")  # and neither does another method afterwards
        search.answer(again)
        assert set(again.hits.values_list("image", flat=True)) == others
        assert query.found == 2


def test_what_was_withdrawn_says_so_and_what_waits_for_a_curator_is_not_spoken_of(client):
    withdrawn, waiting = LandmarkImageFactory(published=True), LandmarkImageFactory()
    curation.reject([withdrawn], reason="taken down")
    for method in (client.get, client.post):
        response = method(f"/similar/{withdrawn.pk}/")
        assert response.status_code == 410
        assert "đã được gỡ" in text_of(response)
        assert method(f"/similar/{waiting.pk}/").status_code == 404
    assert client.get(f"/similar/{withdrawn.pk}/photos/", headers=HTMX).status_code == 404
    assert client.get("/similar/999999999/").status_code == 404


def test_withdrawing_a_photo_deletes_the_copies_that_visitors_searched_with(
    django_capture_on_commit_callbacks,
):
    image = described(0)
    query = asking.ask_about(image, method="sir")
    with django_capture_on_commit_callbacks(execute=True):
        curation.reject([image], reason="taken down")
    assert not Query.objects.exists()
    assert not query.photo.storage.exists(query.photo.name)
    assert not Descriptor.objects.exists()
