import io
import zipfile

import pytest

from places import importers
from places.importers import founding
from places.models import Landmark
from tests.factories import LandmarkFactory, drawn_photo

pytestmark = pytest.mark.django_db


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
        )
    return file.getvalue()


@pytest.fixture
def dataset(tmp_path):
    for name in ("Chùa Cầu", "Hồ Tây"):
        (tmp_path / name / "photos").mkdir(parents=True)
        (tmp_path / name / "photos" / "1.jpg").write_bytes(drawn_photo(len(name), (160, 120)))
    return tmp_path


def run(path) -> importers.Report:
    return importers.run(founding.read(path))


def test_photos_and_the_first_document_of_a_place_are_taken(dataset):
    (dataset / "Chùa Cầu" / "a.docx").write_bytes(docx("Cây cầu cổ.", "", "Ở Hội An."))
    (dataset / "Chùa Cầu" / "b.txt").write_text("Thứ hai.")
    (dataset / "Hồ Tây" / "hồ.txt").write_bytes("Hồ lớn nhất Hà Nội.\r\n".encode("utf-8-sig"))
    report = run(dataset)
    assert (len(report.added), report.failed) == (2, [])
    assert Landmark.objects.get(slug="chua-cau").description_vi == "Cây cầu cổ.\n\nỞ Hội An."
    assert Landmark.objects.get(slug="ho-tay").description_vi == "Hồ lớn nhất Hà Nội."


def test_the_text_of_a_landmark_that_is_there_stays(dataset):
    LandmarkFactory(slug="chua-cau", description_vi="Đã có.")
    (dataset / "Chùa Cầu" / "a.txt").write_text("Mới.")
    run(dataset)
    assert Landmark.objects.get(slug="chua-cau").description_vi == "Đã có."


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", b"hello"), ("a.doc", b"\xd0\xcf"), ("a.pdf", b"%PDF"), ("a.docx", docx("x")[:-30])],
)
def test_a_document_that_cannot_be_read_is_reported_and_the_photos_come(dataset, name, data):
    (dataset / "Chùa Cầu" / name).write_bytes(data)
    report = run(dataset)
    assert (len(report.added), [failure.name for failure in report.failed]) == (2, [f"Chùa Cầu/{name}"])
