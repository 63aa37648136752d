from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from retrieval import asking, calibrating, indexing, search, serving
from retrieval.models import Calibration, Query
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods"), pytest.mark.thorough]


@pytest.fixture
def catalogue():
    """Four described landmarks of two photos each, the second a little larger than the first."""
    places = [LandmarkFactory(slug=f"place-{number}") for number in range(4)]
    for number, place in enumerate(places):
        for size in ((320, 240), (352, 264)):
            image = LandmarkImageFactory(published=True, landmark=place, seed=10 + number, size=size)
            indexing.describe_image(image)
    return places


@pytest.fixture
def visitors(tmp_path: Path) -> Path:
    """Two photos of each landmark from elsewhere, and two of a place that the catalogue lacks."""
    for name, seed in [(f"place_{number}", 10 + number) for number in range(4)] + [("elsewhere", 50)]:
        folder = tmp_path / "visitors" / name
        folder.mkdir(parents=True)
        for number, size in enumerate(((300, 225), (280, 210))):
            (folder / f"{name}_{number}.jpg").write_bytes(drawn_photo(seed, size))
    return tmp_path / "visitors"


def calibrate(name: str, tmp_path: Path, **options):
    approach = serving.approach(name).load()
    return calibrating.calibrate(approach, cache_dir=tmp_path / "kept", progress=lambda *_: None, **options)


def test_the_catalogues_own_photos_ask_each_with_and_without_its_place(catalogue, tmp_path):
    found = calibrate("sir", tmp_path)
    assert (found.method, found.version) == ("sir", serving.find("sir").checkpoint.name)
    assert (found.figures["inside"], found.figures["outside"]) == (8, 8)
    assert found.learned_from == "8 of its own photos, asked of a catalogue of 8 photos of 4 landmarks"


def test_no_more_photos_ask_than_wanted_and_every_landmark_has_its_turn(catalogue, tmp_path):
    found = calibrate("sir", tmp_path, photos=4)
    assert found.figures["inside"] == 4
    images, arrays = calibrating._catalogue(serving.approach("sir").load())
    asked = calibrating._own(images, arrays, photos=4)
    assert sorted(question.group for question in asked) == [place.slug for place in catalogue]


def test_photos_of_another_folder_ask_and_those_of_unknown_places_are_strangers(
    catalogue, visitors, tmp_path
):
    found = calibrate("consensus", tmp_path, queries=visitors)
    assert (found.figures["inside"], found.figures["outside"]) == (8, 8 + 2)
    assert found.figures["place_top1"]["value"] == 1


def test_a_photo_of_the_catalogue_among_them_does_not_find_itself(catalogue, tmp_path):
    (tmp_path / "held" / "place-0").mkdir(parents=True)
    for number in (0, 1):
        seed_of_first = drawn_photo(10, ((320, 240), (352, 264))[number])
        (tmp_path / "held" / "place-0" / f"{number}.jpg").write_bytes(seed_of_first)
    approach = serving.approach("sir").load()
    images, _arrays = calibrating._catalogue(approach)
    asked = calibrating._from_folder(
        tmp_path / "held",
        approach=approach,
        images=images,
        photos=9,
        cache_dir=tmp_path / "kept",
        progress=print,
    )
    itself = {number for number, image in enumerate(images) if image.landmark.slug == "place-0"}
    assert all(question.junk & itself for question in asked)
    assert all(not question.own & question.junk for question in asked)


def test_what_stands_within_a_known_place_is_neither_known_nor_strange(catalogue, visitors, tmp_path):
    LandmarkFactory(slug="elsewhere").overlaps_with.add(catalogue[0])
    found = calibrate("sir", tmp_path, queries=visitors)
    assert found.figures["outside"] == 8


def test_too_few_landmarks_are_said_with_the_command_that_helps(tmp_path):
    with pytest.raises(calibrating.CannotCalibrate, match="run describe_images"):
        calibrate("sir", tmp_path)


def test_what_is_kept_answers_the_next_search_with_probabilities(catalogue, tmp_path):
    photo = drawn_photo(10, (300, 225))
    search.answer(before := asking.ask(photo, method="sir"))
    calibrating.keep(calibrate("sir", tmp_path))
    calibrating.keep(calibrate("sir", tmp_path))  # again: the row is replaced
    search.answer(after := asking.ask(photo, method="sir"))
    assert Calibration.objects.count() == 1
    after = Query.objects.get(pk=after.pk)
    assert after.verdict
    assert after.known == pytest.approx(sum(place.probability for place in after.places.all()), abs=1e-6)
    assert before.places.count() == after.places.count()


def test_a_checkpoint_without_a_curve_gives_no_probability(catalogue, monkeypatch):
    monkeypatch.setattr(serving.bundled, "calibrations", dict)
    search.answer(query := asking.ask(drawn_photo(10, (300, 225)), method="sir"))
    query.refresh_from_db()
    assert (query.verdict, query.known) == ("", None)
    assert query.places.all()[0].probability is None


# The command


def test_the_command_keeps_a_row_for_each_method_and_prints_what_it_reached(catalogue, capsys, tmp_path):
    call_command("calibrate_confidence", "--methods", "sir", "gem", "--cache", tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["SIR", "CNN-IRwNHA"]
    assert all("calibration error" in line and "8 photos of known places" in line for line in said)
    assert set(Calibration.objects.values_list("method", flat=True)) == {"sir", "cnn_irwnha"}


def test_a_dry_run_keeps_nothing_and_a_report_shows_the_reliability(catalogue, capsys, tmp_path):
    call_command("calibrate_confidence", "--methods", "sir", "--dry-run", "--report", "--cache", tmp_path)
    said = capsys.readouterr().out
    assert "learned from: 8 of its own photos" in said
    assert "probability   answers   mean   right" in said
    assert not Calibration.objects.exists()


def test_an_unknown_method_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="no method 'vlad'"):
        call_command("calibrate_confidence", "--methods", "vlad")
