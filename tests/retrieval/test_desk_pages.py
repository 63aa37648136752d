"""The desk's pages of what the index knows: wrong labels, suggested places, near-duplicates, coverage."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from places import curation, near_duplicates
from places.models import CurationEvent, Landmark, LandmarkImage
from retrieval import coverage, guessing
from retrieval.models import PlaceCoverage, PlaceGuess
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, UserFactory
from tests.retrieval.index.test_index import GEM
from tests.retrieval.test_lookalikes import photo_at
from tests.retrieval.test_place_accuracy import wait_at

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

DESK = "/en/admin/retrieval/descriptor/"
LABELS, SUGGESTED, COPIES, COVERAGE = (
    f"{DESK}{page}/" for page in ("wrong-labels", "suggested-places", "near-duplicates", "place-coverage")
)
PAGES = (LABELS, SUGGESTED, COPIES, COVERAGE)


@pytest.fixture
def curator():
    """A member of staff who may change photos, and nothing else."""
    user = UserFactory(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_landmarkimage"))
    return user


@pytest.fixture
def desk(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


@pytest.fixture
def places() -> dict[str, Landmark]:
    """A temple with a photo that stands among those of a tower."""
    places = {
        name.lower(): LandmarkFactory(slug=name.lower(), name_vi=name, name_en=name)
        for name in ("Temple", "Tower")
    }
    for name, angles in {"temple": (0, 2, 4, 6, 46), "tower": (40, 42, 44, 50, 52)}.items():
        for angle in angles:
            photo_at(angle, places[name])
    guessing.look_at_all(method=GEM)
    return places


def odd(places) -> LandmarkImage:
    return places["temple"].images.order_by("pk").last()


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def act(desk: Client, address: str, **fields):
    return desk.post(address, fields, follow=True)


def seen(*images: LandmarkImage) -> list[str]:
    latest = CurationEvent.objects.last_of([image.pk for image in images])
    return [f"{image.pk}:{latest[image.pk].pk if image.pk in latest else 0}" for image in images]


# ---- who sees them


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("prefix", ["/en", ""])
def test_a_curator_sees_each_page_in_either_language_with_nothing_in_it(desk, address, prefix):
    response = desk.get(prefix + address.removeprefix("/en"))
    assert response.status_code == 200
    assert "None" not in text(response)


@pytest.mark.parametrize("address", PAGES)
def test_others_do_not(client, address):
    assert client.get(address).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403


# ---- wrong labels


def test_a_doubted_photo_is_shown_with_its_neighbours_and_what_to_do(desk, places):
    page = desk.get(LABELS)
    assert f"Photo {odd(places).pk} stands at Temple ." in text(page)
    assert "4 of the 4 photos most like it show Tower" in text(page)
    assert text(page).count("similarity") == 4
    assert "Move to Tower" in text(page)
    assert "It does show Temple" in text(page)


def decide(desk: Client, places, *, choice: str, **fields):
    guess = PlaceGuess.objects.get(image=odd(places))
    given = {"guess": guess.pk, "landmark": guess.landmark_id, "seen": seen(odd(places)), "act": choice}
    return act(desk, LABELS, **(given | fields))


def test_moving_it_is_an_act_of_the_curators(desk, places, curator):
    image = odd(places)
    answer = decide(desk, places, choice="move")
    image.refresh_from_db()
    assert image.landmark == places["tower"]
    event = image.events.first()
    assert (event.verb, event.actor) == (CurationEvent.Verb.MOVE, curator)
    assert "The photo is at Tower now." in text(answer)
    assert "No photo seems to stand in the wrong place." in text(answer)


def test_leaving_it_ends_the_doubt_without_an_act(desk, places):
    image = odd(places)
    events = image.events.count()
    answer = decide(desk, places, choice="right")
    image.refresh_from_db()
    assert (image.landmark, image.events.count()) == (places["temple"], events)
    assert "No photo seems to stand in the wrong place." in text(answer)


def test_whoever_comes_second_is_told_and_overwrites_nothing(desk, places):
    gate = LandmarkFactory(name_en="Gate")
    stale = seen(odd(places))
    image = odd(places)
    curation.move([image], landmark=gate, actor=UserFactory(first_name="Lan"))
    guess = PlaceGuess.objects.get(image=image)
    answer = act(desk, LABELS, guess=guess.pk, landmark=guess.landmark_id, seen=stale, act="move")
    image.refresh_from_db()
    assert image.landmark == gate
    assert "Lan" in text(answer)


# ---- suggested places


def test_a_waiting_photo_is_shown_with_its_suggestion_and_published_there_in_one_act(desk, places):
    waiting = wait_at(3)
    guessing.look_at_all(method=GEM)
    page = text(desk.get(SUGGESTED))
    assert f"Photo {waiting.pk} has no place yet." in page
    assert "Looks like Temple: 4 of 5 neighbours agree" in page
    answer = act(
        desk,
        SUGGESTED,
        guess=waiting.place_guess.pk,
        landmark=places["temple"].pk,
        seen=seen(waiting),
        act="publish",
    )
    waiting.refresh_from_db()
    assert (waiting.state, waiting.landmark) == ("published", places["temple"])
    assert "is published at Temple" in text(answer)
    assert "No waiting photo has a suggestion." in text(answer)


def test_it_may_be_put_at_its_place_and_wait_on(desk, places):
    waiting = wait_at(3)
    guessing.look_at_all(method=GEM)
    act(
        desk,
        SUGGESTED,
        guess=waiting.place_guess.pk,
        landmark=places["temple"].pk,
        seen=seen(waiting),
        act="move",
    )
    waiting.refresh_from_db()
    assert (waiting.state, waiting.landmark) == ("candidate", places["temple"])
    assert "is said to show Temple , and looks like it." in text(desk.get(SUGGESTED))


def test_they_can_be_narrowed_to_those_without_a_place_or_said_to_show_another(desk, places):
    nowhere, elsewhere, same = wait_at(1), wait_at(2, places["tower"]), wait_at(3, places["temple"])
    guessing.look_at_all(method=GEM)

    def listed(only: str) -> set[int]:
        page = desk.get(SUGGESTED, {"only": only})
        return {guess.image_id for guess in page.context["page"]}

    assert listed("") == {nowhere.pk, elsewhere.pk, same.pk}
    assert listed("unlabelled") == {nowhere.pk}
    assert listed("elsewhere") == {elsewhere.pk}


def test_the_page_says_what_is_still_to_be_looked_at(desk, places):
    LandmarkImageFactory(landmark=None)
    assert "1 waiting photo is still to be looked at." in text(desk.get(SUGGESTED))


# ---- near-duplicates


@pytest.fixture
def copies() -> list[LandmarkImage]:
    """A small published photo, and a larger copy of it that waits."""
    place = LandmarkFactory(name_en="Temple", name_vi="Đền")
    small = LandmarkImageFactory(published=True, landmark=place, size=(160, 120), seed=1)
    large = LandmarkImageFactory(landmark=place, size=(640, 480), seed=2, near_duplicate_of=small)
    return [small, large]


def groups() -> list[near_duplicates.Group]:
    return [near_duplicates.group(lead) for lead in near_duplicates.groups_of(near_duplicates.leads())]


def test_the_largest_that_may_be_shown_is_proposed(copies):
    [group] = groups()
    assert group.images == (copies[1], copies[0])
    LandmarkImage.objects.filter(pk=copies[1].pk).update(author="")
    [group] = groups()
    assert group.best == copies[0]


def test_of_two_that_may_be_shown_the_one_with_fewer_faults_is_proposed(copies):
    LandmarkImage.objects.filter(pk=copies[1].pk).update(sharpness=3, lettering=0.3)
    [group] = groups()
    assert group.best == copies[0]


def test_of_equal_ones_the_published_then_the_first_is_proposed(copies):
    LandmarkImage.objects.filter(pk=copies[1].pk).update(width=160, height=120)
    third = LandmarkImageFactory(landmark=copies[0].landmark, size=(160, 120), near_duplicate_of=copies[0])
    [group] = groups()
    assert group.images == (copies[0], copies[1], third)


def test_groups_of_which_less_than_two_stand_are_settled(copies):
    curation.reject([copies[0]], reason="blurred")
    assert groups() == []
    third = LandmarkImageFactory(landmark=copies[0].landmark, near_duplicate_of=copies[0], size=(80, 60))
    [group] = groups()
    assert group.images == (copies[1], third)


def test_keeping_the_best_publishes_it_and_rejects_the_others(desk, copies):
    small, large = copies
    page = desk.get(COPIES)
    assert "640 × 480" in text(page)
    assert page.content.decode().index(f'value="{large.pk}" checked') > 0
    answer = act(desk, COPIES, keep=large.pk, seen=seen(small, large))
    for image in copies:
        image.refresh_from_db()
    assert (large.state, small.state) == ("published", "rejected")
    assert f"#{large.pk}" in small.state_reason
    assert "1 near-duplicate of it is rejected." in text(answer)
    assert "The catalogue has no picture more than once." in text(answer)


def test_where_the_one_to_keep_cannot_be_shown_nothing_is_done(desk, copies):
    small, large = copies
    large.original.storage.delete(large.original.name)
    act(desk, COPIES, keep=large.pk, seen=seen(small, large))
    small.refresh_from_db()
    assert small.state == "published"


def test_what_is_another_picture_leaves_the_group(desk, copies):
    small, large = copies
    answer = act(desk, COPIES, apart=large.pk, seen=seen(small, large))
    large.refresh_from_db()
    assert (large.near_duplicate_of, large.state) == (None, "candidate")
    assert "stands by itself now." in text(answer)
    assert groups() == []


# ---- coverage


def test_places_are_listed_with_what_they_lack_the_neediest_first(desk, places):
    LandmarkFactory(slug="empty", name_en="Empty")
    call_command("measure_coverage")
    page = desk.get(COVERAGE)
    assert [row.landmark.name_en for row in page.context["page"]] == ["Empty", "Temple", "Tower"]
    assert "Of 3 places 1 have no photo, and 2 have fewer than 20." in text(page)
    assert "Of 10 photos 9 find their place when they ask for it." in text(page)
    assert "80 % 4 of 5" in text(page)
    assert (
        f"up to {coverage.WANTED.points_for_photos} for having fewer than {coverage.WANTED.photos} photos"
        in text(page)
    )


@pytest.mark.parametrize(
    ("order", "first"),
    [("", "Empty"), ("photos", "Empty"), ("accuracy", "Temple"), ("searches", "Tower"), ("x", "Empty")],
)
def test_they_can_be_ordered_by_what_they_lack(desk, places, order, first):
    LandmarkFactory(slug="empty", name_en="Empty")
    call_command("measure_coverage")
    PlaceCoverage.objects.filter(landmark=places["tower"]).update(failed_searches=7)
    page = desk.get(COVERAGE, {"order": order})
    assert page.context["page"][0].landmark.name_en == first


def test_they_can_be_found_by_name_and_province(desk, places):
    LandmarkFactory(slug="empty", name_en="Empty", name_vi="Chùa Vắng", province=ProvinceFactory(slug="here"))
    call_command("measure_coverage")
    for asked in ({"q": "chua vang"}, {"province": "here"}):
        assert [row.landmark.slug for row in desk.get(COVERAGE, asked).context["page"]] == ["empty"]
    assert "No place is called so." in text(desk.get(COVERAGE, {"q": "zzzzz"}))


def test_what_has_not_been_measured_since_it_changed_is_said(desk, places):
    call_command("measure_coverage")
    assert "changed since" not in text(desk.get(COVERAGE))
    LandmarkImageFactory(landmark=places["tower"])
    assert "1 place has changed since." in text(desk.get(COVERAGE))


# ---- however many there are


def many(places) -> None:
    """Another photo of each kind of everything that the pages list."""
    photo_at(43, places["temple"])
    wait_at(3)
    photo_at(0, LandmarkFactory(), near_duplicate_of=photo_at(0, places["temple"]))
    guessing.look_at_all(method=GEM)
    call_command("measure_coverage")


@pytest.mark.parametrize("address", PAGES)
def test_each_page_takes_a_fixed_number_of_queries(desk, places, address):
    many(places)
    desk.get(address)
    with CaptureQueriesContext(connection) as first:
        desk.get(address)
    for _time in range(3):
        many(places)
    with CaptureQueriesContext(connection) as then:
        desk.get(address)
    assert len(then) == len(first) <= 20


# ---- the filter on the wall of photos


def test_the_wall_shows_the_photos_that_resemble_the_others_of_their_place_least(desk, places):
    lonely = photo_at(48, LandmarkFactory())  # the only one of its place has nothing that it could resemble
    guessing.look_at_all(method=GEM)
    wall = desk.get("/en/admin/places/landmarkimage/?only=outliers")
    assert [image.pk for image in wall.context["page"].photos] == [odd(places).pk]
    assert "Unlike the others of their place" in text(wall)
    assert lonely.place_guess.asked == 0


def test_a_photo_whose_neighbours_agree_on_nothing_is_an_outlier_too(places):
    PlaceGuess.objects.filter(image=odd(places)).update(landmark=None, agreeing=0)
    assert PlaceGuess.objects.outlying().get().image == odd(places)


def test_a_photo_of_which_a_curator_said_that_it_stands_right_is_no_outlier(places):
    PlaceGuess.objects.filter(image=odd(places)).update(right_label=places["temple"])
    assert not PlaceGuess.objects.outlying().exists()
