import pytest

from places import curation
from retrieval import asking, indexing, search
from retrieval.models import Hit, Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]


def catalogue(*seeds: int, **landmark):
    """A described landmark with one photo per seed."""
    place = LandmarkFactory(**landmark)
    for seed in seeds:
        indexing.describe_image(LandmarkImageFactory(published=True, landmark=place, seed=seed))
    return place


def answered(query: Query) -> Query:
    search.answer(query)
    return Query.objects.with_answer().get(pk=query.pk)


@pytest.mark.parametrize("method", ["sir", "delf", "cnn_irwnha"])
def test_a_photo_of_the_catalogue_is_answered_by_its_place(method):
    place, _other = catalogue(1, 2), catalogue(3, 4)
    query = answered(asking.ask(drawn_photo(1, (320, 240)), method=method))
    assert query.state == Query.State.ANSWERED
    assert query.places.all()[0].landmark == place
    first = query.hits.all()[0]
    assert first.image.landmark == place
    assert first.similarity == pytest.approx(1, abs=0.02)
    assert (first.inliers is not None) == (method == "delf")
    assert query.version
    assert set(query.seconds) == {"waiting", "describing", "searching", "verifying", "voting"}


def test_a_box_asks_only_about_what_it_shows():
    inner, whole = catalogue(5), catalogue(6)
    from PIL import Image

    from tests.factories import drawn_picture, encoded

    canvas = drawn_picture(6, (640, 480))
    canvas.paste(drawn_picture(5, (320, 240)), (160, 120))
    photo = encoded(canvas.resize((640, 480), Image.Resampling.BICUBIC), quality=95)
    boxed = answered(asking.ask(photo, method="sir", box=(0.25, 0.25, 0.75, 0.75)))
    assert boxed.places.all()[0].landmark == inner
    assert whole != inner


def test_a_filter_limits_the_answer():
    catalogue(1)
    hue = ProvinceFactory()
    there = catalogue(2, province=hue)
    query = answered(asking.ask(drawn_photo(1, (320, 240)), method="sir", province=hue))
    assert [place.landmark for place in query.places.all()] == [there]
    assert [hit.image.landmark for hit in query.hits.all()] == [there]


def test_only_k_photos_are_kept():
    catalogue(1, 2, 3)
    assert len(answered(asking.ask(drawn_photo(1, (320, 240)), method="sir", k=2)).hits.all()) == 2


def test_near_duplicates_vote_once():
    place = LandmarkFactory()
    first = LandmarkImageFactory(published=True, landmark=place, seed=1)
    second = LandmarkImageFactory(published=True, landmark=place, seed=2, near_duplicate_of=first)
    for image in (first, second):
        indexing.describe_image(image)
    query = answered(asking.ask(drawn_photo(1, (320, 240)), method="sir"))
    assert query.places.get().votes == 1
    assert query.hits.count() == 2


def test_an_answer_given_twice_is_kept_once():
    catalogue(1, 2)
    query = asking.ask(drawn_photo(1, (320, 240)), method="sir")
    first = answered(query)
    assert [h.image_id for h in answered(query).hits.all()] == [h.image_id for h in first.hits.all()]
    assert Hit.objects.filter(query=query).count() == 2


def test_a_search_before_anything_is_described_says_so():
    LandmarkImageFactory(published=True)
    query = answered(asking.ask(drawn_photo(1), method="sir"))
    assert (query.state, query.reason) == (Query.State.FAILED, Query.Reason.NOTHING_DESCRIBED)


def test_a_search_whose_filters_match_nothing_is_answered_with_nothing():
    catalogue(1)
    query = answered(asking.ask(drawn_photo(1), method="sir", province=ProvinceFactory()))
    assert query.state == Query.State.ANSWERED
    assert not query.places.exists()


def test_a_search_whose_photo_is_gone_fails_with_a_reason():
    query = asking.ask(drawn_photo(1), method="sir")
    query.photo.storage.delete(query.photo.name)
    assert answered(query).reason == Query.Reason.UNREADABLE


def test_withdrawing_a_photo_takes_it_out_of_answers_past_and_to_come():
    catalogue(1, 2)
    query = answered(asking.ask(drawn_photo(1, (320, 240)), method="sir"))
    image = query.hits.all()[0].image
    curation.reject([image], reason="not the place")
    assert not Hit.objects.filter(image=image).exists()
    again = answered(asking.ask(drawn_photo(1, (320, 240)), method="sir"))
    assert image not in [hit.image for hit in again.hits.all()]
