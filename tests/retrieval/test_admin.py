import pytest
from django.urls import reverse

from retrieval import indexing, methods, tasks
from retrieval.models import DescribeFailure
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
