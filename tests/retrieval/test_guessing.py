"""Where photos belong, as far as their neighbours tell."""

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from places import curation
from places.models import Landmark, LandmarkImage
from retrieval import guessing, index, indexing, methods, tasks
from retrieval.methods.base import LocalFeatures
from retrieval.models import (
    Descriptor,
    LocalFeatureSet,
    Neighbour,
    PlaceCoverage,
    PlaceGuess,
    WaitingDescriptor,
)
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.retrieval.index.test_index import GEM, direction
from tests.retrieval.test_indexing import break_file
from tests.retrieval.test_lookalikes import photo_at
from tests.retrieval.test_place_accuracy import wait_at

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

DELF = methods.find("delf")


@pytest.fixture
def places() -> dict[str, Landmark]:
    """A temple with a photo that stands among those of a tower, and a gate far from both."""
    places = {
        name: LandmarkFactory(slug=name, name_vi=name, name_en=name) for name in ("temple", "tower", "gate")
    }
    for name, angles in {
        "temple": (0, 2, 4, 6, 46),
        "tower": (40, 42, 44, 50, 52),
        "gate": (120, 122),
    }.items():
        for angle in angles:
            photo_at(angle, places[name])
    return places


def look_everywhere() -> int:
    return guessing.look_at_all(method=GEM)


def guess_of(image: LandmarkImage) -> PlaceGuess:
    return PlaceGuess.objects.get(image=image)


def odd(places) -> LandmarkImage:
    return places["temple"].images.last()


def shown(guess: PlaceGuess) -> list[int]:
    return [near.image_id for near in guess.neighbours.all()]


# ---- labels that may be wrong


def test_a_photo_among_those_of_another_place_is_doubted_with_its_evidence(places):
    assert look_everywhere() == 12
    [doubted] = PlaceGuess.objects.doubting()
    assert (doubted.image, doubted.landmark) == (odd(places), places["tower"])
    assert (doubted.agreeing, doubted.asked) == (4, 4)  # as many as the temple has other photos
    assert doubted.similarity == pytest.approx(np.cos(np.radians(2)), abs=1e-6)
    assert len(shown(doubted)) == 4
    assert shown(doubted)[0] == places["tower"].images.all()[2].pk  # at 44 degrees
    assert set(shown(doubted)) <= set(places["tower"].images.values_list("pk", flat=True))


def test_what_stands_right_is_looked_at_once_and_keeps_no_evidence(places):
    look_everywhere()
    assert PlaceGuess.objects.count() == 12
    assert set(Neighbour.objects.values_list("guess__image", flat=True)) == {odd(places).pk}
    assert look_everywhere() == 0


def test_near_duplicates_do_not_speak_for_each_other(places):
    """Copies of the doubted photo would vote for its place, and copies of one of the gate's five times for the gate."""
    doubted = odd(places)
    for _copy in range(4):
        photo_at(46, places["temple"], near_duplicate_of=doubted)
    gates = places["gate"].images.first()
    for _copy in range(5):
        photo_at(120, places["gate"], near_duplicate_of=gates)
    beside = photo_at(118, places["temple"])
    look_everywhere()
    assert (guess_of(doubted).landmark, guess_of(doubted).agreeing) == (places["tower"], 5)
    assert guess_of(beside).landmark != places["gate"]


def test_a_small_place_is_not_doubted_for_being_small(places):
    """Its two photos are nearest to each other; any others that were asked could only be of other places."""
    look_everywhere()
    assert {guess_of(image).landmark for image in places["gate"].images.all()} == {places["gate"]}


def test_a_place_on_the_same_ground_raises_no_doubt(places):
    places["tower"].overlaps_with.add(places["temple"])
    look_everywhere()
    assert not PlaceGuess.objects.doubting().exists()


def test_without_a_majority_nothing_is_guessed():
    place = LandmarkFactory()
    first = photo_at(0, place)
    for angle in (1, 2, 3):
        photo_at(angle, LandmarkFactory())
        photo_at(50 + angle, place)
    look_everywhere()
    assert (guess_of(first).landmark, guess_of(first).agreeing, guess_of(first).asked) == (None, 0, 3)


def test_a_photo_without_neighbours_is_not_in_the_queue_nor_one_without_others_of_its_place():
    alone = photo_at(0, LandmarkFactory())
    photo_at(1, LandmarkFactory())
    look_everywhere()
    assert guess_of(alone).asked == 0
    assert not PlaceGuess.objects.doubting().exists()


