"""The same photo by all methods, side by side."""

import pytest
from django.test import Client

from retrieval import asking, serving, tasks
from retrieval.models import Hit, Query, RankedPlace
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import asked, text_of, visitors_search

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[str]:
    """The messages that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.answer_query, "delay", messages.append)
    return messages


def says(query: Query, landmark, **fields) -> None:
    image = LandmarkImageFactory(published=True, landmark=landmark)
    Hit.objects.create(query=query, image=image, rank=0, similarity=0.9)
    RankedPlace.objects.create(
        query=query, landmark=landmark, rank=0, share=0.5, votes=3, best_similarity=0.9, probability=0.9
    )
    Query.objects.filter(pk=query.pk).update(
        **{"state": "answered", "verdict": "is", "seconds": {"describing": 1}} | fields
    )


def test_every_other_method_is_asked_once_about_the_same_photo_and_box(client):
    root = visitors_search(client, left=100, top=50, right=300, bottom=150, category="tomb")
    for _time in range(2):
        response = client.post(f"/searches/{root.pk}/compare/")
        assert response["Location"] == f"/searches/{root.pk}/compare/"
    siblings = root.siblings.all()
    assert {root.method, *(one.method for one in siblings)} == set(serving.offered())
    assert len(siblings) == len(serving.offered()) - 1
    assert {(one.left, one.bottom, one.category) for one in siblings} == {(100, 150, "tomb")}
    client.post(f"/searches/{siblings[0].pk}/compare/")  # from beside it, nothing is asked again
    assert Query.objects.count() == len(serving.offered())


def test_what_is_compared_is_not_in_the_history_and_belongs_to_the_first(client):
    user = UserFactory()
    client.force_login(user)
    root = asked(user=user, shared=True)
    Client().post(f"/searches/{root.pk}/compare/")  # a reader
    sibling = root.siblings.first()
    assert sibling.user == user
    assert client.get("/searches/").content.decode().count("searched__link") == 1
    assert Client().get(f"/searches/{sibling.pk}/").status_code == 200
    assert client.post(f"/searches/{sibling.pk}/share/", {"shared": "1"}).status_code == 404
    client.post(f"/searches/{root.pk}/share/", {"shared": "0"})
    assert Client().get(f"/searches/{sibling.pk}/").status_code == 404
    client.post(f"/searches/{root.pk}/delete/")
    assert not Query.objects.exists()


def test_the_page_says_how_far_the_methods_agree(client):
    place, other = LandmarkFactory(name_en="Turtle Tower"), LandmarkFactory(name_en="One Pillar Pagoda")
    root = asked(method="consensus", shared=True)
    asking.compare(root)
    for query in (root, *root.siblings.all()):
        says(query, other if query.method == "sir" else place)
    text = text_of(client.get(f"/en/searches/{root.pk}/compare/"))
    assert "3 of 4 methods say Turtle Tower." in text
    assert "This is One Pillar Pagoda" in text
    assert "90 %, very likely" in text
    assert "1.0 s in all" in text
    Query.objects.filter(method="delf").update(verdict="unknown")
    assert "2 of 4 methods say Turtle Tower." in text_of(client.get(f"/en/searches/{root.pk}/compare/"))
    says_all = RankedPlace.objects.exclude(landmark=place)
    says_all.update(landmark=place)
    Query.objects.update(verdict="is")
    assert "All 4 methods say Turtle Tower." in text_of(client.get(f"/en/searches/{root.pk}/compare/"))


def test_the_page_follows_those_that_run_and_stops_when_all_are_done(client):
    root = visitors_search(client, state="answered")
    asking.compare(root)
    address = f"/searches/{root.pk}/compare/"
    page = client.get(address).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    seen = page.partition("seen=")[2].partition('"')[0]
    htmx = {"HX-Request": "true"}
    assert client.get(f"{address}progress/", {"seen": seen}, headers=htmx).status_code == 204
    Query.objects.update(state="answered")
    done = client.get(f"{address}progress/", {"seen": seen}, headers=htmx)
    assert done.status_code == 200
    assert "hx-get" not in done.content.decode()
    assert client.get(f"{address}progress/")["Location"] == address


def test_comparing_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    root = asked(method="consensus", shared=True, state="answered")
    counts = []
    for _round in range(2):
        for query in (root, *root.siblings.all()):
            if not query.places.exists():
                says(query, LandmarkFactory())
        with django_assert_num_queries(6):
            client.get(f"/searches/{root.pk}/compare/")
        counts.append(root.siblings.count())
        asking.compare(root)
    assert counts == [0, 3]


def test_nobody_compares_anothers_search(client):
    root = asked(user=UserFactory())
    assert client.post(f"/searches/{root.pk}/compare/").status_code == 404
    assert client.get(f"/searches/{root.pk}/compare/").status_code == 404
    assert not root.siblings.exists()


def test_a_photo_that_is_gone_is_said_so(client):
    root = visitors_search(client)
    root.photo.storage.delete(root.photo.name)
    response = client.post(f"/searches/{root.pk}/compare/", follow=True)
    assert "không còn" in text_of(response)
    assert not root.siblings.exists()
