"""Several photos of one place in one search."""

import base64
import math

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from retrieval import asking, indexing, keeping, search, serving, tasks
from retrieval.models import Calibration, Query
from retrieval.ranking.confidence import Curve
from retrieval.ranking.signals import names
from retrieval.ranking.voting import PlaceVote, combine
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo
from tests.retrieval.test_views import text_of

TEMPLE, TOWER, CAVE = 1, 2, 3


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The messages that went to the queue."""
    messages: list[str] = []
    monkeypatch.setattr(tasks.answer_query, "delay", messages.append)
    return messages


def place(landmark: int, probability: float | None, **fields) -> PlaceVote:
    facts = {"score": 0.5, "votes": 2, "best_similarity": 0.5, "best_inliers": 10, "best_image": 9}
    return PlaceVote(landmark, probability=probability, **facts | fields)


# Combining


def test_one_view_stays_as_it_is():
    (temple, tower) = combine([[place(TEMPLE, 0.6), place(TOWER, 0.3)]])
    assert (temple.probability, tower.probability) == pytest.approx((0.6, 0.3))


def test_log_odds_add_up_and_are_damped_by_the_root_of_the_views():
    first, second = [place(TEMPLE, 0.6), place(TOWER, 0.2)], [place(TEMPLE, 0.5)]
    temple, tower = combine([first, second])
    raised = [math.exp((math.log(0.6 / 0.2) + math.log(0.5 / 0.5)) / math.sqrt(2)),
              math.exp((math.log(0.2 / 0.2) + math.log(0.001)) / math.sqrt(2))]  # fmt: skip
    assert temple.probability == pytest.approx(raised[0] / (1 + sum(raised)))
    assert tower.probability == pytest.approx(raised[1] / (1 + sum(raised)))


def test_views_that_agree_are_surer_than_each_of_them():
    (temple,) = combine([[place(TEMPLE, 0.8)]] * 3)
    assert 0.8 < temple.probability < 1


def test_evidence_is_gathered_from_all_views():
    (temple,) = combine(
        [
            [place(TEMPLE, 0.8, votes=2, best_inliers=30, best_similarity=0.4, named_by=("sir", "delf"))],
            [place(TEMPLE, 0.8, votes=3, best_inliers=None, best_similarity=0.6, named_by=("sir",))],
        ]
    )
    assert (temple.votes, temple.best_inliers, temple.best_similarity) == (5, 30, 0.6)
    assert temple.named_by == ("sir",)


def test_without_calibration_the_mean_share_orders_the_places():
    first, second = combine(
        [[place(TEMPLE, None, score=0.9)], [place(TOWER, 0.9, score=0.6), place(TEMPLE, 0.1, score=0.4)]]
    )
    assert (first.landmark, first.probability) == (TEMPLE, None)
    assert (first.score, second.score) == pytest.approx((0.65, 0.3))


def test_views_that_show_nothing_have_no_places():
    assert combine([[], []]) == []


# Asking


def upload(seed: int, *, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"photo-{seed}.jpg", drawn_photo(seed, (400, 200)) if data is None else data)


def send(client, *photos, **fields):
    return client.post("/en/searches/new/", {"photo": list(photos), "method": "sir"} | fields)


@pytest.mark.django_db
def test_further_photos_become_views_of_the_first_and_only_that_is_queued(
    client, sent, django_capture_on_commit_callbacks
):
    box = {"left": "0.25", "top": "0.5", "right": "0.75", "bottom": "1"}
    with django_capture_on_commit_callbacks(execute=True):
        response = send(client, upload(1), upload(2), upload(3), **box)
    first = Query.objects.questions().get()
    assert response["Location"].endswith(f"/searches/{first.pk}/")
    views = first.views.order_by("asked_at")
    assert [(view.method, view.session_key, view.has_box) for view in views] == [
        ("sir", first.session_key, False)
    ] * 2
    assert first.has_box
    assert sent == [str(first.pk)]
    sent.clear()
    Query.objects.update(queued_at=None)
    tasks.requeue_abandoned()
    assert sent == [str(first.pk)]
    assert client.get("/en/searches/").content.decode().count("searched__link") == 1


@pytest.mark.django_db
def test_more_than_five_are_refused(client, sent):
    response = send(client, *(upload(seed) for seed in range(6)))
    assert response.status_code == 400
    assert "5 photos at most" in text_of(response)
    with pytest.raises(keeping.TooManyPhotos):
        asking.ask(drawn_photo(1), more=[drawn_photo(2)] * 5, method="sir")
    assert not Query.objects.exists()


@pytest.mark.django_db
def test_one_bad_photo_refuses_all_and_is_named(client, sent):
    response = send(client, upload(1), upload(2, data=b"not a photo"))
    assert response.status_code == 415
    assert "photo-2.jpg: " in text_of(response)
    response = send(client, upload(1), upload(2, data=drawn_photo(2)[:3000]))
    assert response.status_code == 400
    assert not Query.objects.exists()


@pytest.mark.django_db
def test_asking_again_asks_all_photos_again(sent):
    first = asking.ask(drawn_photo(1, (400, 200)), more=[drawn_photo(2, (200, 400))], method="sir")
    again = asking.ask_again(first, method="delf")
    assert again.views.get().width == 200
    assert again.views.get().method == "delf"


# Answering


def calibrate() -> None:
    """SIR believes in a place by how similar its nearest photo is."""
    columns = names(["sir"], verified=False)
    weights = np.zeros(len(columns) + 1)
    weights[0], weights[-1] = 12, -8
    curve = Curve(columns, np.zeros(len(columns)), np.ones(len(columns)), weights)
    version = serving.approach("sir").checkpoint.name
    Calibration.objects.create(
        method="sir", version=version, curve=curve.as_json(), figures={}, learned_from="-"
    )


@pytest.fixture
def two_places(quick_methods, sent) -> list:
    places = [LandmarkFactory(name_en="Turtle Tower"), LandmarkFactory(name_en="Lotus Gate")]
    for landmark, seed in zip(places, (1, 2), strict=True):
        indexing.describe_image(LandmarkImageFactory(published=True, landmark=landmark, seed=seed))
    return places


@pytest.mark.django_db
def test_the_places_are_those_of_all_photos_and_each_photo_keeps_its_own_answer(two_places):
    calibrate()
    query = asking.ask(
        drawn_photo(1, (320, 240)),
        more=[drawn_photo(1, (400, 300)), drawn_photo(1, (200, 150))],
        method="sir",
    )
    tasks.answer_query(str(query.pk))
    query.refresh_from_db()
    assert {view.state for view in query.views.all()} == {"answered"}
    alone = [view.places.get(rank=0) for view in query.views.all()]
    best = query.places.get(rank=0)
    assert best.landmark == two_places[0]
    assert best.votes == 3
    assert query.verdict == "is"
    assert best.probability > min(place.probability for place in alone)
    assert query.known == pytest.approx(sum(place.probability for place in query.places.all()))
    assert query.hits.count() == 2  # its own alone


@pytest.mark.django_db
def test_without_calibration_the_answer_of_several_has_no_verdict(two_places, monkeypatch):
    monkeypatch.setattr(serving, "calibrated", lambda _approach: None)
    query = asking.ask(drawn_photo(1, (320, 240)), more=[drawn_photo(2, (320, 240))], method="sir")
    search.answer(query)
    query.refresh_from_db()
    assert (query.verdict, query.known) == ("", None)
    assert query.places.count() == 2


@pytest.mark.django_db
def test_a_view_whose_photo_is_gone_does_not_hold_up_the_others(two_places):
    query = asking.ask(drawn_photo(1, (320, 240)), more=[drawn_photo(2)], method="sir")
    view = query.views.get()
    view.photo.storage.delete(view.photo.name)
    tasks.answer_query(str(query.pk))
    query.refresh_from_db()
    assert query.state == "answered"
    assert query.views.get().state == "failed"


@pytest.mark.django_db
def test_a_search_that_is_given_up_ends_its_views(sent):
    query = asking.ask(drawn_photo(1), more=[drawn_photo(2)], method="sir")
    search.fail(query, reason=Query.Reason.GAVE_UP)
    assert query.views.get().state == "failed"


# Reading


@pytest.mark.django_db
def test_the_page_shows_each_photo_with_its_own_best(client, two_places, django_assert_num_queries):
    queries = [
        asking.ask(
            drawn_photo(1, (320, 240)),
            more=[drawn_photo(2, (320, 240))] * further,
            method="sir",
            session_key="somebody",
        )
        for further in (1, 4)
    ]
    Query.objects.update(shared=True)
    for query in queries:
        tasks.answer_query(str(query.pk))
        with django_assert_num_queries(9):
            text = text_of(client.get(f"/en/searches/{query.pk}/"))
        assert "Photo 1 is most like one of Turtle Tower." in text
        assert "Photo 2 is most like one of Lotus Gate." in text
    Query.objects.filter(part_of=None).update(shared=True)
    Query.objects.exclude(part_of=None).update(shared=False)
    view = queries[0].views.get()
    assert "Back to the answer of all photos" in text_of(client.get(f"/en/searches/{view.pk}/"))


# The API


@pytest.mark.django_db
def test_a_form_may_repeat_the_photo_and_json_lists_them(client, sent):
    form = {"method": "sir", "photo": [upload(1), upload(2)]}
    body = client.post("/api/v1/searches/", form).json()
    assert len(body["views"]) == 1
    assert client.get(body["views"][0]).status_code == 202
    listed = [base64.b64encode(drawn_photo(seed)).decode() for seed in (1, 2, 3)]
    question = {"method": "sir", "photos": listed}
    body = client.post("/api/v1/searches/", question, content_type="application/json").json()
    assert len(body["views"]) == 2
    question = {"method": "sir", "photo": listed[0], "photos": listed[1:]}
    body = client.post("/api/v1/searches/", question, content_type="application/json").json()
    assert len(body["views"]) == 2
    assert Query.objects.questions().count() == 3


@pytest.mark.django_db
def test_the_api_refuses_too_many_photos_and_names_a_bad_one(client, sent):
    good, bad = (base64.b64encode(data).decode() for data in (drawn_photo(1), b"no photo"))
    for photos, said in (([good] * 6, "5"), ([good, bad], "2")):
        question = {"method": "sir", "photos": photos}
        response = client.post("/api/v1/searches/", question, content_type="application/json")
        assert response.status_code == 400
        assert said in response.json()["errors"][0]["detail"]
    assert not Query.objects.exists()


@pytest.mark.django_db
def test_a_best_photo_of_a_further_view_is_no_hit_of_the_answer(client, two_places):
    query = asking.ask(
        drawn_photo(1, (320, 240)), more=[drawn_photo(2, (320, 240))], method="sir", k=1, session_key="-"
    )
    tasks.answer_query(str(query.pk))
    Query.objects.update(shared=True)
    places = client.get(reverse("api:search-detail", args=[query.pk])).json()["places"]
    assert {place["best_hit"] for place in places} == {0, None}
