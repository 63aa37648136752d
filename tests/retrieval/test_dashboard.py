"""The desk's first page: figures checked by hand, and drawings that say them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts import roles
from places.models import Landmark, LandmarkImage
from retrieval import queues
from retrieval.dashboard import columns, growth, provinces, searches, waiting
from retrieval.models import PlaceCoverage, Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, UserFactory
from tests.retrieval.test_views import asked

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)  # a Wednesday
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _english():
    cache.delete("queues")
    with translation.override("en"):
        yield


def photo(landmark: Landmark, *, added: date) -> LandmarkImage:
    image = LandmarkImageFactory(landmark=landmark, published=True, size=(64, 48))
    moment = timezone.make_aware(datetime.combine(added, datetime.min.time()))
    LandmarkImage.objects.filter(pk=image.pk).update(added_at=moment)
    return image


# ---- Columns


def test_weeks_end_with_the_present_one():
    assert columns.weeks_until(TODAY, number=2) == [date(2026, 11, 16), MONDAY]
    assert columns.weeks_until(MONDAY, number=1) == [MONDAY]


def test_a_pile_stands_on_its_foot_and_the_highest_fills_the_drawing():
    series = [columns.Series("a", "A", (1, 3)), columns.Series("b", "B", (1, 1))]
    chart = columns.piled([date(2026, 11, 16), MONDAY], series)
    assert (chart.top, chart.frame) == (4, "0 0 20 100")
    low, high = chart.columns
    assert [(part.kind, part.y, part.height) for part in low.parts] == [
        ("a", "75.00", "25.00"), ("b", "50.00", "25.00")
    ]  # fmt: skip
    assert [(part.kind, part.y, part.height) for part in high.parts] == [
        ("a", "25.00", "75.00"), ("b", "0.00", "25.00")
    ]  # fmt: skip


def test_weeks_without_anything_are_empty_columns():
    chart = columns.piled([MONDAY], [columns.Series("a", "A", (0,))])
    assert (chart.top, chart.columns[0].parts) == (0, ())


# ---- Growth


def test_photos_and_places_are_summed_up_to_the_end_of_each_week(django_assert_num_queries):
    temple, tower = LandmarkFactory(), LandmarkFactory()
    photo(temple, added=date(2025, 1, 1))  # long before
    photo(temple, added=date(2026, 11, 22))  # a Sunday: the week before
    photo(tower, added=MONDAY)
    LandmarkImageFactory(landmark=tower, size=(64, 48))  # not published
    published = LandmarkImage.objects.published()
    with django_assert_num_queries(2):
        by_place = growth.by_place(published)
        grown = growth.of(published, by_place=by_place.values(), today=TODAY, weeks=3)
    assert {pk: of_it.photos for pk, of_it in by_place.items()} == {temple.pk: 2, tower.pk: 1}
    assert [column.total for column in grown.photos.columns] == [1, 2, 3]
    assert [column.total for column in grown.places.columns] == [1, 1, 2]
    assert growth.gained(grown.photos, weeks=2) == 2
    assert growth.gained(grown.photos, weeks=3) == 0  # no such week is drawn


def test_a_week_begins_at_midnight_in_vietnam():
    image = photo(LandmarkFactory(), added=MONDAY)
    LandmarkImage.objects.filter(pk=image.pk).update(added_at=datetime(2026, 11, 22, 18, tzinfo=UTC))
    grown = growth.of(LandmarkImage.objects.published(), by_place=[], today=TODAY, weeks=2)
    assert [column.total for column in grown.photos.columns] == [0, 1]


# ---- Searches


def test_searches_are_counted_by_what_they_came_to_each_photo_once(django_assert_num_queries):
    now = timezone.make_aware(datetime(2026, 11, 24, 9))
    for fields in (
        {"state": "answered", "verdict": "is"},
        {"state": "answered", "verdict": "is", "asked_at": now - timedelta(weeks=1)},
        {"state": "answered", "verdict": "one_of"},
        {"state": "answered"},
        {"state": "failed", "reason": "gave_up"},
        {"state": "waiting"},
        {"state": "answered", "verdict": "is", "private": True},
        {"state": "answered", "verdict": "is", "asked_at": now - timedelta(weeks=9)},
    ):
        first = asked(session_key="s", **{"asked_at": now} | fields)
    asked(session_key="s", asked_at=now, beside=first)
    with django_assert_num_queries(1):
        chart = searches.of(Query.objects.all(), today=TODAY, weeks=2)
    assert [each.kind for each in chart.series] == [
        "is", "one_of", "unknown", "answered", "failed", "unfinished"
    ]  # fmt: skip
    assert [column.counts for column in chart.columns] == [(1, 0, 0, 0, 0, 0), (1, 1, 0, 1, 1, 1)]


# ---- Provinces


def test_the_map_has_a_dot_for_each_place_by_how_many_photos_it_has(django_assert_num_queries):
    hue = ProvinceFactory(slug="hue", name_en="Huế")
    LandmarkFactory(province=hue, latitude=16.4, longitude=107.6, name_en="Empty")
    full = LandmarkFactory(province=hue, latitude=16.5, longitude=107.5, name_en="Full")
    LandmarkFactory(province=hue, name_en="Nowhere")
    with django_assert_num_queries(1):
        found = provinces.coverage(Landmark.objects.standing(), photos={full.pk: 5})
    assert [(dot.name, dot.photos, dot.step) for dot in found.dots] == [
        ("Empty", 0, "none"), ("Full", 5, "some")
    ]  # fmt: skip
    assert found.provinces == (provinces.Province("Huế", "hue", places=3, empty=2, photos=5),)
    assert float(found.dots[0].radius) < float(found.dots[1].radius)
    assert found.steps == [("none", 0, 0), ("few", 1, 4), ("some", 5, 19), ("many", 20, 0)]


def measured(province, *, right: int, asked: int) -> None:
    PlaceCoverage.objects.create(
        landmark=LandmarkFactory(province=province), right=right, asked=asked, published=asked,
        method="m", version="v", need=1, measured_at=timezone.now(),
    )  # fmt: skip


def test_accuracy_is_that_of_all_photos_of_a_province_the_worst_first(django_assert_num_queries):
    hue, hanoi, empty = (ProvinceFactory(slug=slug, name_en=slug) for slug in ("hue", "hanoi", "empty"))
    measured(hue, right=9, asked=10)
    measured(hanoi, right=1, asked=1)
    measured(hanoi, right=0, asked=3)
    measured(empty, right=0, asked=0)
    with django_assert_num_queries(1):
        found = provinces.accuracy(PlaceCoverage.objects.all())
    assert [(each.slug, each.right, each.asked, each.percent) for each in found] == [
        ("hanoi", 1, 4, 25), ("hue", 9, 10, 90)
    ]  # fmt: skip


# ---- Queues


def test_the_oldest_queue_is_first_and_sets_the_scale():
    now = timezone.now()
    waits = {queue.name: queue for queue in queues.QUEUES}
    found = waiting.ages(
        [
            queues.Waiting(waits["photos"], 4, now - timedelta(days=5)),
            queues.Waiting(waits["takedowns"], 1, now - timedelta(days=20)),
            queues.Waiting(waits["corrections"], 0, None),
            queues.Waiting(waits["short_of_photos"], 7, None),
        ],
        now=now,
    )
    assert [(age.label, age.count, age.days, age.share) for age in found] == [
        ("Takedown requests", 1, 20, "100.0"),
        ("Photos to review", 4, 5, "25.0"),
        ("Places that need photos", 7, None, "0.0"),
    ]


# ---- The page


@pytest.fixture
def desk() -> Client:
    user, client = UserFactory(), Client()
    roles.give(user, roles.Role.VIEWER, by=None)
    client.force_login(user)
    return client


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def fill() -> None:
    place = LandmarkFactory(latitude=16.4, longitude=107.6)
    photo(place, added=timezone.localdate())
    LandmarkImageFactory(landmark=place, size=(64, 48))
    asked(session_key="s", state="answered", verdict="is")
    measured(place.province, right=1, asked=2)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_an_empty_desk_says_so_in_words(desk, language):
    translation.activate(language)
    page = desk.get(reverse("admin:index"))
    said = text(page)
    for words in (
        "Nothing waits. All queues are empty.",
        "No photo is published yet.",
        "Nobody has searched in half a year.",
        "Nothing has been measured yet. The worker does it by itself; measure_coverage does it at once.",
        "The catalogue has no place yet; load_catalogue brings those of Vietnam.",
    ):
        assert translation.gettext(words) in said
    assert "<rect" not in page.content.decode()


def test_the_pictures_say_their_figures_in_words_too(desk):
    fill()
    page = desk.get(reverse("admin:index"))
    said, source = text(page), page.content.decode()
    assert "50 % 1 of 2" in said
    assert "Photos to review 1" in said
    assert "Of 2 places 1 have no photo." in said
    assert source.count('role="img"') == 4
    assert source.count("In numbers") == 3
    assert "style=" not in source[source.index('class="ask boards"') : source.rindex("</section>")]


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(desk, django_assert_max_num_queries):
    counts = []
    desk.get(reverse("admin:index"))
    for _round in range(2):
        fill()
        cache.clear()
        with django_assert_max_num_queries(30) as captured:
            desk.get(reverse("admin:index"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_staff_without_a_role_is_told_whom_to_ask(client):
    client.force_login(UserFactory(is_staff=True))
    page = client.get(reverse("admin:index"))
    assert "You have no role at the desk yet." in text(page)
    assert "may_look" not in page.context
