import re

import numpy as np
import pytest

from places import curation
from places.models import LandmarkImage
from retrieval import asking, hit_page, indexing, search
from retrieval.models import Hit, Query
from retrieval.ranking.alignment import pack, unpack
from retrieval.ranking.verification import AFFINE, Verification
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory, drawn_photo
from tests.retrieval.test_views import answered, asked, text_of, visitors_search

pytestmark = pytest.mark.django_db


def alike(count: int, *, seed: int = 1) -> bytes:
    """So many details of the factories' photos, the image's half as large in the query."""
    image = np.random.default_rng(seed).uniform((0, 0), (319, 239), (count, 2)).round()
    return pack(Verification(count, image / 2 + [100, 50], image))


def found(count: int | None = 20, *, kept: bool = True, **fields) -> Hit:
    """A hit of a shared search, with so many details alike."""
    query = answered(LandmarkImageFactory(published=True), **{"shared": True} | fields)
    enough = kept and count is not None and count >= AFFINE.least
    query.hits.update(inliers=count, matches=alike(count) if enough else b"")
    return query.hits.get()


def address(hit: Hit, language: str = "") -> str:
    return f"{language}/searches/{hit.query_id}/hits/{hit.rank}/"


def lines_in(page: str) -> list[int]:
    """How many lines each of the drawings has."""
    return [path.count("L") for path in re.findall(r'class="match__line" d="([^"]*)"', page)]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("", "37 chi tiết trùng khớp trong cả hai ảnh"), ("/en", "37 details lie alike in both")],
)
def test_the_page_says_how_many_details_agree_and_draws_a_line_for_each(client, language, sentence):
    response = client.get(address(found(37), language))
    assert response.status_code == 200
    assert sentence in text_of(response)
    assert lines_in(response.content.decode()) == [37, 37]  # beside each other, and one above the other


def test_no_more_lines_are_drawn_than_an_eye_can_follow(client):
    response = client.get(address(found(200), "/en"))
    assert lines_in(response.content.decode()) == [hit_page.LINES_SHOWN] * 2
    assert "200 details lie alike" in text_of(response)
    assert "60 of them are drawn" in text_of(response)


def test_lines_end_where_the_details_lie_however_the_photos_are_laid_out():
    hit = found()
    hit.matches = pack(Verification(2, np.array([[0, 0], [400, 200]]), np.array([[320, 240], [0, 0]])))
    beside, above = hit_page.evidence(hit.query, hit).drawings
    assert (beside.width, beside.height) == (2000 + 24 + 1333, 1000)
    assert beside.lines == "M0 0L3357 1000M2000 1000L2024 0"
    assert beside.query == "translate(0 0) scale(5 5)"
    assert (above.width, above.height) == (1000, 500 + 24 + 750)
    assert above.lines == "M0 0L1000 1274M1000 500L0 524"


def test_a_tall_photo_above_another_fits_the_screen_and_stands_in_the_middle():
    hit = found(width=300, height=1200)
    above = hit_page.evidence(hit.query, hit).drawings[1]
    assert above.query == "translate(325 0) scale(1.16667 1.16667)"
    assert above.height == 1400 + 24 + 750


def test_the_found_photo_is_laid_over_the_visitors_by_a_map_that_any_language_writes_alike(client):
    hit = found(30)
    numbers = re.fullmatch(r"matrix\((.*)\)", hit_page.evidence(hit.query, hit).transform)[1].split()
    assert [float(number) for number in numbers] == pytest.approx([0.5, 0, 0, 0.5, 100, 50], abs=0.5)
    for language in ("", "/en"):
        page = client.get(address(hit, language)).content.decode()
        assert f'transform="matrix({" ".join(numbers)})"' in page
        assert page.count('type="radio" name="aligned"') == 3
        assert re.findall(r"<script[^>]*>", page) == [
            '<script src="/static/js/installed.js" defer>'
        ]  # every page's


