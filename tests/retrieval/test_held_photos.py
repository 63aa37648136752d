"""Photos kept for measurements on this machine: through no public door can anybody see them."""

import csv
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse

from places import curation, exporting, takedowns
from places.models import LandmarkImage
from retrieval import calibrating, catalogue_folder, index, indexing, methods
from retrieval.models import Descriptor, Hit
from tests.factories import CuratorFactory, LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.evaluation.pictures import Colours
from tests.retrieval.test_views import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(django_capture_on_commit_callbacks) -> LandmarkImage:
    """The only photo of its place: published, described, found by a search, offered as a sample, then held."""
    place = LandmarkFactory(slug="held-place", latitude=16.0, longitude=108.0)
    image = LandmarkImageFactory(landmark=place, is_sample=True, author="Kept Secret")
    curation.publish([image])
    Descriptor.objects.create(image=image, method="delf", version="delf-v1", vector=[1.0, 0.0])
    answered(image, shared=True)
    with django_capture_on_commit_callbacks(execute=True):
        curation.hold([image], actor=CuratorFactory())
    image.refresh_from_db()
    return image


def test_nothing_of_it_lies_where_anyone_may_fetch_it(held):
    assert not held.photo
    assert not held.thumbnail
    for folder in ("photos", "thumbnails"):
        shelf = f"{folder}/{held.sha256[:2]}/{held.sha256[2:4]}"
        assert not default_storage.exists(f"{shelf}/{held.sha256}.jpg")
        assert not default_storage.exists(f"{shelf}/{held.sha256}.webp")


def test_no_search_finds_it_and_past_answers_lose_it(held):
    assert not Hit.objects.filter(image=held).exists()
    assert not Descriptor.objects.filter(image=held).exists()
    for method in indexing.coverage():
        assert not index.missing(method.method).exists()
    assert index.Published({}).labels([held.pk]) == {}


def test_what_a_method_says_of_it_is_not_kept_for_searches(held):
    method = methods.find("delf")
    assert index.put(held, method=method, description=None) is False


@pytest.mark.thorough
@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/places/", 200),
        ("/places/?q=held", 200),
        ("/places/map/", 200),
        ("/places/map/places.json", 200),
        ("/places/held-place/", 200),
        ("/places/near/", 200),
        ("/places/photos/{pk}/", 410),
        ("/places/contributions/{pk}/photo/", 404),
        ("/places/takedown/?photo={pk}", 200),
        ("/similar/{pk}/", 404),
        ("/lookalikes/held-place/", 200),
    ],
)
def test_no_page_shows_it(client, held, language, address, status):
    client.force_login(UserFactory())
    answer = client.get(language + address.format(pk=held.pk))
    assert answer.status_code == status
    told = answer.content.decode()
    assert held.sha256 not in told
    assert "Kept Secret" not in told


def test_the_api_does_not_know_it(client, held):
    assert client.get("/api/v1/images/").json()["results"] == []
    assert client.get(f"/api/v1/images/{held.pk}/").status_code == 404
    assert client.get("/api/v1/landmarks/held-place/").json()["photo_count"] == 0


def test_neither_the_sitemap_nor_a_report_nor_the_samples_name_it(client, held):
    assert held.sha256 not in client.get("/sitemap.xml").content.decode()
    assert takedowns.find(f"/places/photos/{held.pk}/") is None
    assert not LandmarkImage.objects.to_try(4).exists()


def test_the_dataset_goes_out_without_it(held, tmp_path):
    with pytest.raises(exporting.ExportError):
        exporting.export(tmp_path / "out", made_on=date(2026, 11, 24))
    assert list(tmp_path.iterdir()) == []


def test_curators_alone_can_look_at_it(client, held):
    address = reverse("admin:places_landmarkimage_preview", args=[held.pk])
    client.force_login(UserFactory())
    assert client.get(address).status_code == 302
    client.force_login(CuratorFactory())
    assert client.get(address)["Content-Type"] == "image/webp"


# On this machine


def nothing(_what: str, _done: int, _of: int) -> None:
    pass


def test_it_is_measured_with_only_where_that_is_asked_for(held):
    shown = LandmarkImageFactory(published=True)
    assert catalogue_folder.measurable() == [shown]
    assert catalogue_folder.measurable(held=True) == [held, shown]


def test_what_asks_is_no_copy_of_what_the_catalogue_shows(held):
    copy = LandmarkImageFactory(near_duplicate_of=LandmarkImageFactory(published=True))
    head = LandmarkImageFactory()
    LandmarkImageFactory(published=True, near_duplicate_of=head)
    curation.hold([copy, head])
    assert catalogue_folder.held_to_ask_with() == [held]


def test_the_folder_holds_the_originals_by_landmark_and_loses_those_that_are_gone(held, tmp_path):
    shown = LandmarkImageFactory(published=True)
    for images in ([held, shown], [shown]):
        catalogue_folder.lay_out(images, tmp_path / "kept", progress=nothing)
        with open(tmp_path / "kept" / "images.csv", newline="") as file:
            paths = [row["path"] for row in csv.DictReader(file)]
        assert paths == [f"{image.landmark.slug}/{image.sha256}.jpg" for image in images]
        assert len(list((tmp_path / "kept").glob("*/*.jpg"))) == len(images)


@pytest.mark.parametrize(("options", "images"), [({}, 4), ({"held": True}, 6)])
def test_methods_are_measured_on_the_catalogue_with_held_photos_or_without(
    monkeypatch, capsys, tmp_path, options, images
):
    monkeypatch.setattr(methods, "available", lambda: {"colours": Colours})
    monkeypatch.setattr(methods, "load", lambda name, *, checkpoint: Colours())
    for place in LandmarkFactory.create_batch(2):
        LandmarkImageFactory.create_batch(2, landmark=place, published=True)
        curation.hold([LandmarkImageFactory(landmark=place)])
    call_command("evaluate_methods", "catalogue", cache=tmp_path, no_save=True, **options)
    assert f": {images} images, {images} queries" in capsys.readouterr().out


def test_held_photos_are_asked_for_with_the_catalogue_alone(tmp_path):
    with pytest.raises(CommandError, match="--held is for the catalogue only"):
        call_command("evaluate_methods", "folder", str(tmp_path), held=True)
    with pytest.raises(CommandError, match="leave out --folder"):
        call_command("calibrate_confidence", folder=tmp_path, held=True)


def test_a_calibration_asks_with_held_photos_where_told_to(held, monkeypatch, tmp_path):
    asked = []

    def calibrate(_approach, *, queries, **_options):
        asked.extend(path.name for path in queries.glob("*/*.jpg"))
        raise calibrating.CannotCalibrate("enough")

    monkeypatch.setattr(calibrating, "calibrate", calibrate)
    with pytest.raises(CommandError, match="enough"):
        call_command("calibrate_confidence", held=True, methods=["sir"], cache=tmp_path)
    assert asked == [f"{held.sha256}.jpg"]
