import logging
import re

import pytest
from celery.app.trace import trace_task
from django.core.signals import request_finished

from config import logs
from retrieval import tasks
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """What is logged of requests, each with its facts."""
    caplog.set_level(logging.INFO, logger="config.requests")
    return lambda: [record for record in caplog.records if record.name == "config.requests"]


def test_a_request_has_a_line_with_its_view_status_and_time(client, lines):
    client.get("/about/")
    [line] = lines()
    assert (line.method, line.view, line.status) == ("GET", "pages:about", 200)
    assert 0 < line.seconds < 60


def test_an_address_that_is_a_key_is_not_written(client, lines):
    client.get("/accounts/password/reset/key/1-set-password/")
    client.get("/nowhere/at-all/?q=hoa@example.org")
    assert [line.view for line in lines()] == ["account_reset_password_from_key", ""]
    told = " ".join(line.getMessage() for line in lines())
    for secret in ("set-password", "at-all", "example.org"):
        assert secret not in told


def test_a_request_is_called_as_its_sender_calls_it_and_the_answer_says_so(client):
    answer = client.get("/about/", headers={"X-Request-ID": "from-the-proxy-42"})
    assert answer["X-Request-ID"] == "from-the-proxy-42"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "two words here", "line\nbreak-1234", "<script>12345"]
)
def test_a_name_that_does_not_fit_is_replaced(client, given):
    answer = client.get("/about/", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])


def test_who_asked_is_told_by_number_and_only_where_the_page_knew(client, caplog):
    caplog.handler.addFilter(logs.Ids())
    caplog.set_level(logging.INFO, logger="config.requests")
    user = UserFactory()
    client.force_login(user)
    client.get("/searches/")
    client.get("/robots.txt")
    assert [line.user_id for line in caplog.records if line.name == "config.requests"] == [str(user.pk), ""]
    assert user.email not in caplog.text


def test_a_request_follows_what_it_queued_into_the_worker(client):
    seen = []

    @tasks.app.task(name="tests.follow")
    def follow() -> None:
        seen.append((logs.request_id.get(), logs.task_id.get()))

    mark = logs.request_id.set("asked-by-somebody")
    with tasks.app.connection_for_write() as broker:
        sent = follow.apply_async(connection=broker, queue="default")
        message = broker.SimpleQueue("default").get(timeout=5)
        message.ack()
    logs.request_id.reset(mark)
    assert message.headers["request_id"] == "asked-by-somebody"
    trace_task(follow, sent.id, (), {}, message.headers, app=tasks.app)  # as a worker does
    assert seen == [("asked-by-somebody", sent.id)]


def test_after_a_request_its_name_is_forgotten():
    logs.request_id.set("of the request before")
    request_finished.send(sender=None)
    assert logs.request_id.get() == ""
