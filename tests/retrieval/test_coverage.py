"""What the photos of each place show of it, and which places need photos most."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from places import curation
from places.models import Landmark, LandmarkImage, Province
from retrieval import coverage
from retrieval.models import Correction, DescribeFailure, PlaceCoverage, Query, RankedPlace
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory
from tests.retrieval.index.test_index import GEM, direction
from tests.retrieval.test_lookalikes import photo_at
from tests.retrieval.test_views import asked

pytestmark = pytest.mark.django_db

WINTER = datetime(2025, 1, 10, 3, 0, tzinfo=UTC)  # ten in the morning in Vietnam
SUMMER_NIGHT = datetime(2025, 7, 10, 13, 30, tzinfo=UTC)  # half past eight in the evening


@pytest.fixture
def temple() -> Landmark:
    """A temple in the Red River Delta, seen from two sides."""
    place = LandmarkFactory(slug="temple", province=ProvinceFactory(region=Province.Region.RED_RIVER_DELTA))
    for angle in (0, 5, 80):
        photo_at(angle, place)
    return place


def measured(**how) -> dict[str, PlaceCoverage]:
    return {each.landmark.slug: each for each in coverage.measure(method=GEM, **how)}


def test_photos_are_counted_by_what_became_of_them(temple):
    LandmarkImageFactory(landmark=temple)
    LandmarkImageFactory(landmark=temple, state=LandmarkImage.State.REJECTED)
    LandmarkImageFactory(landmark=None)
    found = measured()["temple"]
    assert (found.published, found.waiting) == (3, 1)


def test_a_place_without_photos_is_measured_too_and_a_merged_one_is_not(temple):
    empty = LandmarkFactory(slug="empty")
    LandmarkFactory(slug="merged", merged_into=temple)
    found = measured()
    assert set(found) == {"temple", "empty"}
    assert (found["empty"].published, found["empty"].viewpoints, found["empty"].accuracy) == (0, 0, None)
    assert set(measured(landmarks=[empty.pk])) == {"empty"}


def test_viewpoints_are_sides_that_do_not_look_alike(temple):
    assert measured()["temple"].viewpoints == 2


@pytest.mark.parametrize(
    ("degrees", "sides"),
    [([], 0), ([0], 1), ([0, 59], 1), ([0, 61], 2), ([0, 50, 100], 2), ([50, 0, 100], 1)],
)
def test_a_side_is_less_similar_than_half_to_the_sides_before_it(degrees, sides):
    vectors = [direction(np.radians(angle)) for angle in degrees]
    assert coverage.viewpoints(np.array(vectors).reshape(len(degrees), GEM.checkpoint.dimensions)) == sides


def test_seasons_and_nights_are_told_by_the_camera(temple):
    first, second, _undated = temple.images.all()
    LandmarkImage.objects.filter(pk=first.pk).update(taken_at=WINTER)
    LandmarkImage.objects.filter(pk=second.pk).update(taken_at=SUMMER_NIGHT)
    found = measured()["temple"]
    assert (found.months, found.dry, found.rainy, found.nights) == ([1, 7], 1, 1, 1)


def test_a_dark_sky_is_night_whatever_the_clock_says_but_not_in_a_cave(temple):
    first, second, third = temple.images.all()
    LandmarkImage.objects.filter(pk=first.pk).update(sky_light=0.1)
    LandmarkImage.objects.filter(pk=second.pk).update(sky_light=0.9, taken_at=SUMMER_NIGHT)
    assert measured()["temple"].nights == 1
    Landmark.objects.filter(pk=temple.pk).update(category=Landmark.Category.CAVE)
    LandmarkImage.objects.filter(pk=third.pk).update(sky_light=0.1)
    assert measured()["temple"].nights == 1


@pytest.mark.parametrize(
    ("region", "wet", "dry"),
    [
        (Province.Region.RED_RIVER_DELTA, 7, 1),
        (Province.Region.NORTH_CENTRAL, 10, 4),
        (Province.Region.SOUTH_CENTRAL_COAST, 11, 6),
        (Province.Region.CENTRAL_HIGHLANDS, 8, 2),
        (Province.Region.MEKONG_DELTA, 9, 3),
    ],
)
def test_the_rain_falls_in_other_months_in_other_regions(region, wet, dry):
    assert coverage.is_rainy(wet, region=region)
    assert not coverage.is_rainy(dry, region=region)


def test_every_region_has_a_rainy_season():
    assert set(coverage.RAINY) == set(Province.Region)


@pytest.mark.parametrize(
    ("hour", "night"), [(0, True), (5, True), (6, False), (17, False), (18, True), (23, True)]
)
def test_night_is_from_six_to_six_where_the_photo_was_taken(hour, night):
    moment = datetime(2025, 3, 1, hour, 30, tzinfo=timezone.get_default_timezone())
    assert coverage.is_night(moment.astimezone(UTC)) == night


def test_what_each_method_has_yet_to_describe_is_counted(temple):
    first = temple.images.first()
    DescribeFailure.objects.create(image=first, method="sir", version="efficientnet", reason="older")
    assert measured()["temple"].missing == {"sir": 3, "delf": 3, "aliked": 3}


def test_the_accuracy_is_that_of_leave_one_out(temple):
    tower = LandmarkFactory(slug="tower")
    for angle in (78, 82, 84):
        photo_at(angle, tower)
    found = measured()
    assert (found["temple"].right, found["temple"].asked) == (2, 3)
    assert found["temple"].accuracy_low < found["temple"].accuracy == pytest.approx(2 / 3)
    assert found["tower"].accuracy == 1


def test_a_search_misses_a_place_where_its_visitor_says_so_or_where_it_is_one_of_several(temple):
    other = LandmarkFactory()

    def search(*, first: Landmark, verdict: str, said: Landmark | None = None, is_true=None) -> None:
        query = asked(verdict=verdict, session_key="somebody")
        RankedPlace.objects.create(query=query, landmark=first, rank=0, share=1, votes=1, best_similarity=0.5)
        if said:
            handled = {} if is_true is None else {"is_true": is_true, "handled_at": timezone.now()}
            Correction.objects.create(
                query=query, session_key="somebody", said=Correction.Said.IN_FACT, landmark=said, **handled
            )

    search(first=temple, verdict=Query.Verdict.IS)
    search(first=temple, verdict=Query.Verdict.ONE_OF)
    search(first=other, verdict=Query.Verdict.IS, said=temple)
    search(first=other, verdict=Query.Verdict.IS, said=temple, is_true=False)  # the visitor was mistaken
    search(first=other, verdict=Query.Verdict.ONE_OF, said=temple)  # missed the temple, not the other
    found = measured()
    assert found["temple"].failed_searches == 3
    assert found[other.slug].failed_searches == 0


# ---- the need


NOTHING = {"photos": 0, "viewpoints": 0, "accuracy": None, "failed_searches": 10}
PLENTY = {"photos": 20, "viewpoints": 5, "accuracy": 1.0, "failed_searches": 0}


@pytest.mark.parametrize(
    ("change", "need"),
    [
        (NOTHING, 100),
        (PLENTY, 0),
        (PLENTY | {"photos": 500, "viewpoints": 50}, 0),
        (PLENTY | {"photos": 10}, 20),
        (PLENTY | {"viewpoints": 4}, 4),
        (PLENTY | {"accuracy": 0.75}, 5),
        (PLENTY | {"accuracy": None}, 20),
        (PLENTY | {"failed_searches": 5}, 10),
        (PLENTY | {"failed_searches": 50}, 20),
    ],
)
def test_the_need_is_a_sum_of_what_lacks(change, need):
    assert coverage.WANTED.need(**change) == pytest.approx(need)


def test_places_that_need_photos_most_stand_first(temple):
    LandmarkFactory(slug="empty")
    call_command("measure_coverage")
    assert [row.landmark.slug for row in PlaceCoverage.objects.neediest_first()] == ["empty", "temple"]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"need": 101}, "the_need_of_photos_is_a_percentage"),
        ({"need": 5, "asked": 1, "right": 2}, "no_more_photos_find_a_place_than_were_asked"),
    ],
)
def test_the_database_refuses_figures_that_make_no_sense(fields, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        PlaceCoverage.objects.create(landmark=LandmarkFactory(), measured_at=timezone.now(), **fields)


# ---- keeping it


def test_the_command_says_which_places_need_photos_and_may_be_run_again(temple, capsys):
    LandmarkFactory(slug="empty")
    call_command("measure_coverage", "--dry-run")
    assert not PlaceCoverage.objects.exists()
    call_command("measure_coverage")
    call_command("measure_coverage")
    assert PlaceCoverage.objects.count() == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 places measured, 3 of 3 photos find their place. Those that need photos most:"
    assert lines[1].strip() == "80  empty: 0 photos, 0 viewpoints, 0 of 0 right, 0 searches missed it"


def test_a_merged_place_is_forgotten_by_the_next_measure(temple):
    other = LandmarkFactory()
    call_command("measure_coverage")
    Landmark.objects.filter(pk=other.pk).update(merged_into=temple)
    assert PlaceCoverage.objects.of_standing().count() == 1
    call_command("measure_coverage")
    assert PlaceCoverage.objects.get().landmark == temple


def test_only_places_whose_photos_changed_are_measured_anew(temple):
    quiet = LandmarkFactory()
    assert set(coverage.changed_places()) == {temple.pk, quiet.pk}
    assert coverage.measure_what_changed(most=1) == 1
    assert coverage.measure_what_changed(most=10) == 1
    assert coverage.measure_what_changed(most=10) == 0
    curation.reject([temple.images.first()], reason="blurred")
    assert list(coverage.changed_places()) == [temple.pk]
    coverage.measure_what_changed(most=10)
    assert temple.coverage.published == 2
    for change in (lambda: photo_at(3, quiet), lambda: LandmarkImageFactory(landmark=quiet)):
        change()
        assert list(coverage.changed_places()) == [quiet.pk]
        coverage.measure_what_changed(most=10)
        assert not coverage.changed_places().exists()


def test_a_move_changes_the_place_that_is_left_and_the_place_that_is_reached(temple):
    other = LandmarkFactory()
    call_command("measure_coverage")
    curation.move([temple.images.first()], landmark=other)
    coverage.measure_what_changed(most=10)
    temple.coverage.refresh_from_db()
    assert (temple.coverage.published, other.coverage.published) == (2, 1)


def test_those_never_measured_come_first_then_those_measured_longest_ago(temple):
    call_command("measure_coverage")
    older, newest = LandmarkFactory(), LandmarkFactory()
    coverage.measure_what_changed(most=1)
    PlaceCoverage.objects.filter(landmark=older).update(measured_at=timezone.now() - timedelta(days=3))
    LandmarkImageFactory(landmark=older)
    LandmarkImageFactory(landmark=temple)
    assert list(coverage.changed_places()) == [newest.pk, older.pk, temple.pk]
