import csv
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from places import importers
from places.importers import folder
from places.models import CurationEvent, Landmark, LandmarkImage
from tests.factories import (
    THANKS,
    FormerProvinceFactory,
    LandmarkFactory,
    ProvinceFactory,
    drawn_photo,
)

pytestmark = pytest.mark.django_db
UNKNOWN, TOLD = importers.Attribution(), importers.Attribution(**THANKS)


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_table(path: Path, *rows: dict) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def run(path: Path, *, defaults=TOLD, **options) -> importers.Report:
    return importers.run(folder.read(path), defaults=defaults, **options)


@pytest.fixture
def dataset(tmp_path) -> Path:
    """Two landmarks with two photos each."""
    for number, name in enumerate(("chua_cau/1.jpg", "chua_cau/2.jpg", "ho_tay/1.jpg", "ho_tay/2.png")):
        put(tmp_path / name, drawn_photo(number, (160, 120), "PNG" if name.endswith("png") else "JPEG"))
    return tmp_path


def test_each_folder_is_a_landmark_and_its_photos_are_published(dataset):
    report = run(dataset)
    assert report.added == ["chua_cau/1.jpg", "chua_cau/2.jpg", "ho_tay/1.jpg", "ho_tay/2.png"]
    assert report.landmarks == ["chua-cau", "ho-tay"]
    assert (report.skipped, report.failed, report.waiting) == ([], [], [])
    assert LandmarkImage.objects.published().filter(landmark__slug="chua-cau").count() == 2
    assert Landmark.objects.get(slug="chua-cau").name_vi == "Chua Cau"
    assert CurationEvent.objects.count() == 4


def test_a_second_run_skips_what_is_there(dataset):
    run(dataset)
    report = run(dataset)
    assert (report.added, len(report.present), report.skipped, report.failed) == ([], 4, [], [])
    assert LandmarkImage.objects.count() == CurationEvent.objects.count() == 4


def test_a_run_cut_short_is_gone_on_with(dataset):
    def cut(records):
        yield from list(records)[:1]

    run(dataset, progress=cut)
    assert len(run(dataset).added) == 3


def test_a_photo_that_was_added_but_not_yet_published_is_published_by_the_next_run(dataset):
    run(dataset, defaults=UNKNOWN)
    assert not LandmarkImage.objects.published().exists()
    LandmarkImage.objects.update(**THANKS)
    assert run(dataset).added == []
    assert LandmarkImage.objects.published().count() == 4


def test_a_rejected_photo_is_not_brought_back(dataset):
    run(dataset)
    LandmarkImage.objects.update(state="rejected", photo="", thumbnail="")
    run(dataset)
    assert not LandmarkImage.objects.published().exists()


def test_broken_files_are_reported_with_their_reason_and_stop_nothing(dataset):
    put(dataset / "chua_cau" / "notes.txt", b"hello")
    put(dataset / "chua_cau" / "0.jpg", drawn_photo(9)[:5000])
    put(dataset / "chua_cau" / "empty.jpg", b"")
    put(dataset / "chua_cau" / "page.jpg", b"<!DOCTYPE html><title>404</title><script>alert(1)</script>")
    put(dataset / "chua_cau" / ".DS_Store", b"hidden")
    (dataset / "chua_cau" / "lost.jpg").symlink_to(dataset / "nowhere.jpg")
    report = run(dataset)
    assert len(report.added) == 4
    assert [failure.name for failure in report.failed] == [
        "chua_cau/0.jpg",
        "chua_cau/empty.jpg",
        "chua_cau/notes.txt",
        "chua_cau/page.jpg",
    ]
    assert all(failure.reason for failure in report.failed)


def test_a_file_that_cannot_be_read_stops_nothing(dataset, monkeypatch):
    records = folder.read(dataset).records

    def fail():
        raise OSError("bad sector")

    broken = importers.Record("broken.jpg", fail, "chua-cau")
    report = importers.run(importers.Dataset((broken, *records), folder.read(dataset).landmarks))
    assert report.failed == [importers.Failure("broken.jpg", "bad sector")]
    assert len(report.added) == 4


def test_no_more_is_read_of_a_large_file_than_tells_that_it_is_too_large(dataset, settings):
    settings.PHOTO_MAX_BYTES = 10
    record = folder.read(dataset).records[0]
    assert len(record.read()) == 11


def test_the_same_file_in_two_folders_is_added_once(dataset):
    put(dataset / "ho_tay" / "again.jpg", drawn_photo(0, (160, 120)))
    report = run(dataset)
    assert [failure.name for failure in report.skipped] == ["ho_tay/again.jpg"]
    assert len(run(dataset, dry_run=True).skipped) == 1


