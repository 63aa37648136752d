import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from retrieval import asking, indexing, search, tasks, webhooks
from retrieval.models import Query, Webhook
from retrieval.webhooks import Hook
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()


class Receiver(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[dict, bytes]] = []
    answers: list[int] = []  # the statuses of the next answers; 200 once they are used up

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_said) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/told?who=me"
        running.shutdown()


@pytest.fixture(autouse=True)
def receiver(settings) -> type[Receiver]:
    settings.WEBHOOKS_PUBLIC_ONLY = False
    Receiver.heard, Receiver.answers = [], []
    return Receiver


@pytest.fixture(autouse=True)
def queued(monkeypatch) -> list[str]:
    """The deliveries that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.deliver_webhook, "delay", messages.append)
    return messages


@pytest.fixture
def ask(address):
    """Asks with a webhook; nothing is described yet, so that the search fails unless a test describes something."""

    def ask(**question) -> Webhook:
        hook = Hook(address, SECRET, "https://site.example")
        return asking.ask(drawn_photo(1, (320, 240)), method="sir", webhook=hook, **question).webhook

    return ask


def answer(webhook: Webhook) -> Webhook:
    tasks.answer_query(str(webhook.query_id))
    webhook.refresh_from_db()
    return webhook


def deliver(webhook: Webhook) -> Webhook:
    """As if its pause were over."""
    Webhook.objects.filter(pk=webhook.pk, due_at__isnull=False).update(due_at=timezone.now())
    tasks.deliver_webhook(str(webhook.pk))
    webhook.refresh_from_db()
    return webhook


def test_nobody_is_told_before_the_answer_and_then_at_once(ask, receiver, queued):
    webhook = ask()
    deliver(webhook)
    assert (receiver.heard, queued) == ([], [])
    answer(webhook)
    assert queued == [str(webhook.pk)]
    deliver(webhook)
    assert len(receiver.heard) == 1
    assert (webhook.state, webhook.attempts, webhook.status) == ("delivered", 1, 200)
    assert webhook.delivered_at


def test_the_message_says_what_came_out_and_where_all_of_it_is(client, ask, receiver):
    place = LandmarkFactory()
    indexing.describe_image(LandmarkImageFactory(published=True, landmark=place, seed=1))
    deliver(answer(ask()))
    headers, body = receiver.heard[0]
    told = json.loads(body)
    assert headers["content-type"] == "application/json"
    assert told["type"] == "search.answered"
    assert told["data"]["places"][0]["slug"] == place.slug
    path = told["data"]["url"].removeprefix("https://site.example")
    assert client.get(path).json()["id"] == told["data"]["id"]


def test_a_search_that_fails_is_told_too(ask, receiver):
    deliver(answer(ask()))
    told = json.loads(receiver.heard[0][1])
    assert (told["type"], told["data"]["reason"]) == ("search.failed", "nothing_described")


def test_a_message_is_signed_as_standard_webhooks_are():
    """The example that the specification's own libraries are tested with."""
    told = webhooks.signature(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=1614265330,
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_received_can_be_verified(ask, receiver):
    deliver(answer(ask()))
    headers, body = receiver.heard[0]
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.digest(webhooks.key_of(SECRET), said, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"


def test_a_receiver_that_fails_is_told_again_later_each_time_until_it_is_given_up(ask, receiver):
    receiver.answers = [500] * webhooks.MOST_ATTEMPTS
    webhook = answer(ask())
    pauses = []
    for _attempt in range(webhooks.MOST_ATTEMPTS - 1):
        deliver(webhook)
        assert (webhook.state, webhook.reason, webhook.status) == ("waiting", "not_accepted", 500)
        pauses.append(webhook.due_at - timezone.now())
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(minutes=50)
    deliver(webhook)
    assert (webhook.state, webhook.attempts) == ("given_up", webhooks.MOST_ATTEMPTS)
    deliver(webhook)
    assert len(receiver.heard) == webhooks.MOST_ATTEMPTS
    assert len({headers["webhook-id"] for headers, _body in receiver.heard}) == 1


def test_a_receiver_that_comes_back_is_told_in_the_end(ask, receiver):
    receiver.answers = [503, 302]  # a redirect is not followed, and no word of having heard
    webhook = answer(ask())
    for _attempt in range(3):
        deliver(webhook)
    assert (webhook.state, webhook.attempts, webhook.reason) == ("delivered", 3, "")


def test_a_receiver_that_is_gone_for_good_is_left_alone(ask, receiver):
    receiver.answers = [410]
    assert deliver(answer(ask())).state == "given_up"


def test_nobody_there_is_a_failure_like_others(ask):
    webhook = ask()
    Webhook.objects.update(url="http://127.0.0.1:9/")
    assert deliver(answer(webhook)).reason == "unreachable"


def test_nothing_inside_a_network_is_told_whatever_its_name(ask, receiver, settings):
    settings.WEBHOOKS_PUBLIC_ONLY = True
    webhook = deliver(answer(ask()))
    assert (webhook.state, webhook.reason, receiver.heard) == ("waiting", "not_public", [])


def test_a_delivery_whose_message_or_worker_is_lost_is_sent_again_by_a_sweep(ask, queued):
    webhook = answer(ask())
    queued.clear()
    tasks._deliver(Webhook.objects.all())
    assert queued == []  # it is in the queue, for all we know
    Webhook.objects.update(queued_at=timezone.now() - tasks.REQUEUE_AFTER - timedelta(seconds=1))
    tasks._deliver(Webhook.objects.all())
    assert queued == [str(webhook.pk)]


def test_one_that_is_delivered_is_not_sent_again(ask, queued):
    deliver(answer(ask()))
    queued.clear()
    Webhook.objects.update(queued_at=None)
    tasks._deliver(Webhook.objects.all())
    assert queued == []


def test_it_is_due_from_the_moment_that_the_answer_is_stored(ask):
    webhook = ask()
    search.answer(webhook.query)  # and the worker dies before it could queue the delivery
    assert list(Webhook.objects.due()) == [webhook]


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 100, "A" * 44, "whsec_ả"]
)
def test_what_is_no_secret_is_told_from_one(secret):
    with pytest.raises(ValueError):  # noqa: PT011
        webhooks.key_of(secret)
    assert len(webhooks.key_of(webhooks.new_secret())) == 32


def post(client, **question):
    from tests.retrieval.api.test_searches import post

    return post(client, **question)


def test_the_secret_stands_in_the_answer_to_the_call_alone(client, address):
    asked = post(client, webhook=address).json()
    kept = Webhook.objects.get()
    assert asked["webhook"]["secret"] == kept.secret
    assert kept.site == "http://testserver"
    told = client.get(asked["url"]).json()["webhook"]
    assert (told["url"], told["state"], told["attempts"], told["secret"]) == (address, "waiting", 0, None)
    given = post(client, webhook=address, webhook_secret=SECRET).json()
    assert given["webhook"]["secret"] == SECRET


def test_nobody_else_sees_whom_it_tells(client, address):
    asked = post(client, webhook=address).json()
    Query.objects.update(shared=True)
    assert client.get(asked["url"]).json()["webhook"] is None


def test_a_search_that_is_deleted_tells_nobody(ask, receiver):
    webhook = answer(ask())
    webhook.query.delete()
    tasks.deliver_webhook(str(webhook.pk))
    assert receiver.heard == []
