"""The rendered set is what it says it is, and the methods find their way in it."""

import csv
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from places.demo import loading
from places.management.commands import render_demo
from places.models import LandmarkImage
from retrieval.evaluation import benchmark, datasets
from retrieval.management import naming
from tests.factories import LandmarkFactory

pytestmark = pytest.mark.thorough

PLACES = 16
VIEWS = 10
MOST_BYTES = 25_000_000
LONG_SIDE = 1024
DEMO = loading.PICTURES.parent
CATALOGUE = DEMO.parent / "data" / "landmarks.csv"

folders = sorted(path for path in loading.PICTURES.iterdir() if path.is_dir())


def pictures() -> list[Path]:
    return sorted(loading.PICTURES.glob("*/*"))


def test_there_are_ten_views_of_sixteen_landmarks_of_the_catalogue_and_more():
    with CATALOGUE.open(encoding="utf-8") as file:
        known = {row["slug"] for row in csv.DictReader(file)}
    assert len(folders) >= PLACES
    assert {folder.name for folder in folders} <= known
    for folder in folders:
        assert sorted(path.name for path in folder.iterdir()) == [
            f"{number:02}.jpg" for number in range(1, VIEWS + 1)
        ]


def test_each_landmark_has_its_scene_and_each_scene_its_pictures():
    scenes = {path.stem.replace("_", "-") for path in (DEMO / "scenes").glob("[a-z]*.py")}
    assert scenes == {folder.name for folder in folders}


def test_the_set_is_light_and_each_picture_a_jpeg_of_1024_pixels_that_tells_nothing_else():
    assert sum(path.stat().st_size for path in pictures()) <= MOST_BYTES
    for path in pictures():
        with Image.open(path) as picture:
            assert (picture.format, max(picture.size)) == ("JPEG", LONG_SIDE), path
            assert not picture.getexif(), path


def test_the_samples_are_four_of_them():
    assert len(set(loading.SAMPLES)) == 4
    assert set(loading.SAMPLES) <= {folder.name for folder in folders}


@pytest.mark.django_db
def test_the_whole_set_is_published_and_no_picture_is_there_twice():
    for folder in folders:
        LandmarkFactory(slug=folder.name)
    report = loading.load(site="https://example.org/")
    assert (report.failed, report.waiting) == ([], [])
    assert LandmarkImage.objects.published().filter(is_rendered=True).count() == len(pictures())
    assert not LandmarkImage.objects.exclude(near_duplicate_of=None).exists()


def test_without_the_renderer_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setattr(render_demo, "rendering", None)
    with pytest.raises(CommandError, match=re.escape("pip install -r requirements-demo.txt")):
        call_command("render_demo", "chua-mot-cot")


@pytest.mark.weights
def test_cnn_irwnha_names_19_of_20_places_from_the_other_pictures():
    one = naming.approach("cnn_irwnha").load()
    figures = benchmark.run(datasets.from_folder(loading.PICTURES), one)
    assert figures.places[0].value >= 0.95
