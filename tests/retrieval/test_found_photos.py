"""How the photos found are laid out on the page of an answer."""

import pytest

from places import curation
from retrieval.found_photos import found_photos
from retrieval.models import Hit, Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory

from .test_views import asked, text_of

pytestmark = pytest.mark.django_db


def found(*images, **fields) -> Query:
    query = asked(state=Query.State.ANSWERED, found=len(images), shared=True, **fields)
    Hit.objects.bulk_create(
        Hit(query=query, image=image, rank=rank, similarity=0.9) for rank, image in enumerate(images)
    )
    return query


def laid_out(query: Query, **wanted):
    hits = query.hits.select_related("image__landmark__province")
    return found_photos(query, hits=[hit for hit in hits if hit.image.thumbnail], wanted=wanted)


def photos(count: int, **fields) -> list:
    return LandmarkImageFactory.create_batch(count, published=True, **fields)


def names(layout) -> list[list[str]]:
    return [[place.landmark.name_en for place in part.places] for part in layout.parts]


def test_photos_stand_by_place_and_the_place_of_the_best_comes_first():
    here, there = LandmarkFactory(name_en="Here"), LandmarkFactory(name_en="There")
    best, second, third = (
        photos(1, landmark=there)[0],
        photos(1, landmark=here)[0],
        photos(1, landmark=there)[0],
    )
    [part] = laid_out(found(best, second, third)).parts
    assert [(place.landmark, [each.hit.image for each in place.photos]) for place in part.places] == [
        (there, [best, third]),
        (here, [second]),
    ]


def test_of_near_duplicates_the_best_is_shown_and_the_others_are_folded():
    place = LandmarkFactory()
    first, other = photos(2, landmark=place)
    copy = photos(1, landmark=place, near_duplicate_of=first)[0]
    [part] = laid_out(found(copy, other, first)).parts
    shown = part.places[0].photos
    assert [(each.hit.image, [hit.image for hit in each.alike]) for each in shown] == [
        (copy, [first]),
        (other, []),
    ]


def test_four_photos_of_a_place_stand_open_and_the_others_are_folded(client):
    query = found(*photos(6, landmark=LandmarkFactory(name_vi="Chùa Cầu")))
    place = laid_out(query).parts[0].places[0]
    assert (len(place.first), len(place.further)) == (4, 2)
    assert "Thêm 2 ảnh của Chùa Cầu" in text_of(client.get(f"/searches/{query.pk}/"))


def test_a_part_holds_whole_places_and_the_address_says_how_many_parts_are_shown(client):
    query = found(*(image for _place in range(5) for image in photos(5, landmark=LandmarkFactory())))
    first = laid_out(query)
    assert [len(part.places) for part in first.parts] == [3]
    assert (first.parts[0].more, first.parts[0].remaining) == ("shown=2", 10)
    both = laid_out(query, shown="2")
    assert [len(part.places) for part in both.parts] == [3, 2]
    assert [part.more for part in both.parts] == ["", ""]
    page = client.get(f"/searches/{query.pk}/").content.decode()
    assert f'href="/searches/{query.pk}/?shown=2#found-2"' in page
    assert 'id="found-2"' in client.get(f"/searches/{query.pk}/?shown=2").content.decode()


@pytest.mark.parametrize("nonsense", ["0", "-1", "", "x", "²", "9" * 30, "2.5"])
def test_an_address_that_asks_for_no_part_there_is_shows_what_there_is(nonsense):
    assert len(laid_out(found(*photos(2)), shown=nonsense).parts) == 1


def test_an_address_beyond_the_last_part_shows_all():
    query = found(*photos(30))
    assert len(laid_out(query, shown="99").parts) == 3


def test_photos_are_chosen_by_province_kind_and_licence(client):
    hue, hanoi = ProvinceFactory(slug="hue", name_en="Huế"), ProvinceFactory(slug="hanoi")
    tomb = LandmarkFactory(name_en="Tomb", province=hue, category="tomb")
    lake = LandmarkFactory(name_en="Lake", province=hanoi, category="lake")
    free = photos(1, landmark=lake, licence="CC0 1.0")[0]
    query = found(*photos(2, landmark=tomb), free, *photos(1, landmark=lake))
    assert names(laid_out(query, province="hue")) == [["Tomb"]]
    assert names(laid_out(query, category="lake")) == [["Lake"]]
    assert laid_out(query, licence="CC0 1.0").chosen == 1
    assert laid_out(query, licence="CC0 1.0", province="hue").chosen == 0
    text = text_of(client.get(f"/en/searches/{query.pk}/?licence=CC0+1.0"))
    assert "1 of the 4 photos found" in text
    assert "Show all of them" in text


def test_a_choice_is_offered_only_where_there_is_one_and_nonsense_narrows_nothing():
    province = ProvinceFactory()
    query = found(*photos(3, landmark=LandmarkFactory(province=province)))
    layout = laid_out(query, province="atlantis", licence="none", category="\0")
    assert list(layout.form.fields) == []
    assert (layout.chosen, layout.is_narrowed) == (3, False)


def test_more_keeps_the_choice_in_the_address():
    hue, other = ProvinceFactory(slug="hue"), ProvinceFactory()
    query = found(
        *(photos(1, landmark=LandmarkFactory(province=hue))[0] for _ in range(14)),
        *photos(1, landmark=LandmarkFactory(province=other)),
    )
    assert laid_out(query, province="hue").parts[0].more == "province=hue&shown=2"


def test_the_page_says_how_many_of_its_photos_were_withdrawn_since(client):
    images = photos(3)
    query = found(*images)
    assert laid_out(query).withdrawn == 0
    curation.reject([images[0], images[2]], reason="taken down")
    assert laid_out(query).withdrawn == 2
    assert "2 ảnh đã được gỡ" in text_of(client.get(f"/searches/{query.pk}/"))


def test_what_is_loaded_later_takes_the_focus_and_a_plain_page_does_not(client):
    query = found(*photos(20))
    address = f"/searches/{query.pk}/?shown=2"
    assert 'tabindex="-1" autofocus' in client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'tabindex="-1" autofocus' not in client.get(address).content.decode()
