import json
import logging

import pytest

from config import logs


@pytest.fixture
def record():
    """Makes a record as a logger would."""

    def make(words: str, *arguments: object, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
        made = logging.getLogger("retrieval.tasks").makeRecord(
            "retrieval.tasks", level, __file__, 1, words, arguments, None, extra=extra
        )
        assert logs.Ids().filter(made)
        return made

    return make


def written(record: logging.LogRecord) -> dict:
    line = logs.JsonLine().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_is_json_and_tells_when_how_grave_who_and_what(record):
    line = written(record("search %s failed", 7, level=logging.ERROR))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "ERROR", "logger": "retrieval.tasks", "message": "search 7 failed"}


def test_a_line_carries_the_ids_of_what_it_belongs_to(record):
    marks = [(logs.request_id, logs.request_id.set("abc-123-xyz")), (logs.task_id, logs.task_id.set("t-1"))]
    try:
        line = written(record("answered"))
        assert (line["request_id"], line["task_id"]) == ("abc-123-xyz", "t-1")
        assert "user_id" not in line
        assert (
            logs.Line().format(record("answered")).endswith("answered [request_id=abc-123-xyz task_id=t-1]")
        )
    finally:
        for variable, mark in marks:
            variable.reset(mark)


def test_only_the_facts_that_are_meant_to_be_told_are_told(record):
    line = written(record("done", status=200, request=object(), data={"args": ["a photo"]}))
    assert line["status"] == 200
    assert not {"request", "data"} & set(line)


SECRETS = [
    ("reset mail to hoa.nguyen@example.org failed", "hoa.nguyen"),
    ("Authorization: Bearer vtr_Abc-123_456xyz", "Abc-123"),
    ("refused vtr_k3yk3yk3y", "k3yk3yk3y"),
    ("redis://:s3cretpass@queue:6379/0 is away", "s3cretpass"),
    ("postgres://tourism:s3cretpass@db/tourism", "s3cretpass"),
    ("Not Found: /accounts/password/reset/key/4-set-abcdef/", "abcdef"),
    ("Not Found: /en/places/shared/0d9c5a4e-1111-2222-3333-444455556666/", "0d9c5a4e"),
    ("GET http://s3/private/x?X-Amz-Signature=deadbeef&a=1", "deadbeef"),
    ("/searches/1/?token=84J_lZsTyMfFr6s25h9D", "84J_lZ"),
]


@pytest.mark.parametrize(("words", "secret"), SECRETS)
def test_no_secret_and_nobodys_address_is_written(record, words, secret):
    for form in (logs.JsonLine(), logs.Line()):
        assert secret not in form.format(record("%s", words))


def test_no_secret_is_written_in_a_traceback_either(record):
    told = record("broken")
    try:
        raise ValueError("no such user: hoa@example.org")
    except ValueError as error:
        told.exc_info = (type(error), error, error.__traceback__)
    for form in (logs.JsonLine(), logs.Line()):
        line = form.format(told)
        assert "ValueError" in line
        assert "hoa@example.org" not in line


@pytest.mark.parametrize(
    "words", ["3 of 4 photos @ 10:30", "search 0d9c5a4e-1111-2222-3333-444455556666 failed"]
)
def test_what_is_no_secret_stays(words):
    assert logs.scrub(words) == words