def test_a_dry_run_reports_and_writes_nothing(dataset):
    put(dataset / "chua_cau" / "notes.txt", b"hello")
    put(dataset / "ho_tay" / "again.jpg", drawn_photo(0, (160, 120)))
    report = run(dataset, dry_run=True)
    assert (len(report.added), len(report.skipped), len(report.failed)) == (4, 1, 1)
    assert report.landmarks == ["chua-cau", "ho-tay"]
    assert not Landmark.objects.exists()
    assert not LandmarkImage.objects.exists()


def test_a_dry_run_leaves_waiting_photos_waiting(dataset):
    run(dataset, defaults=UNKNOWN)
    LandmarkImage.objects.update(**THANKS)
    run(dataset, dry_run=True)
    assert not LandmarkImage.objects.published().exists()


def test_photos_without_attribution_wait_and_the_report_says_so(dataset):
    write_table(
        dataset / "images.csv",
        {"path": "chua_cau/1.jpg", "author": "An", "licence": "CC0", "source_url": "https://example.org"},
    )
    report = run(dataset, defaults=UNKNOWN)
    assert (len(report.added), len(report.waiting)) == (4, 3)
    assert LandmarkImage.objects.published().get().author == "An"


def test_photos_under_a_licence_that_is_not_free_wait_and_the_report_says_so(dataset):
    write_table(
        dataset / "images.csv",
        {"path": "chua_cau/1.jpg", "licence": "CC BY-NC 2.0"},
        {"path": "chua_cau/2.jpg", "licence": "ask me"},
    )
    with translation.override("en"):
        report = run(dataset)
    assert [failure.name for failure in report.waiting] == ["chua_cau/1.jpg", "chua_cau/2.jpg"]
    assert report.waiting[0].reason == "Its licence is not free: CC BY-NC 2.0."
    assert "“ask me” is no licence that we know" in report.waiting[1].reason
    assert LandmarkImage.objects.published().count() == 2


def test_what_is_held_is_published_neither_at_once_nor_by_a_later_run(dataset):
    report = run(dataset, hold=True)
    assert (len(report.added), report.waiting) == (4, [])
    assert LandmarkImage.objects.held().count() == 4
    assert CurationEvent.objects.filter(verb="hold").count() == 4
    assert len(run(dataset).present) == 4
    assert not LandmarkImage.objects.published().exists()


def test_the_defaults_stand_in_for_what_a_photo_does_not_tell(dataset):
    write_table(dataset / "images.csv", {"path": "chua_cau/1.jpg", "author": "An", "licence": ""})
    run(dataset, defaults=importers.Attribution(author="All", licence="CC0"))
    assert LandmarkImage.objects.filter(author="An", licence="CC0 1.0").count() == 1
    assert LandmarkImage.objects.filter(author="All", licence="CC0 1.0").count() == 3


def test_an_attribution_that_cannot_be_kept_is_a_failure_of_that_photo(dataset):
    write_table(dataset / "images.csv", {"path": "chua_cau/1.jpg", "source_url": "javascript:alert(1)"})
    report = run(dataset)
    assert [failure.name for failure in report.failed] == ["chua_cau/1.jpg"]
    assert len(report.added) == 3


def test_photos_of_one_group_share_a_head_and_others_do_not(dataset):
    rows = [
        {"path": "chua_cau/1.jpg", "near_duplicate_group": "7"},
        {"path": "chua_cau/2.jpg", "near_duplicate_group": "8"},
        {"path": "ho_tay/1.jpg", "near_duplicate_group": "7"},
    ]
    write_table(dataset / "images.csv", *rows)
    run(dataset)
    first, second, third, _fourth = LandmarkImage.objects.order_by("pk")
    assert third.near_duplicate_of == first
    assert LandmarkImage.objects.filter(near_duplicate_of=None).count() == 3


def test_a_group_keeps_its_head_over_runs(dataset):
    write_table(
        dataset / "images.csv",
        *({"path": f"{name}/1.jpg", "near_duplicate_group": "7"} for name in ("chua_cau", "ho_tay")),
    )
    os.rename(dataset / "ho_tay", dataset.parent / "later")
    run(dataset)
    os.rename(dataset.parent / "later", dataset / "ho_tay")
    run(dataset)
    assert LandmarkImage.objects.get(near_duplicate_of__isnull=False).near_duplicate_of.pk == (
        LandmarkImage.objects.earliest("pk").pk
    )


def test_landmarks_csv_tells_names_places_and_overlaps(dataset):
    province, former = (
        ProvinceFactory(name_vi="Thành phố Hồ Chí Minh"),
        FormerProvinceFactory(name_vi="Quảng Nam"),
    )
    write_table(
        dataset / "landmarks.csv",
        {
            "landmark": "chua_cau", "name_vi": "Chùa Cầu", "name_en": "Covered Bridge",
            "province": "TP. Hồ Chí Minh", "province_before_2025_07": "Quảng Nam", "latitude": "15.877",
            "longitude": "108.326", "kind": "building", "overlaps_with": "ho_tay nowhere",
        },
    )  # fmt: skip
    run(dataset)
    landmark = Landmark.objects.get(slug="chua-cau")
    assert (landmark.name_vi, landmark.name_en, landmark.kind) == ("Chùa Cầu", "Covered Bridge", "building")
    assert (landmark.province, landmark.former_province) == (province, former)
    assert (landmark.latitude, landmark.longitude) == (15.877, 108.326)
    assert landmark.overlaps_with.get().slug == "ho-tay"


