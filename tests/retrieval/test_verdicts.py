"""What the page and the API say in each of the three states."""

import pytest
from django.urls import reverse

from retrieval import corrections
from retrieval.models import LookAlike, Query, RankedPlace
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory
from tests.retrieval.test_views import answered, text_of

pytestmark = pytest.mark.django_db

NAMES = {"Văn Miếu": "Temple of Literature", "Chùa Một Cột": "One Pillar Pagoda", "Tháp Rùa": "Turtle Tower"}


def judged(verdict: str, *chances: float, **fields) -> Query:
    """A search by consensus whose places have these probabilities, in the order of NAMES."""
    places = [LandmarkFactory(name_vi=vi, name_en=en) for vi, en in NAMES.items()]
    images = [LandmarkImageFactory(published=True, landmark=place) for place in places]
    query = answered(
        *images, **{"method": "consensus", "verdict": verdict, "known": sum(chances), "shared": True} | fields
    )
    for place, chance in zip(query.places.order_by("rank"), chances, strict=True):
        RankedPlace.objects.filter(pk=place.pk).update(probability=chance, named_by=["sir"])
    return query


def page(client, query: Query, prefix: str = "") -> str:
    return text_of(client.get(f"{prefix}/searches/{query.pk}/"))


@pytest.mark.parametrize(
    ("verdict", "chances", "vietnamese", "english"),
    [
        ("is", (0.92, 0.03, 0.01), "Đây là Văn Miếu", "This is Temple of Literature"),
        (
            "one_of", (0.4, 0.3, 0.2), "Có thể là Văn Miếu, Chùa Một Cột hoặc Tháp Rùa",
            "It may be Temple of Literature, One Pillar Pagoda or Turtle Tower",
        ),
        (
            "one_of", (0.45, 0.3, 0.02), "Có thể là Văn Miếu hoặc Chùa Một Cột",
            "It may be Temple of Literature or One Pillar Pagoda",
        ),
        (
            "unknown", (0.1, 0.02, 0.01), "Nơi này chưa có trong danh mục của chúng tôi",
            "This place is not in our catalogue",
        ),
        (
            "unknown", (0.5, 0.02, 0.01), "Chúng tôi chưa thể chắc nơi này có trong danh mục",
            "We cannot be sure that our catalogue holds this place",
        ),
    ],
)  # fmt: skip
def test_each_state_is_a_sentence_in_both_languages(client, verdict, chances, vietnamese, english):
    query = judged(verdict, *chances)
    assert vietnamese in page(client, query)
    assert english in page(client, query, "/en")
    assert "Gần giống nhất" not in page(client, query)


def test_what_is_not_in_the_catalogue_still_shows_the_nearest_below(client):
    text = page(client, judged("unknown", 0.1, 0.02, 0.01), "/en")
    assert (
        text.index("not in our catalogue")
        < text.index("The nearest we have")
        < text.index("Temple of Literature")
    )
    assert "Is this right?" not in text


def test_the_probability_and_who_agrees_stand_behind_why(client):
    text = page(client, judged("is", 0.92, 0.03, 0.001), "/en")
    assert "We give it 92 %: very likely." in text
    assert "1 of 3 methods puts it first: SIR." in text
    assert "We give it at most 1 %: unlikely." in text
    assert "How we search, and how well" in text
    assert "not a certainty" not in text
    assert "Highest similarity" not in text


def test_what_is_not_calibrated_says_closest_match_and_warns(client):
    text = page(client, answered(LandmarkImageFactory(published=True), shared=True), "/en")
    assert "Closest match" in text
    assert "not a certainty" in text


def test_the_title_and_what_is_read_aloud_follow_the_state(client):
    query = judged("one_of", 0.4, 0.3, 0.05)
    arriving = client.get(
        f"/en/searches/{query.pk}/progress/", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<title>Temple of Literature or One Pillar Pagoda? ·" in arriving
    assert ">It may be Temple of Literature or One Pillar Pagoda</div>" in arriving


def test_the_one_of_several_is_corrected_by_its_name(client):
    user = UserFactory()
    client.force_login(user)
    query = judged("one_of", 0.4, 0.3, 0.05, user=user, shared=False)
    second = query.places.get(rank=1).landmark
    assert "Là nơi nào?" in page(client, query)
    client.post(f"/searches/{query.pk}/correction/", {"said": "in_fact", "landmark": second.slug})
    assert query.corrections.get().landmark == second


def test_an_answer_that_names_no_place_is_neither_right_nor_wrong():
    with pytest.raises(corrections.NoPlaceAnswered):
        corrections.correct(judged("unknown", 0.1, 0.02, 0.01), said="right")


def test_lookalikes_among_the_first_places_are_told_apart_on_the_page_and_in_the_api(
    client, django_assert_num_queries
):
    query = judged("is", 0.92, 0.03, 0.01)
    first, second = sorted((place.landmark for place in query.places.all()[:2]), key=lambda one: one.pk)
    LookAlike.objects.create(
        first=first, second=second, confusions=1, photos=4, similarity=0.8, method="delf", version="v",
        detail_vi="Chỉ một nơi có cột.", detail_en="Only one has a pillar.",
    )  # fmt: skip
    with django_assert_num_queries(8):
        text = page(client, query)
    assert "Chỉ một nơi có cột." in text
    body = client.get(reverse("api:search-detail", args=[query.pk])).json()
    assert body["lookalikes"][0]["landmarks"] == [first.slug, second.slug]


def test_the_api_gives_the_verdict_with_its_figures(client):
    query = judged("one_of", 0.4, 0.3, 0.05)
    body = client.get(reverse("api:search-detail", args=[query.pk])).json()
    assert (body["verdict"], body["verifier"], body["views"]) == ("one_of", "", [])
    assert body["known"] == pytest.approx(0.75)
    assert (body["places"][0]["probability"], body["places"][0]["named_by"]) == (0.4, ["sir"])


def test_the_history_names_the_state(client):
    user = UserFactory()
    client.force_login(user)
    judged("unknown", 0.1, 0.02, 0.01, user=user)
    judged("one_of", 0.4, 0.3, 0.05, user=user)
    text = text_of(client.get("/en/searches/"))
    assert "Not in our catalogue" in text
    assert "Temple of Literature or One Pillar Pagoda?" in text
