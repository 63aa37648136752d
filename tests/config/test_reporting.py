import json
import logging

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from config import logs, reporting


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict] = []

    def capture_envelope(self, envelope) -> None:
        if event := envelope.get_event():
            self.events.append(event)


@pytest.fixture
def reports():
    transport = Kept()
    reporting.start("https://key@errors.example/1", environment="tests", transport=transport)
    yield transport.events
    sentry_sdk.init()  # reports go nowhere again


def test_an_error_in_a_view_is_reported_without_who_asked_and_with_what(reports, client, monkeypatch):
    def broken(*_args, **_kwargs):
        photo = bytes.fromhex("70686f746f206279746573")  # as a local variable holds one
        raise ValueError(f"no mail to hoa@example.org, key vtr_secretsecret, {len(photo)}")

    monkeypatch.setattr("config.pages.static", broken)
    client.raise_request_exception = False
    answer = client.get(
        "/favicon.ico?token=abcdef123456",
        headers={
            "Cookie": "sessionid=s3ss10n",
            "X-Request-ID": "reported-request",
            "Authorization": "Bearer xyz12345",
        },
    )
    assert answer.status_code == 500
    [event] = reports
    told = json.dumps(event, default=str)
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["tags"]["request_id"] == "reported-request"
    for secret in (
        "hoa@example.org",
        "secretsecret",
        "abcdef123456",
        "s3ss10n",
        "xyz12345",
        "photo bytes",
    ):
        assert secret not in told


def test_an_error_that_is_logged_is_reported_scrubbed(reports):
    mark = logs.task_id.set("task-1")
    logging.getLogger("retrieval.tasks").error("mail to %s failed", "hoa@example.org")
    logs.task_id.reset(mark)
    [event] = reports
    assert event["tags"] == {"task_id": "task-1"}
    assert "hoa@example.org" not in json.dumps(event, default=str)


def test_of_somebody_only_a_number_is_told():
    event = reporting.cleaned(
        {
            "user": {"id": 4, "email": "hoa@example.org", "ip_address": "203.0.113.9"},
            "request": {
                "method": "POST",
                "url": "https://x/?q=1",
                "data": {"photo": "..."},
                "headers": {"A": "b"},
            },
            "server_name": "web-1",
        }
    )
    assert event == {"user": {"id": 4}, "request": {"method": "POST"}}


def test_without_an_address_nothing_is_reported():
    assert not sentry_sdk.get_client().is_active() or sentry_sdk.get_client().dsn is None