@pytest.mark.parametrize(
    ("count", "kept", "sentence"),
    [
        (None, True, "compared as a whole, not detail by detail"),
        (1, True, "only 1 lies alike"),
        (AFFINE.least - 1, True, "only 11 lie alike"),
    ],
)
def test_without_matches_the_page_says_that_only_the_look_is_alike_and_why(client, count, kept, sentence):
    response = client.get(address(found(count, kept=kept), "/en"))
    assert response.status_code == 200
    text = text_of(response)
    assert sentence in text
    assert "One laid over the other" not in text
    assert lines_in(response.content.decode()) == []


def test_the_box_is_drawn_on_the_visitors_photo(client):
    hit = found(left=100, top=50, right=300, bottom=150)
    assert 'd="M100 50H300V150H100z"' in client.get(address(hit)).content.decode()


def test_the_photo_keeps_its_attribution_wherever_it_is_shown(client):
    page = client.get(address(found(30))).content.decode()
    assert page.count('rel="license nofollow">CC BY-SA 4.0</a>') == 2
    assert text_of(client.get(address(found(30)))).count("An Nguyễn") == 2


def test_the_page_takes_few_queries(client, django_assert_max_num_queries):
    hit = found()
    with django_assert_max_num_queries(3):
        client.get(address(hit))


def test_a_hit_that_is_not_there_is_not_found(client):
    hit = found()
    for rank in (1, 32767, 32768, 10**30):
        assert client.get(f"/searches/{hit.query_id}/hits/{rank}/").status_code == 404
    assert client.get(f"/searches/{asked(shared=True).pk}/hits/0/").status_code == 404


def test_a_withdrawn_photo_is_not_shown_though_its_hit_were_still_there(client):
    hit = found()
    LandmarkImage.objects.filter(pk=hit.image_id).update(state="rejected", photo="", thumbnail="")
    response = client.get(address(hit))
    assert response.status_code == 410
    assert "đã được gỡ" in response.content.decode()
    assert client.get(f"/api/v1/searches/{hit.query_id}/hits/0/").status_code == 404


def test_the_page_of_a_photo_that_a_curator_rejected_says_that_it_is_gone(client):
    hit = found()
    hit.query.found = 1
    hit.query.save()
    curation.reject([hit.image], reason="not the place")
    assert client.get(address(hit)).status_code == 410
    assert client.get(f"/searches/{hit.query_id}/hits/1/").status_code == 404  # there never was one


def test_only_who_may_read_the_search_sees_why(client):
    hit = found(shared=False, user=UserFactory())
    assert client.get(address(hit)).status_code == 404
    client.force_login(hit.query.user)
    response = client.get(address(hit))
    assert response.status_code == 200
    assert "Ảnh của bạn" in text_of(response)


def test_a_visitors_own_session_opens_it(client):
    query = visitors_search(client, state=Query.State.ANSWERED)
    hit = Hit.objects.create(query=query, image=LandmarkImageFactory(published=True), rank=0, similarity=0.5)
    assert client.get(address(hit)).status_code == 200


# The answer


def test_each_hit_of_the_answer_leads_to_its_page(client):
    query = answered(*LandmarkImageFactory.create_batch(3, published=True), shared=True)
    page = client.get(f"/searches/{query.pk}/").content.decode()
    for rank in range(3):
        assert f'class="photo__why" href="/searches/{query.pk}/hits/{rank}/"' in page


def test_a_place_says_what_speaks_for_it_and_what_contradicts_it(client):
    places = [LandmarkFactory(name_en=name) for name in ("Bridge", "Cave", "Tower")]
    query = answered(*(LandmarkImageFactory(published=True, landmark=place) for place in places), shared=True)
    for rank, votes in enumerate([7, 2, 1]):
        query.places.filter(rank=rank).update(votes=votes)
    text = text_of(client.get(f"/en/searches/{query.pk}/"))
    assert "3 of the 10 nearest photos show other places: Cave, Tower" in text
    assert "8 of the 10 nearest photos show other places: Bridge, Tower" in text
    assert "See what agrees in its best photo · 40 matching details" in text


