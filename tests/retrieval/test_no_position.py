"""Where a photo was taken leaves the server by no door: each is opened, and what comes out is searched."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

from places import curation, ingest
from places.storage import private
from retrieval.models import Query
from tests.factories import LandmarkFactory, UserFactory, drawn_photo
from tests.retrieval.test_views import answered, sent  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

# 21.028511 N, 105.804817 E, as a camera writes it; the landmark lies elsewhere.
GPS = {1: "N", 2: (21.0, 1.0, 42.6396), 3: "E", 4: (105.0, 48.0, 17.3412)}
TOLD = ("21.0285", "105.8048", "42.6396", "17.3412", "taken_latitude", "taken_longitude", "GPS", "Exif")


@pytest.fixture
def data() -> bytes:
    """A photo that tells where, when and with what it was taken, in each way that a JPEG has."""
    facts = Image.Exif()
    facts[ExifTags.Base.Make] = "camera"
    facts.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    facts.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>21,1.71N</exif:GPSLatitude></x:xmpmeta>'
    data = drawn_photo(1, (640, 480), exif=facts, xmp=xmp, comment=b"21.0285, 105.8048")
    assert b"GPSLatitude" in data
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    return data


def tells_nothing(photo: bytes) -> None:
    opened = Image.open(io.BytesIO(photo))
    assert not opened.getexif()
    assert not {"exif", "xmp", "comment"} & opened.info.keys()
    for told in TOLD:
        assert told.encode() not in photo


def body(response) -> bytes:
    assert response.status_code in (200, 202)
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_photo_asked_about_is_kept_and_given_back_without_it(client, data):
    client.force_login(UserFactory())
    client.post("/searches/new/", {"photo": SimpleUploadedFile("a.jpg", data), "method": "sir"})
    query = Query.objects.get()
    with private().open(query.photo.name) as kept:
        tells_nothing(kept.read())
    for part in ("photo/", "thumbnail/"):
        tells_nothing(body(client.get(f"/searches/{query.pk}/{part}")))
    for address in (f"/searches/{query.pk}/", "/searches/", "/searches/export/"):
        text = body(client.get(address)).decode()
        assert not [told for told in TOLD if told in text], address


def test_the_api_neither_keeps_nor_tells_it(client, data):
    asked = client.post("/api/v1/searches/", {"photo": SimpleUploadedFile("a.jpg", data), "method": "sir"})
    with private().open(Query.objects.get().photo.name) as kept:
        tells_nothing(kept.read())
    for response in (asked, client.get(asked.json()["url"])):
        text = body(response).decode()
        assert not [told for told in TOLD if told in text]


def test_a_published_photo_is_served_without_it_and_no_answer_speaks_of_it(client, data):
    place = LandmarkFactory(latitude=16.0, longitude=108.0)
    image = ingest.add(
        data, landmark=place, author="An", licence="CC0", licence_url="https://example.org/cc0",
        source_url="https://example.org/1",
    )  # fmt: skip
    assert image.taken_latitude == pytest.approx(21.0285, abs=1e-4)  # curators' own, to place a photo
    curation.publish([image])
    image.refresh_from_db()
    for file in (image.photo, image.thumbnail):
        with file.open() as served:
            tells_nothing(served.read())
    query = answered(image, shared=True)
    for address in (
        f"/places/{place.slug}/",
        f"/searches/{query.pk}/",
        f"/searches/{query.pk}/hits/0/",
        f"/api/v1/landmarks/{place.slug}/",
        f"/api/v1/images/{image.pk}/",
    ):
        text = body(client.get(address)).decode()
        assert not [told for told in TOLD if told in text], address
