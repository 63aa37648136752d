import stat
import zipfile
from pathlib import Path

import pytest

from places import importers
from places.importers import zip as archives
from places.models import LandmarkImage
from tests.factories import drawn_photo

pytestmark = pytest.mark.django_db

PHOTOS = {"chua_cau/1.jpg": drawn_photo(1, (160, 120)), "ho_tay/1.jpg": drawn_photo(2, (160, 120))}


def packed(path: Path, files: dict) -> Path:
    with zipfile.ZipFile(path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path / "photos.zip"


def run(path: Path) -> importers.Report:
    return importers.run(archives.read(path))


@pytest.mark.parametrize("above", ["", "my photos/"])
def test_an_archive_is_read_like_a_folder_as_it_is_or_inside_one_more(tmp_path, above):
    files = {above + name: data for name, data in PHOTOS.items()}
    files[f"{above}images.csv"] = "path,author\nchua_cau/1.jpg,An\n"
    files[f"__MACOSX/{above}chua_cau/._1.jpg"] = b"junk"
    report = run(packed(tmp_path, files))
    assert (report.added, report.failed) == (["chua_cau/1.jpg", "ho_tay/1.jpg"], [])
    assert LandmarkImage.objects.get(landmark__slug="chua-cau").author == "An"


def test_names_that_climb_out_and_links_are_reported_and_the_rest_goes_on(tmp_path):
    link = zipfile.ZipInfo("chua_cau/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    bad = ["../../etc/passwd.jpg", "/etc/passwd.jpg", "chua_cau/../../x.jpg", "..\\x.jpg", "C:\\x.jpg"]
    report = run(packed(tmp_path, PHOTOS | dict.fromkeys(bad, b"x") | {link: b"/etc/passwd"}))
    assert len(report.added) == 2
    assert len(report.failed) == len(bad) + 1


def test_a_bomb_is_read_no_further_than_it_tells(tmp_path, settings):
    settings.PHOTO_MAX_BYTES = 100_000
    report = run(packed(tmp_path, PHOTOS | {"chua_cau/bomb.jpg": b"\xff\xd8\xff" + bytes(50_000_000)}))
    assert len(report.added) == 2
    assert [failure.name for failure in report.failed] == ["chua_cau/bomb.jpg"]


def test_a_damaged_entry_does_not_stop_the_rest(tmp_path):
    path = packed(tmp_path, PHOTOS)
    data = bytearray(path.read_bytes())
    data[200:230] = bytes(30)  # inside the first photo
    path.write_bytes(data)
    report = run(path)
    assert (report.added, [failure.name for failure in report.failed]) == (
        ["ho_tay/1.jpg"],
        ["chua_cau/1.jpg"],
    )


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"hello")
    with pytest.raises(ValueError, match="zip"):
        archives.read(tmp_path / "photos.zip")