def test_a_place_that_all_photos_show_has_nothing_against_it(client):
    query = answered(LandmarkImageFactory(published=True), shared=True)
    assert "None of the 3 nearest photos shows another place" in text_of(
        client.get(f"/en/searches/{query.pk}/")
    )


def test_a_place_whose_photos_were_withdrawn_has_no_best_photo():
    first, second = LandmarkImageFactory.create_batch(2, published=True)
    answered(first, second)
    curation.reject([first], reason="not the place")
    places = Query.objects.with_answer().get().weighed_places()
    assert [place.hit and place.hit.image for place in places] == [None, second]
    assert [place.against for place in places] == [3, 3]


# What is kept


@pytest.mark.usefixtures("quick_methods")
def test_a_search_keeps_the_matches_of_credible_hits_alone():
    for seed in (1, 2, 3):
        indexing.describe_image(LandmarkImageFactory(published=True, seed=seed))
    query = asking.ask(drawn_photo(1, (320, 240)), method="delf")
    search.answer(query)
    hits = list(query.hits.all())
    assert hits[0].inliers >= AFFINE.least
    for hit in hits:
        kept = unpack(hit.matches)
        assert len(kept) == (hit.inliers if hit.inliers >= AFFINE.least else 0)
    same = unpack(hits[0].matches).astype(int)
    assert np.abs(same[:, :2] - same[:, 2:]).max() < 20  # the photo itself: each detail at its own place


@pytest.mark.usefixtures("quick_methods")
def test_a_method_that_does_not_verify_keeps_none():
    indexing.describe_image(LandmarkImageFactory(published=True, seed=1))
    query = asking.ask(drawn_photo(1, (320, 240)), method="sir")
    search.answer(query)
    assert bytes(query.hits.get().matches) == b""


# The API


def test_the_api_gives_a_hits_matches_and_the_map(client):
    hit = found(30)
    body = client.get(f"/api/v1/searches/{hit.query_id}/hits/0/").json()
    assert body["rank"] == 0
    assert body["inliers"] == len(body["matches"]) == 30
    assert body["matches"] == unpack(hit.matches).tolist()
    assert np.array(body["image_onto_query"]) == pytest.approx(
        np.array([[0.5, 0, 100], [0, 0.5, 50]]), abs=0.5
    )
    assert (body["query_width"], body["query_height"]) == (400, 200)
    assert body["image"]["author"]


def test_the_api_gives_no_matches_where_none_count(client):
    body = client.get(f"/api/v1/searches/{found(5).query_id}/hits/0/").json()
    assert (body["inliers"], body["matches"], body["image_onto_query"]) == (5, [], None)


def test_the_answer_of_the_api_leads_to_each_hit_and_weighs_each_place(client):
    places = [LandmarkFactory(slug=slug) for slug in ("bridge", "cave")]
    query = answered(*(LandmarkImageFactory(published=True, landmark=place) for place in places), shared=True)
    body = client.get(f"/api/v1/searches/{query.pk}/").json()
    assert [(place["votes"], place["against"], place["best_hit"]) for place in body["places"]] == [
        (3, 3, 0),
        (3, 3, 1),
    ]
    assert body["hits"][0]["matches"] is None
    Query.objects.update(shared=False)
    assert client.get(body["hits"][1]["url"]).json()["rank"] == 1  # the address carries the token


def test_the_api_finds_no_hit_out_of_range_nor_one_of_anothers_search(client):
    hit = found()
    for rank in (1, 99999):
        assert client.get(f"/api/v1/searches/{hit.query_id}/hits/{rank}/").status_code == 404
    Query.objects.update(shared=False)
    assert client.get(f"/api/v1/searches/{hit.query_id}/hits/0/").status_code == 404


def test_the_api_documents_matches(client):
    schema = client.get("/api/v1/schema/", {"format": "json"}).json()
    [path] = [path for path in schema["paths"] if path.endswith("/hits/{rank}/")]
    answer = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["$ref"].endswith("/Hit")
    matches = schema["components"]["schemas"]["Hit"]["properties"]["matches"]
    assert matches["items"]["type"] == "array"
    assert "query_x" in matches["description"]
