import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from places import importers, storage
from places.importers import folder
from places.models import CurationEvent, LandmarkImage
from tests.factories import THANKS, LandmarkFactory, LandmarkImageFactory, drawn_photo

TOLD = importers.Attribution(**THANKS)


def lay(path: Path, count: int) -> Path:
    for number in range(count):
        file = path / f"place-{number % 3}" / f"{number:03}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(drawn_photo(number, (120, 90)))
    return path


def fates(report: Path) -> dict[str, dict[str, str]]:
    with open(report, newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@pytest.mark.django_db
def test_many_copies_of_one_photo_are_refused_one_by_one_without_a_query_each(
    tmp_path, django_assert_max_num_queries
):
    data = drawn_photo(1, (120, 90))
    records = tuple(importers.Record(f"{number}.jpg", lambda: data, "") for number in range(1000))
    with django_assert_max_num_queries(150):
        report = importers.run(importers.Dataset(records), defaults=TOLD)
    assert (report.added, len(report.skipped), report.failed) == (["0.jpg"], 999, [])
    assert LandmarkImage.objects.count() == 1


@pytest.mark.django_db
def test_copies_of_a_broken_file_are_refused_each(monkeypatch):
    records = tuple(importers.Record(f"{number}.jpg", lambda: b"nonsense", "") for number in range(10))
    assert len(importers.run(importers.Dataset(records)).failed) == 10


@pytest.mark.django_db
def test_no_more_is_read_ahead_than_fits_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(importers, "MOST_BYTES", 20_000)
    sizes = []
    add_all = importers.ingest.add_all

    def look(drafts):
        sizes.append(sum(len(draft.data) for draft in drafts[:-1]))
        return add_all(drafts)

    monkeypatch.setattr(importers.ingest, "add_all", look)
    assert len(importers.run(folder.read(lay(tmp_path, 12)), defaults=TOLD).added) == 12
    assert len(sizes) > 1
    assert max(sizes) < 20_000


@pytest.mark.django_db
def test_the_report_tells_the_fate_of_every_file(tmp_path):
    photos, report = lay(tmp_path / "photos", 2), tmp_path / "report.csv"
    there = LandmarkImageFactory(
        data=drawn_photo(7, (120, 90)), landmark=LandmarkFactory(slug="place-0"), state="held"
    )
    (photos / "place-0" / "there.jpg").write_bytes(drawn_photo(7, (120, 90)))
    (photos / "place-1" / "again.jpg").write_bytes(drawn_photo(0, (120, 90)))
    (photos / "place-1" / "near.jpg").write_bytes(drawn_photo(1, (120, 90), quality=50))
    (photos / "place-1" / "broken.jpg").write_bytes(b"nonsense")
    call_command("import_images", "folder", photos, "--author", "An", "--report", report)
    told = fates(report)
    assert {name: row["became"] for name, row in told.items()} == {
        "place-0/000.jpg": "added",
        "place-0/there.jpg": "present",
        "place-1/001.jpg": "added",
        "place-1/again.jpg": "skipped",
        "place-1/broken.jpg": "failed",
        "place-1/near.jpg": "added",
    }
    assert told["place-0/there.jpg"]["photo"] == str(there.pk)
    assert told["place-1/near.jpg"]["near_duplicate_of"] == told["place-1/001.jpg"]["photo"]
    assert "licence" not in told["place-1/broken.jpg"]["reason"]
    assert all(row["reason"] for name, row in told.items() if row["became"] in ("skipped", "failed"))
    assert all(row["reason"] for row in told.values() if row["became"] == "added")  # they wait for a licence


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_an_import_killed_half_way_is_gone_on_with_without_a_duplicate_or_a_gap(tmp_path):
    photos, report = lay(tmp_path / "photos", 150), tmp_path / "report.csv"
    command = [sys.executable, "manage.py", "import_images", "folder", photos, "--report", report]
    command += ["--author", "An", "--licence", "CC0 1.0", "--source-url", "https://example.org/"]
    how = {
        "env": os.environ | {"TEST_DATABASE": connection.settings_dict["NAME"]},
        "cwd": Path(__file__).parents[2],
    }
    run = subprocess.Popen(command, **how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not LandmarkImage.objects.exists():
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert 0 < LandmarkImage.objects.count() < 150
    subprocess.run(command, **how, check=True, capture_output=True)
    images = LandmarkImage.objects.published()
    assert images.count() == images.values("sha256").distinct().count() == 150
    assert CurationEvent.objects.count() == 150
    assert {storage.original_bytes(image) for image in images} == {
        path.read_bytes() for path in photos.rglob("*.jpg")
    }
    assert len(fates(report)) == 150
