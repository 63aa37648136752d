import csv
import hashlib
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from places import curation, exporting, importers, ingest, storage
from places.importers import folder
from places.importers import zip as archives
from places.models import FormerProvince, Landmark, LandmarkImage, Province
from tests.factories import LandmarkFactory, ProvinceFactory, drawn_photo

pytestmark = pytest.mark.django_db

THANKS = {
    "author": "An",
    "licence": "CC BY 4.0",
    "licence_url": "https://cc.example/by",
    "source_url": "https://a.example/1",
}
DAY = date(2026, 11, 24)


def with_position(data: bytes) -> bytes:
    """The same JPEG, saying in EXIF that it was taken at 16 degrees north, 108 degrees east."""
    import io

    from PIL import ExifTags, Image

    picture = Image.open(io.BytesIO(data))
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (16.0, 0.0, 0.0), 3: "E", 4: (108.0, 0.0, 0.0)})
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.fixture
def dataset():
    """Two landmarks that overlap, three published photos of which two are copies, and others that may not go out."""
    province = ProvinceFactory(name_vi="Đà Nẵng")
    bridge = LandmarkFactory(
        slug="chua-cau", name_vi="Chùa Cầu", name_en="Japanese Bridge", other_names=["Cầu Nhật Bản", "Lai Viễn Kiều"],
        province=province, category="bridge", kind="building", latitude=15.877, longitude=108.326,
        description_vi='Cầu "cổ",\nmột dòng nữa.', description_en="Old.", unesco="world_heritage", unesco_year=1999,
        wikidata_id="Q2",
    )  # fmt: skip
    town = LandmarkFactory(slug="hoi-an", name_vi="Phố cổ Hội An", name_en="Hội An", kind="scene")
    bridge.overlaps_with.add(town)
    first = ingest.add(drawn_photo(1, (160, 120)), landmark=bridge, **THANKS)
    copy = ingest.add(drawn_photo(1, (120, 90)), landmark=bridge, near_duplicate_of=first, **THANKS)
    told = ingest.add(with_position(drawn_photo(2, (160, 120))), landmark=town, **THANKS)
    curation.publish([first, copy, told])
    ingest.add(drawn_photo(3, (160, 120)), landmark=town, **THANKS)  # nobody has published it
    for_us = ingest.add(drawn_photo(4, (160, 120)), landmark=town, **THANKS | {"licence": "permission given"})
    curation.publish([for_us])
    curation.hold([ingest.add(drawn_photo(5, (160, 120)), landmark=town, **THANKS)])
    return first, copy, told


def landmarks() -> list[dict]:
    names = [
        name for name in exporting.LANDMARK_COLUMNS if name not in ("landmark", "overlaps_with", "split")
    ]
    same = [name for name in names if "province" not in name]
    return [
        {name: getattr(each, name) for name in same}
        | {"province": str(each.province or ""), "beside": [other.slug for other in each.overlaps_with.all()]}
        for each in Landmark.objects.order_by("slug")
    ]


def photos() -> list[tuple]:
    images = LandmarkImage.objects.published().order_by("landmark__slug", "width")
    names = (
        "landmark__slug",
        "width",
        "height",
        "author",
        "licence",
        "licence_url",
        "source_url",
        "perceptual_hash",
    )
    return list(images.values_list(*names))


@pytest.mark.parametrize(("name", "reader"), [("out", folder), ("out.zip", archives)])
def test_what_goes_out_comes_back_the_same(dataset, tmp_path, settings, name, reader):
    before = landmarks()
    LandmarkImage.objects.exclude(pk__in=[image.pk for image in dataset]).delete()
    photos_before = photos()
    tally = exporting.export(tmp_path / name, made_on=DAY)
    assert (tally.photos, tally.landmarks) == (3, 2)
    LandmarkImage.objects.update(near_duplicate_of=None)
    LandmarkImage.objects.all().delete()
    Landmark.objects.all().delete()
    report = importers.run(reader.read(tmp_path / name))
    assert (len(report.added), report.failed) == (3, [])
    assert (landmarks(), photos()) == (before, photos_before)
    assert LandmarkImage.objects.exclude(near_duplicate_of=None).count() == 1


def test_only_published_photos_that_anyone_may_use_go_out(dataset, tmp_path):
    assert LandmarkImage.objects.published().count() == 4
    exporting.export(tmp_path / "out", made_on=DAY)
    assert len(list((tmp_path / "out").glob("*/*"))) == 3


def test_each_photo_goes_out_with_the_sentence_that_thanks_for_it(dataset, tmp_path):
    exporting.export(tmp_path / "out", made_on=DAY)
    with open(tmp_path / "out" / "images.csv", newline="") as file:
        thanks = {(row["credit_vi"], row["credit_en"]) for row in csv.DictReader(file)}
    assert thanks == {("Ảnh: An, CC BY 4.0, qua a.example", "Photo: An, CC BY 4.0, via a.example")}


def test_where_a_photo_was_taken_does_not_go_out(dataset, tmp_path):
    assert b"Exif" in storage.original_bytes(dataset[2])
    exporting.export(tmp_path / "out", made_on=DAY)
    [file] = (tmp_path / "out" / "hoi-an").iterdir()
    assert b"Exif" not in file.read_bytes()


def test_a_photo_that_tells_nothing_goes_out_as_it_came(dataset, tmp_path):
    exporting.export(tmp_path / "out", made_on=DAY)
    written = {file.read_bytes() for file in (tmp_path / "out" / "chua-cau").iterdir()}
    assert storage.original_bytes(dataset[0]) in written


def test_the_description_names_each_table_with_its_content_and_columns(dataset, tmp_path):
    exporting.export(tmp_path / "out.zip", made_on=DAY)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        said = json.loads(archive.read("croissant.json"))
        tables = {name: archive.read(name) for name in ("images.csv", "landmarks.csv")}
    files = {each["name"]: each["sha256"] for each in said["distribution"] if "sha256" in each}
    assert files == {name: hashlib.sha256(data).hexdigest() for name, data in tables.items()}
    assert said["license"] == ["https://cc.example/by"]
    for records in said["recordSet"]:
        [header] = tables[f"{records['name']}.csv"].decode().splitlines()[:1]
        assert [field["name"] for field in records["field"]] == header.split(",")


def test_splits_stand_in_the_table_of_landmarks(dataset, tmp_path):
    exporting.export(tmp_path / "out", split_of=lambda each: {"chua-cau": "test"}, made_on=DAY)
    with open(tmp_path / "out" / "landmarks.csv", newline="") as file:
        assert {row["landmark"]: row["split"] for row in csv.DictReader(file)} == {
            "chua-cau": "test",
            "hoi-an": "",
        }


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_interrupted_export_leaves_nothing(dataset, tmp_path, name):
    def cut(images):
        yield next(iter(images))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exporting.export(tmp_path / name, made_on=DAY, progress=cut)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(dataset, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(exporting.ExportError, match="out"):
        exporting.export(tmp_path / "out", made_on=DAY)


def test_a_photo_whose_original_is_gone_is_named_and_the_rest_goes_out(dataset, tmp_path):
    dataset[0].original.storage.delete(dataset[0].original.name)
    tally = exporting.export(tmp_path / "out", made_on=DAY)
    assert (tally.photos, tally.unreadable) == (2, (str(dataset[0]),))


def test_nothing_to_write_is_said(tmp_path):
    with pytest.raises(exporting.ExportError):
        exporting.export(Path(tmp_path / "out"), made_on=DAY)
    assert FormerProvince.objects.count() == Province.objects.count() == 0
