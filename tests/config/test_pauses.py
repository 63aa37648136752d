"""What another server keeps from being answered is told as a pause; our own faults are not."""

import errno

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisAway
from s3transfer.exceptions import RetriesExceededError

from places import storage
from tests.factories import drawn_photo

pytestmark = pytest.mark.django_db


def refused(status: int, code: str) -> ClientError:
    told = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "PutObject")


AWAY = [
    refused(503, "SlowDown"),
    EndpointConnectionError(endpoint_url="http://storage"),
    ReadTimeoutError(endpoint_url="http://storage"),
    RetriesExceededError(OSError("cut off")),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_a_store_that_does_not_answer_is_away(error):
    assert storage.is_away(error)
    assert not storage.is_full(error)


@pytest.mark.parametrize(
    "error",
    [None, refused(404, "NoSuchKey"), refused(403, "AccessDenied"), FileNotFoundError("a"), ValueError()],
)
def test_what_a_store_lacks_or_forbids_is_no_pause(error):
    assert not storage.is_away(error)
    assert not storage.is_full(error)


@pytest.fixture
def asking_fails(client, monkeypatch):
    """Send a photo, by the form or the API, to a platform whose store raises this; returns the answer."""
    client.raise_request_exception = False

    def ask(error: Exception, address: str):
        def fail(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(type(storage.private()), "_save", fail)
        photo = SimpleUploadedFile("photo.jpg", drawn_photo(1), "image/jpeg")
        return client.post(address, {"photo": photo, "method": "sir"}, headers={"accept-language": "en"})

    return ask


@pytest.mark.parametrize("address", ["/en/searches/new/", "/api/v1/searches/"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no room for more photos"),
        (AWAY[0], "store of photos does not answer"),
        (RedisAway("refused"), "being restarted"),
        (OperationalError("gone"), "being restarted"),
    ],
)
def test_a_photo_that_cannot_be_kept_is_refused_with_the_reason_and_a_time(
    asking_fails, address, error, words
):
    response = asking_fails(error, address)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    said = response.json() if address.startswith("/api/") else {"detail": response.content.decode()}
    assert words in said["detail"]
    assert said.get("code", "unavailable") == "unavailable"


def test_a_fault_of_ours_stays_one(asking_fails):
    assert asking_fails(ValueError("ours"), "/en/searches/new/").status_code == 500


def test_what_breaks_around_a_view_is_a_pause_too(client, monkeypatch):
    """A session that cannot be saved once its page is made, which no view ever sees."""

    def away(*_args, **_kwargs):
        raise OperationalError("connection refused")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", away)
    for address, type_of in (("/en/about/", "text/html"), ("/api/v1/methods/", "application/problem+json")):
        response = client.get(address, headers={"accept-language": "en"})
        assert (response.status_code, response["Retry-After"]) == (503, "10")
        assert response["Content-Type"].startswith(type_of)