def test_a_landmark_of_the_catalogue_is_never_overwritten(dataset):
    LandmarkFactory(slug="chua-cau", name_en="As it was")
    write_table(dataset / "landmarks.csv", {"landmark": "chua_cau", "name_vi": "New", "name_en": "New"})
    report = run(dataset)
    assert report.landmarks == ["ho-tay"]
    assert Landmark.objects.get(slug="chua-cau").name_en == "As it was"


@pytest.mark.parametrize(
    "told", [{"latitude": "north", "longitude": "1"}, {"province": "Atlantis"}], ids=["position", "province"]
)
def test_senseless_facts_of_a_landmark_are_reported_and_left_out(dataset, told):
    write_table(dataset / "landmarks.csv", {"landmark": "chua_cau", "name_vi": "Chùa Cầu"} | told)
    report = run(dataset)
    assert len(report.added) == 4
    assert len(report.failed) == 1
    assert Landmark.objects.get(slug="chua-cau").name_vi == "Chùa Cầu"


def test_a_landmark_that_cannot_be_made_fails_with_its_photos_and_no_others(dataset):
    write_table(dataset / "landmarks.csv", {"landmark": "chua_cau", "kind": "volcano"})
    report = run(dataset)
    assert [failure.name for failure in report.failed] == ["chua-cau", "chua_cau/1.jpg", "chua_cau/2.jpg"]
    assert len(report.added) == 2


@pytest.mark.parametrize("name", ["images.csv", "landmarks.csv"])
@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"colour\nred\n"])
def test_a_table_that_cannot_be_read_is_reported_and_passed_over(dataset, name, text):
    put(dataset / name, text)
    report = run(dataset)
    assert [failure.name for failure in report.failed] == [name]
    assert len(report.added) == 4


def test_a_photo_that_is_told_but_missing_is_reported(dataset):
    write_table(dataset / "images.csv", {"path": "chua_cau/99.jpg"})
    assert [failure.name for failure in run(dataset).failed] == ["chua_cau/99.jpg"]


def test_a_folder_named_in_vietnamese_becomes_a_landmark(tmp_path):
    put(tmp_path / "Đền Ngọc Sơn" / "1.jpg", drawn_photo(1, (160, 120)))
    run(tmp_path)
    assert Landmark.objects.get().slug == "den-ngoc-son"
    assert Landmark.objects.get().name_vi == "Đền Ngọc Sơn"


def test_the_formats_are_the_files_of_the_folder():
    assert importers.formats()["folder"] is folder
    assert list(importers.formats()) == ["commons", "folder", "founding", "google_landmarks", "table", "zip"]


def test_all_photos_can_be_said_to_show_one_landmark(dataset, capsys):
    LandmarkFactory(slug="chua-mot-cot")
    call_command("import_images", "folder", str(dataset), landmark="chua-mot-cot")
    assert "4 photos added" in capsys.readouterr().out
    assert LandmarkImage.objects.filter(landmark__slug="chua-mot-cot").count() == 4
    assert Landmark.objects.count() == 1


def test_a_table_too_large_to_be_one_is_reported_not_cut_off(dataset, settings):
    settings.PHOTO_MAX_BYTES = 6_000
    (dataset / "images.csv").write_bytes(b"path,author\n" + b"x" * 10_000)
    assert [failure.name for failure in run(dataset).failed][:1] == ["images.csv"]


def test_the_command_adds_photos_and_reports(dataset, capsys):
    put(dataset / "chua_cau" / "notes.txt", b"hello")
    call_command("import_images", "folder", str(dataset), author="An")
    out = capsys.readouterr().out
    assert "4 photos added, 0 skipped" in out
    assert "1 failed" in out
    assert "Failed: chua_cau/notes.txt: " in out
    assert LandmarkImage.objects.filter(author="An").count() == 4


def test_the_command_holds_photos_on_this_machine(dataset):
    call_command("import_images", "folder", str(dataset), hold=True)
    assert LandmarkImage.objects.held().count() == 4


def test_the_command_says_that_a_dry_run_changed_nothing(dataset, capsys):
    call_command("import_images", "folder", str(dataset), dry_run=True)
    assert "Nothing was changed" in capsys.readouterr().out
    assert not LandmarkImage.objects.exists()


def test_the_command_refuses_a_folder_that_is_not_there_or_empty(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(CommandError):
            call_command("import_images", "folder", str(path))
