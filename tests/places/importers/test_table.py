import json

import pytest

from places import importers, public_web
from places.importers import table
from places.models import Landmark, LandmarkImage
from tests.factories import LandmarkFactory, drawn_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.jpg").write_bytes(drawn_photo(number, (160, 120)))
    return tmp_path


def test_photos_are_named_by_their_paths(photos):
    LandmarkFactory(slug="chua-cau")
    (photos / "photos.csv").write_text("photo;landmark;author\n1.jpg;chua-cau;An\n2.jpg;Đền Ngọc Sơn;Bình\n")
    report = importers.run(table.read(photos / "photos.csv"))
    assert (report.added, report.failed) == (["1.jpg", "2.jpg"], [])
    assert Landmark.objects.get(slug="den-ngoc-son").name_vi == "Đền Ngọc Sơn"
    assert list(LandmarkImage.objects.values_list("author", flat=True).order_by("author")) == ["An", "Bình"]


def test_photos_are_named_by_their_addresses_which_are_their_source(photos, monkeypatch):
    fetched = []

    def fetch(address, *, max_bytes, accept):
        fetched.append(address)
        return public_web.Fetched(drawn_photo(3, (160, 120)), "image/jpeg")

    monkeypatch.setattr(public_web, "fetch", fetch)
    rows = [{"photo": "https://a.example/1.jpg", "landmark": "chua-cau"}]
    (photos / "photos.json").write_text(json.dumps(rows))
    importers.run(table.read(photos / "photos.json"))
    assert LandmarkImage.objects.get().source_url == "https://a.example/1.jpg"
    assert fetched == ["https://a.example/1.jpg"]


@pytest.mark.parametrize(
    "photo",
    ["../secret.jpg", "/etc/passwd", "none.jpg", "http://127.0.0.1:1/x.jpg", "http://169.254.169.254/"],
)
def test_what_lies_outside_or_inside_a_network_is_reported_and_the_rest_goes_on(photos, photo):
    (photos.parent / "secret.jpg").write_bytes(drawn_photo(9, (160, 120)))
    (photos / "photos.csv").write_text(f"photo,landmark\n{photo},chua-cau\n1.jpg,chua-cau\n,\n")
    report = importers.run(table.read(photos / "photos.csv"))
    assert report.added == ["1.jpg"]
    assert [failure.name for failure in report.failed][1:] == [photo]
