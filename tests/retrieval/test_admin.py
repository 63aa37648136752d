from dataclasses import asdict, replace

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from retrieval import indexing, methods, serving, tasks
from retrieval.models import DescribeFailure, NightlyTuning, ServableCheckpoint
from tests.factories import CuratorFactory, LandmarkImageFactory, UserFactory, drawn_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

COVERAGE = reverse("admin:retrieval_descriptor_changelist")


@pytest.fixture
def queued(monkeypatch, client) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(tasks, "describe_missing_soon", lambda: messages.append("describe"))
    client.force_login(CuratorFactory())
    return messages


def test_coverage_shows_each_method_and_queues_what_is_missing(client, queued):
    indexing.describe_image(LandmarkImageFactory(published=True), names=["sir"])
    page = client.get(COVERAGE).content.decode()
    for method in methods.available().values():
        assert method.checkpoint.name in page
    response = client.post(reverse("admin:retrieval_descriptor_describe"), follow=True)
    assert response.status_code == 200
    assert queued == ["describe"]


def test_coverage_is_for_staff_with_the_right_to_see_it(client):
    assert client.get(COVERAGE).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(COVERAGE).status_code == 403


def test_a_failed_description_can_be_tried_again(client, queued):
    failure = DescribeFailure.objects.create(
        image=LandmarkImageFactory(published=True), method="sir", version="v", reason="damaged"
    )
    address = reverse("admin:retrieval_describefailure_changelist")
    assert "damaged" in client.get(address).content.decode()
    client.post(address, {"action": "try_again", "_selected_action": [failure.pk]})
    assert not DescribeFailure.objects.exists()
    assert queued == ["describe"]


def test_searches_are_listed_and_shown_with_their_answers(client, queued):
    indexing.describe_image(image := LandmarkImageFactory(published=True, seed=1))
    query = tasks.ask(drawn_photo(1), method="sir")
    tasks.answer_query(str(query.pk))
    assert str(image.landmark) in client.get(reverse("admin:retrieval_query_changelist")).content.decode()
    assert client.get(reverse("admin:retrieval_query_change", args=[query.pk])).status_code == 200


with translation.override("en"):
    CHECKPOINTS = reverse("admin:retrieval_servablecheckpoint_changelist")
BUNDLED = methods.find("cnn_irwnha").checkpoint


@pytest.fixture
def tuned() -> list[ServableCheckpoint]:
    """Two checkpoints that were tuned here; the bundled one serves."""
    return [
        ServableCheckpoint.objects.create(
            method="cnn_irwnha", name=name, facts=asdict(replace(BUNDLED, name=name))
        )
        for name in ("tuned in May", "tuned in June")
    ]


def act(client, action: str, *rows: ServableCheckpoint) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(CHECKPOINTS, chosen, follow=True).content.decode()


def now_serving() -> str:
    return serving.find("cnn_irwnha").checkpoint.name


def test_a_curator_lets_another_checkpoint_serve_and_goes_back(client, queued, tuned):
    assert "It serves from the next search on." in act(client, "serve", tuned[1])
    assert now_serving() == "tuned in June"
    assert queued == ["describe"]
    act(client, "serve", tuned[0])
    assert now_serving() == "tuned in May"
    assert "The bundled checkpoint serves" in act(client, "go_back", tuned[0])
    assert now_serving() == BUNDLED.name
    assert len(queued) == 3


def test_of_two_chosen_checkpoints_neither_begins_to_serve(client, queued, tuned):
    assert "Please choose one checkpoint." in act(client, "serve", *tuned)
    assert now_serving() == BUNDLED.name
    assert queued == []


def test_who_may_only_look_at_checkpoints_changes_none(client, queued, tuned):
    onlooker = UserFactory(is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_servablecheckpoint"))
    client.force_login(onlooker)
    assert "tuned in June" in client.get(CHECKPOINTS).content.decode()
    act(client, "serve", tuned[0])
    assert now_serving() == BUNDLED.name
    serving.serve(tuned[0])
    act(client, "go_back", tuned[0])
    assert now_serving() == "tuned in May"
    assert queued == []


def test_a_checkpoint_is_written_by_the_platform_alone(client, queued, tuned):
    assert client.get(reverse("admin:retrieval_servablecheckpoint_add")).status_code == 403
    address = reverse("admin:retrieval_servablecheckpoint_change", args=[tuned[0].pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"serving": "on"}).status_code == 403
    assert now_serving() == BUNDLED.name


NIGHTS = reverse("admin:retrieval_nightlytuning_changelist")
FIRST_NIGHT = reverse("admin:retrieval_nightlytuning_add")
NIGHT = reverse("admin:retrieval_nightlytuning_change", args=[1])


def test_nightly_tuning_is_one_switch(client, queued):
    client.post(FIRST_NIGHT, {"on": "on", "hour": 3})
    row = NightlyTuning.objects.get()
    assert (row.pk, row.on, row.hour) == (1, True, 3)
    assert client.get(FIRST_NIGHT).status_code == 403
    client.post(NIGHT, {"hour": 4})
    row.refresh_from_db()
    assert (row.on, row.hour) == (False, 4)
    assert client.post(NIGHT.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert NightlyTuning.objects.count() == 1


def test_a_day_has_24_hours_and_what_came_of_a_night_cannot_be_written(client, queued):
    NightlyTuning.objects.create(pk=1, hour=2, outcome="It won, and serves.")
    assert client.post(NIGHT, {"on": "on", "hour": 24}).status_code == 200
    client.post(NIGHT, {"on": "on", "hour": 23, "outcome": "It lost."})
    row = NightlyTuning.objects.get()
    assert (row.hour, row.outcome) == (23, "It won, and serves.")
    assert "It won, and serves." in client.get(NIGHT).content.decode()
    assert client.get(NIGHTS).status_code == 200


def test_the_switch_is_for_those_with_the_right_to_change_it(client, queued):
    NightlyTuning.objects.create(pk=1)
    client.force_login(UserFactory(is_staff=True))
    assert client.post(NIGHT, {"on": "on", "hour": 2}).status_code == 403
    assert not NightlyTuning.objects.get().on
