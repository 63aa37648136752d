"""What is too large is refused before it costs anything."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from config.uploads import TooLargeIsCutShort

pytestmark = pytest.mark.django_db
FOUR_GIGABYTES = str(4 * 2**30)


class Untouched(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_args):
        raise AssertionError("read")

    readline = readlines = read


@pytest.mark.parametrize(
    ("address", "words"),
    [("/searches/new/", "quá lớn"), ("/en/searches/new/", "too large"), ("/en/accounts/login/", "25 MB")],
)
def test_a_file_of_four_gigabytes_is_answered_in_the_readers_language_unread(client, address, words):
    response = client.post(
        address,
        **{
            "wsgi.input": Untouched(),
            "CONTENT_LENGTH": FOUR_GIGABYTES,
            "CONTENT_TYPE": "multipart/form-data",
        },
    )
    assert response.status_code == 413
    assert words in response.content.decode()


def test_a_program_is_told_in_json(client):
    response = client.post(
        "/api/v1/searches/",
        headers={"Accept-Language": "en"},
        **{"wsgi.input": Untouched(), "CONTENT_LENGTH": FOUR_GIGABYTES},
    )
    assert response.status_code == 413
    assert "too large" in response.json()["detail"]


@pytest.mark.parametrize("length", ["", "nonsense", "0"])
def test_a_length_that_says_nothing_lets_the_request_pass(client, length):
    assert client.get("/", CONTENT_LENGTH=length).status_code == 200


def test_of_a_file_that_is_too_large_only_as_much_is_kept_as_shows_it(settings):
    settings.PHOTO_MAX_BYTES = 100_000
    request = RequestFactory().post(
        "/",
        {"photo": SimpleUploadedFile("large.jpg", b"x" * 900_000), "other": SimpleUploadedFile("a", b"y")},
    )
    photo, other = request.FILES["photo"], request.FILES["other"]
    assert 100_000 < photo.size < 300_000
    assert len(photo.read()) == photo.size
    assert other.read() == b"y"


def test_the_handler_stands_before_those_that_keep_files(settings):
    assert settings.FILE_UPLOAD_HANDLERS[0] == f"config.uploads.{TooLargeIsCutShort.__name__}"
