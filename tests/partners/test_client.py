"""The Python client against the live platform, and against one that fails."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

import vietnam_tourism
from accounts import keys
from config.database import PROJECT
from retrieval import tasks
from retrieval.models import Query
from tests.factories import (
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    drawn_photo,
)
from tests.partners.conftest import PAGODA
from vietnam_tourism import Client, NotReached, Problem

pytestmark = pytest.mark.thorough

# Searching


@pytest.fixture
def client(site, make_key) -> Iterator[Client]:
    with Client(site, key=make_key()) as client:
        yield client


def test_a_photo_is_answered_with_the_place_and_the_photo_to_show(client, site, pagoda, photo):
    search = client.search(photo)
    assert (search.is_done, search.state) == (True, "answered")
    place = search.places[0]
    assert (place.landmark.slug, place.landmark.name) == ("chua-mot-cot", "One Pillar Pagoda")
    hit = search.photo_of(place)
    assert hit.image.landmark == "chua-mot-cot"
    assert hit.image.photo.startswith(f"{site}/media/")
    assert hit.attribution.text.startswith("Photo: An Nguyễn")
    assert search.answered_at > search.asked_at
    assert search.times_ms.describing is not None


def test_names_come_in_the_clients_language(site, pagoda, photo, make_key):
    with Client(site, key=make_key(), language="vi") as client:
        assert client.search(photo).places[0].landmark.name == "Chùa Một Cột"


def test_a_photo_may_be_a_path_bytes_or_an_open_file(client, pagoda, photo):
    data = photo.read_bytes()
    for each in (photo, str(photo), data, io.BytesIO(data)):
        assert client.search(each, k=1).places[0].landmark.slug == "chua-mot-cot"


def test_a_question_is_told_as_it_was_asked(client, pagoda, photo):
    search = client.search(
        photo, photo, box=(0, 0, 0.5, 1), method="sir", k=7, near=(21.0, 105.8), within_km=30,
        bbox=(105, 20, 106, 22), private=True, explain=True,
    )  # fmt: skip
    assert (search.method, search.k, search.private, len(search.views)) == ("sir", 7, True, 1)
    assert (search.near, search.within_km, search.bbox) == ("21,105.8", 30, [105, 20, 106, 22])
    assert search.box == [0, 0, 0.5, 1]
    assert all(hit.matches is not None for hit in search.hits)


def test_a_photo_of_the_catalogue_asks_too(client, pagoda):
    image = pagoda.images.get()
    search = client.search(image=image.pk, method="sir", near=(21.0, 105.8), within_km=300)
    assert search.image == image.pk
    assert "chua-mot-cot" not in [place.landmark.slug for place in search.places]


def test_who_has_no_patience_reads_later(client, pagoda, photo, monkeypatch):
    answer, waiting = tasks.answer_query.delay, []
    monkeypatch.setattr(tasks.answer_query, "delay", waiting.append)
    search = client.search(photo, patience=0)
    assert (search.is_done, search.places) == (False, [])
    answer(waiting.pop())
    assert client.read(search).places[0].landmark.slug == "chua-mot-cot"
    assert client.read(search.url, explain=True).hits[0].matches is not None


def test_a_search_is_deleted_and_corrected(client, pagoda, photo):
    search = client.search(photo)
    client.correct(search, "in_fact", landmark="chua-mot-cot", note="I was there.")
    assert Query.objects.get(pk=search.id).corrections.get().note == "I was there."
    client.delete(search)
    with pytest.raises(Problem) as refused:
        client.read(search)
    assert refused.value.code == "not_found"


def test_many_photos_are_a_batch(client, pagoda, photo):
    batch = client.batch([photo, b"no photo", drawn_photo(PAGODA)], patience=120)
    assert batch.is_finished
    assert (batch.total, batch.answered, batch.refused) == (3, 2, 1)
    assert [each.refusal.code if each.refusal else None for each in batch.photos] == [
        None,
        "not_an_image",
        None,
    ]
    assert batch.photos[0].search.places[0].landmark.slug == "chua-mot-cot"
    assert client.read_batch(batch) == batch
    client.delete(batch)
    with pytest.raises(Problem):
        client.read_batch(batch)


def test_words_find_places(client, pagoda):
    found = client.by_words("chua mot cot", k=1)
    assert [place.landmark.slug for place in found.places] == ["chua-mot-cot"]
    assert found.places[0].attribution.text.startswith("Photo: ")


# The catalogue


def test_lists_are_read_page_after_page(client):
    province = ProvinceFactory(slug="ha-noi", name_en="Hanoi")
    slugs = sorted(each.slug for each in LandmarkFactory.create_batch(5, province=province))
    LandmarkFactory()
    landmarks = client.landmarks(province="ha-noi", ordering="slug", page_size=2)
    assert [each.slug for each in landmarks] == slugs
    LandmarkImageFactory.create_batch(3, landmark__province=province, published=True)
    assert len(list(client.images(province="ha-noi", is_rendered=False, page_size=2))) == 3
    assert next(each for each in client.provinces() if each.slug == "ha-noi").landmark_count == 8
    assert sum(each.landmark_count for each in client.categories()) == 9


def test_filters_are_said_as_the_api_wants_them(client, pagoda):
    far = LandmarkFactory(slug="far", latitude=10.8, longitude=106.7)
    assert [each.slug for each in client.landmarks(near=(21.0, 105.8), within_km=20)] == ["chua-mot-cot"]
    assert [each.slug for each in client.landmarks(bbox=(106, 10, 107, 11), has_photos=False)] == [far.slug]
    assert [each.slug for each in client.nearby("far", within_km=2000)] == ["chua-mot-cot"]
    assert list(client.landmarks(updated_since=datetime.now(UTC) + timedelta(days=1))) == []


def test_a_place_is_read_whole_also_by_the_name_it_had(client, pagoda):
    assert client.landmark("chua-mot-cot").photo_count == 1
    LandmarkFactory(slug="old", merged_into=pagoda)
    assert client.landmark("old").slug == "chua-mot-cot"
    with pytest.raises(Problem) as refused:
        client.landmark("../provinces")
    assert (refused.value.code, refused.value.status) == ("not_found", 404)


def test_changes_are_read_from_a_cursor_on(client, pagoda):
    pages = list(client.changes(page_size=2))
    assert [page.has_more for page in pages][-1] is False
    first = {f"{each.kind} {each.key}": each for page in pages for each in page.results}
    assert first["landmark chua-mot-cot"].read().name_en == "One Pillar Pagoda"
    assert isinstance(first[f"image {pagoda.images.get().pk}"].read(), vietnam_tourism.Image)
    cursor = pages[-1].cursor
    pagoda.name_en = "Pagoda on One Pillar"
    pagoda.save()
    [page] = client.changes(cursor, kinds=["landmark"])
    assert [(each.what, each.read().name_en) for each in page.results] == [
        ("changed", "Pagoda on One Pillar")
    ]
    with pytest.raises(Problem) as refused:
        next(client.changes("12345-abc"))
    assert refused.value.code == "cursor_expired"


def test_the_dataset_is_fetched_by_those_who_may(site, pagoda, tmp_path):
    owner = CuratorFactory()
    token = keys.issue(owner, name="Mirror", scopes=["export"]).token
    archive = tmp_path / "dataset.zip"
    with Client(site, key=token) as client:
        export = client.export(archive, patience=120)
    assert (export.state, export.bytes) == ("ready", archive.stat().st_size)
    assert "landmarks.csv" in zipfile.ZipFile(archive).namelist()


def test_an_archive_that_came_broken_is_not_left_behind(tmp_path):
    ready = dict.fromkeys(["made_at", "photos", "landmarks"]) | {
        "id": "1", "url": "https://example.org/api/v1/exports/1/", "state": "ready", "reason": "", "bytes": 4,
        "asked_at": "2026-11-30T08:00:00Z", "sha256": "0" * 64, "download": "/api/v1/exports/1/file/",
    }  # fmt: skip
    waiting = ready | {"state": "waiting", "download": None}
    client, asked, pauses = failing(
        httpx.Response(202, json=waiting),
        httpx.Response(200, json=ready),
        httpx.Response(200, content=b"half"),
    )
    with pytest.raises(ValueError, match="not the archive"):
        client.export(tmp_path / "dataset.zip")
    assert list(tmp_path.iterdir()) == []
    assert (len(asked), pauses) == (3, [2.0])


# What goes wrong


def test_a_refusal_says_what_is_wrong_with_which_field(client, photo):
    with pytest.raises(Problem) as refused:
        client.search(photo, k=1000, method="none such")
    problem = refused.value
    assert (problem.status, problem.code) == (400, "invalid")
    assert {each.field for each in problem.errors} == {"k", "method"}
    assert problem.type.endswith("/api/v1/problems/invalid/")
    assert str(problem) == f"invalid: {problem.detail}"
    assert problem.request_id


def test_a_key_that_may_not_is_told_what_it_lacks(site, photo, make_key):
    with (
        Client(site, key=make_key(scopes=("catalogue",))) as client,
        pytest.raises(Problem) as refused,
    ):
        client.search(photo)
    assert (refused.value.code, refused.value.body["scope"]) == ("scope_missing", "search")


def failing(*answers: httpx.Response | Exception, **options) -> tuple[Client, list[httpx.Request], list]:
    """A client of a platform that answers so one after the other; what it was asked, and its pauses."""
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(request)
        said = left.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    client = Client(
        "https://example.org", http=httpx.Client(transport=httpx.MockTransport(answer)), **options
    )
    pauses: list[float] = []
    client._sleep = pauses.append
    return client, asked, pauses


def no(status: int, *, code: str = "", **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"code": code, "status": status}, headers=names)


FOUND = {"words": "hue", "places": [], "alike": []}


def test_what_cannot_be_answered_now_is_asked_again_when_the_platform_says():
    client, asked, pauses = failing(
        no(429, Retry_After="7"), no(503, Retry_After="2"), httpx.Response(200, json=FOUND)
    )
    assert client.by_words("hue").words == "hue"
    assert (len(asked), pauses) == (3, [7.0, 2.0])


def test_a_connection_that_breaks_is_tried_again_ever_later_and_given_up_in_the_end():
    client, asked, pauses = failing(*[httpx.ConnectError("refused")] * 5)
    with pytest.raises(NotReached, match="example.org does not answer: refused"):
        client.by_words("hue")
    assert (len(asked), pauses) == (5, [1.0, 2.0, 4.0, 8.0])


def test_a_question_that_is_sent_again_is_the_same_question():
    client, asked, _pauses = failing(httpx.ReadTimeout("late"), no(503), no(400))
    with pytest.raises(Problem):
        client.search(b"photo")
    keys = {request.headers["Idempotency-Key"] for request in asked}
    assert (len(asked), len(keys)) == (3, 1)
    assert all(b"\r\n\r\nphoto\r\n" in request.content for request in asked)


def test_each_question_has_a_key_of_its_own():
    client, asked, _pauses = failing(no(400), no(400))
    for _question in range(2):
        with pytest.raises(Problem):
            client.search(b"photo")
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 2


def test_a_days_quota_is_not_waited_for():
    client, asked, pauses = failing(no(429, code="quota_exceeded", Retry_After="40000"))
    with pytest.raises(Problem) as refused:
        client.by_words("hue")
    assert (refused.value.code, refused.value.retry_after) == ("quota_exceeded", 40000)
    assert (len(asked), pauses) == (1, [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 415, 422, 500])
def test_what_would_be_refused_again_is_not_sent_again(status):
    client, asked, _pauses = failing(no(status, code="said"))
    with pytest.raises(Problem) as refused:
        client.by_words("hue")
    assert (refused.value.status, refused.value.code, len(asked)) == (status, "said", 1)


def test_a_refusal_that_is_none_of_the_platforms_is_a_problem_too():
    client, _asked, _pauses = failing(httpx.Response(502, text="<h1>Bad gateway</h1>"), retries=0)
    with pytest.raises(Problem, match="502: Bad Gateway") as refused:
        client.by_words("hue")
    assert (refused.value.code, refused.value.body, refused.value.errors) == ("", {}, [])


def test_a_key_is_sent_to_no_other_host():
    page = {"next": "https://elsewhere.example/api/v1/landmarks/?cursor=abc", "previous": None, "results": []}
    end = page | {"next": None}
    client, asked, _pauses = failing(
        httpx.Response(200, json=page), httpx.Response(200, json=end), no(404), key="vtr_1"
    )
    assert list(client.landmarks()) == []
    with pytest.raises(Problem):
        client.read("https://elsewhere.example/api/v1/searches/1/?token=t")
    assert {request.url.host for request in asked} == {"example.org"}
    assert asked[1].url.params["cursor"] == "abc"
    assert asked[2].url.params["token"] == "t"
    assert asked[0].headers["Authorization"] == "Bearer vtr_1"


def test_what_is_going_to_end_is_warned_of():
    ending = httpx.Response(
        200,
        json=FOUND,
        headers={"Deprecation": "@1798761600", "Sunset": "Sat, 01 Jan 2028 00:00:00 GMT"},
    )
    client, _asked, _pauses = failing(ending)
    with pytest.warns(DeprecationWarning, match="GET /api/v1/searches/by-words/ .* 01 Jan 2028"):
        client.by_words("hue")


def test_what_is_new_in_an_answer_is_passed_over():
    client, _asked, _pauses = failing(httpx.Response(200, json=FOUND | {"mood": "good"}))
    assert client.by_words("hue") == vietnam_tourism.Found("hue", [], [])


def test_an_http_client_of_ones_own_is_not_closed():
    mine = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(200, json=FOUND)))
    with Client("https://example.org", http=mine) as client:
        client.by_words("hue")
    assert not mine.is_closed


def test_everything_is_typed():
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", "/dev/null"]
    done = subprocess.run(
        [*command, "vietnam_tourism"], cwd=PROJECT / "static" / "partners", text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout


def test_the_whole_of_it_is_public_by_name():
    exported: Callable[[str], bool] = vietnam_tourism.__all__.__contains__
    assert all(map(exported, ("Client", "Problem", "NotReached", "NotSigned", "verify_webhook")))
    assert json.dumps(sorted(vietnam_tourism.__all__)) == json.dumps(vietnam_tourism.__all__)