def test_what_a_curator_found_right_is_not_asked_again_until_the_photo_moves(places):
    look_everywhere()
    guessing.find_right(odd(places))
    assert not PlaceGuess.objects.doubting().exists()
    guessing.look_at_all(method=GEM, before=timezone.now())
    assert not PlaceGuess.objects.doubting().exists()
    curation.move([odd(places)], landmark=places["gate"])
    [doubted] = PlaceGuess.objects.doubting()
    assert (doubted.image.landmark, doubted.landmark) == (places["gate"], places["tower"])


def test_moving_a_photo_to_the_place_of_its_neighbours_ends_the_doubt(places):
    look_everywhere()
    curation.move([odd(places)], landmark=places["tower"])
    assert not PlaceGuess.objects.doubting().exists()


def test_a_withdrawn_photo_is_forgotten_as_one_doubted_and_as_evidence(places):
    look_everywhere()
    witness = places["tower"].images.all()[2]
    curation.reject([witness], reason="blurred")
    assert not Neighbour.objects.filter(image=witness).exists()
    assert len(shown(guess_of(odd(places)))) == 3
    curation.reject([odd(places)], reason="blurred")
    assert not PlaceGuess.objects.filter(image=odd(places)).exists()


def test_what_another_checkpoint_said_is_said_anew(places):
    look_everywhere()
    PlaceGuess.objects.update(version="an older checkpoint")
    assert look_everywhere() == 12
    assert PlaceGuess.objects.by(GEM).count() == 12


def test_the_evidence_counts_the_local_features_that_agree(places):
    """Two pictures with the same thirty points agree in all of them; one without features says nothing."""
    dice = np.random.default_rng(1)
    points = dice.uniform(50, 450, (30, 2)).astype(np.float32)
    descriptors = dice.normal(size=(30, DELF.checkpoint.local_dimensions)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    ones = np.ones(30, np.float32)
    packed = LocalFeatures(points, ones, ones, descriptors, (500, 500)).to_bytes()
    alike = places["tower"].images.all()[2]
    for image in (odd(places), alike):
        LocalFeatureSet.objects.create(
            image=image, method="delf", version=DELF.checkpoint.name, features=packed, count=30
        )
    look_everywhere()
    inliers = {near.image: near.inliers for near in guess_of(odd(places)).neighbours.all()}
    assert inliers.pop(alike) == 30
    assert set(inliers.values()) == {None}


def test_the_evidence_is_read_in_a_fixed_number_of_queries(places, django_assert_num_queries):
    look_everywhere()
    for _time in range(2):
        with django_assert_num_queries(2):
            for guess in PlaceGuess.objects.doubting().with_evidence():
                assert guess.landmark.name
                assert guess.landmark.province.name
                assert [near.image.landmark.name for near in guess.shown]
        photo_at(43, places["temple"])
        look_everywhere()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"agreeing": 6, "asked": 5}, "no_more_neighbours_agree_than_were_asked"),
        ({"agreeing": 2, "asked": 4}, "a_guessed_place_has_most_of_the_neighbours"),
    ],
)
def test_the_database_refuses_a_guess_that_makes_no_sense(fields, rule):
    image = LandmarkImageFactory(published=True)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        PlaceGuess.objects.create(image=image, landmark=image.landmark, method="m", version="v", **fields)


# ---- photos that wait


def test_a_waiting_photo_without_a_place_gets_a_suggestion_from_published_ones(places):
    waiting = wait_at(3)
    wait_at(4)  # another that waits says nothing
    look_everywhere()
    [suggested, _other] = PlaceGuess.objects.suggesting().order_by("image")
    assert (suggested.image, suggested.landmark) == (waiting, places["temple"])
    assert (suggested.agreeing, suggested.asked) == (4, 5)
    assert set(shown(suggested)) <= set(LandmarkImage.objects.published().values_list("pk", flat=True))


def test_a_waiting_copy_of_a_published_photo_is_told_by_it(places):
    copy = wait_at(6, near_duplicate_of=places["temple"].images.all()[3])
    look_everywhere()
    assert shown(guess_of(copy))[0] == copy.near_duplicate_of_id


@pytest.mark.usefixtures("quick_methods")
def test_a_waiting_photo_is_described_to_ask_and_never_found():
    published = LandmarkImageFactory(published=True)
    indexing.describe_image(published)
    waiting = LandmarkImageFactory(landmark=None)
    look_everywhere()
    [vector] = index.vectors_of(GEM, images=[waiting.pk], waiting=True)[1]
    assert guess_of(waiting).landmark == published.landmark
    assert not Descriptor.objects.filter(image=waiting).exists()
    assert [found.id for found in index.nearest(vector, method=GEM, k=10)] == [published.pk]
    assert index.vectors_of(GEM)[0].tolist() == [published.pk]
    assert waiting.pk not in index.vectors([waiting.pk], method=GEM)


@pytest.mark.usefixtures("quick_methods")
def test_once_published_it_is_not_described_again_by_the_same_method(monkeypatch):
    waiting = LandmarkImageFactory()
    look_everywhere()
    [vector] = index.vectors_of(GEM, images=[waiting.pk], waiting=True)[1]
    curation.publish([waiting])
    described = []
    load = methods.load
    monkeypatch.setattr(methods, "load", lambda name, **how: described.append(name) or load(name, **how))
    assert indexing.describe_image(waiting)
    assert set(described) == {"sir", "delf", "aliked"}
    np.testing.assert_array_equal(index.vectors([waiting.pk], method=GEM)[waiting.pk], vector)
    assert not WaitingDescriptor.objects.exists()


@pytest.mark.usefixtures("quick_methods")
def test_a_waiting_photo_that_cannot_be_read_is_tried_once_and_stops_nothing(caplog):
    broken, whole = LandmarkImageFactory(), LandmarkImageFactory()
    break_file(broken)
    assert look_everywhere() == 2
    assert "could not be described" in caplog.text
    assert guess_of(broken).asked == 0
    assert WaitingDescriptor.objects.get().image == whole
    assert look_everywhere() == 0


def test_nothing_is_kept_of_a_photo_that_was_turned_down_while_it_waited(places):
    waiting = wait_at(3)
    curation.reject([waiting], reason="blurred")
    assert not index.put_waiting(waiting, method=GEM, vector=direction(0))
    guessing.look_at_new(seconds=60)
    assert not WaitingDescriptor.objects.exists()
    assert not PlaceGuess.objects.suggesting().exists()


# ---- the command and the worker


def test_the_command_says_what_it_found_and_asks_again_when_told_to(places, capsys):
    wait_at(3)
    call_command("find_wrong_labels", "--dry-run")
    call_command("find_wrong_labels")
    call_command("find_wrong_labels")
    call_command("find_wrong_labels", "--again")
    lines = capsys.readouterr().out.splitlines()
    found = "1 published ones seem to show another place, for 1 waiting ones there is a suggestion."
    assert lines == [
        "13 photos are to be asked about.",
        f"13 photos asked about: {found}",
        f"0 photos asked about: {found}",
        f"13 photos asked about: {found}",
    ]


def test_the_worker_looks_at_new_photos_in_bites_until_none_is_left(places, monkeypatch):
    cache.clear()
    sent = []
    monkeypatch.setattr(tasks.study_photos, "delay", lambda: sent.append("study"))
    monkeypatch.setattr(guessing, "MOST_AT_ONCE", 7)
    tasks.study_photos_soon()
    tasks.study_photos_soon()
    assert sent == ["study"]  # once for any number of photos
    for looked_at, measured in ((7, 0), (12, 0), (12, 3), (12, 3)):
        tasks.study_photos()
        assert (PlaceGuess.objects.count(), PlaceCoverage.objects.count()) == (looked_at, measured)
    assert sent == ["study"] * 3  # once at first, and again while something was left


@pytest.mark.usefixtures("quick_methods")
def test_once_all_is_described_the_worker_asks_about_it(monkeypatch):
    cache.clear()
    sent = []
    monkeypatch.setattr(tasks.study_photos, "delay", lambda: sent.append("study"))
    monkeypatch.setattr(tasks.describe_missing, "delay", lambda: sent.append("describe"))
    monkeypatch.setattr(tasks, "BITE", 1)
    for _photo in range(2):
        LandmarkImageFactory(published=True)
    tasks.describe_missing()
    assert sent == []  # the next bite is queued on commit
    tasks.describe_missing()
    assert sent == ["study"]
