"""Whoever follows the changes of the catalogue has the same catalogue."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from places import changes, curation
from places.merging import merge
from places.models import Change, Landmark, LandmarkImage, Province
from tests.factories import (
    CuratorFactory,
    FormerProvinceFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
)

pytestmark = pytest.mark.thorough

CHANGES = "/api/v1/changes/"


class Mirror:
    """A partner's copy: what a program that follows the documentation would keep."""

    def __init__(self, client, page_size: int = 100) -> None:
        self.client = client
        self.things: dict[tuple[str, str], dict] = {}
        self.address = f"{CHANGES}?page_size={page_size}"
        self.told: list[tuple[str, str, str]] = []

    def follow(self) -> list[tuple[str, str, str]]:
        """Take over what changed; returns it as (kind, key, what)."""
        told = []
        while True:
            answer = self.client.get(self.address).json()
            for change in answer["results"]:
                thing = (change["kind"], change["key"])
                told.append((*thing, change["what"]))
                if change["record"] is None:
                    self.things.pop(thing, None)
                else:
                    self.things[thing] = change["record"]
            self.address = answer["next"]
            if not answer["has_more"]:
                return told

    def of(self, kind: str) -> dict[str, dict]:
        return {key: record for (of, key), record in self.things.items() if of == kind}


def catalogue(client, path: str, key: str) -> dict[str, dict]:
    """All of a list, each thing as its own address tells it, without what is counted."""
    found, address = {}, f"/api/v1/{path}/?page_size=200"
    while address:
        page = client.get(address).json()
        for row in page["results"]:
            whole = client.get(f"/api/v1/{path}/{row[key]}/").json()
            found[str(row[key])] = {name: it for name, it in whole.items() if not name.endswith("_count")}
        address = page["next"]
    return found


def assert_same(mirror: Mirror, client) -> None:
    assert mirror.of("landmark") == catalogue(client, "landmarks", "slug")
    assert mirror.of("image") == catalogue(client, "images", "id")
    assert mirror.of("province") == catalogue(client, "provinces", "slug")


@pytest.fixture
def mirror(client, db):
    return Mirror(client)


@pytest.fixture
def filled(db):
    """Two landmarks of one province with three photos between them."""
    province = ProvinceFactory(slug="ha-noi", name_vi="Hà Nội", name_en="Hanoi")
    former = FormerProvinceFactory(name_vi="Hà Tây", name_en="Ha Tay", province=province)
    temple = LandmarkFactory(slug="temple", province=province, former_province=former)
    lake = LandmarkFactory(slug="lake", province=province)
    for landmark in (temple, temple, lake):
        LandmarkImageFactory(landmark=landmark, published=True)
    LandmarkImageFactory(landmark=lake)
    return temple, lake


def test_from_the_beginning_the_whole_catalogue_is_told(client, filled, mirror):
    mirror.follow()
    assert len(mirror.of("image")) == 3
    assert_same(mirror, client)
    assert mirror.follow() == []


@pytest.mark.parametrize("page_size", [1, 2, 3, 500])
def test_a_mirror_stays_the_catalogue_whatever_is_done_to_it(client, filled, page_size):
    mirror = Mirror(client, page_size)
    mirror.follow()
    actor = CuratorFactory()
    temple, lake = filled
    hidden = LandmarkImage.objects.filter(state="candidate").get()

    def rename(landmark, slug):
        landmark.former_slugs, landmark.slug = [landmark.slug], slug
        landmark.save()

    acts = (
        lambda: LandmarkFactory(slug="new", province=None),
        lambda: curation.publish([hidden], actor=actor),
        lambda: curation.credit(hidden, told={"author": "Bình"}, actor=actor),
        lambda: curation.reject(temple.images.all()[:1], reason="blurred", actor=actor),
        lambda: curation.move(temple.images.all(), landmark=lake, actor=actor),
        lambda: Landmark.objects.filter(slug="temple").update(name_en="Temple of Literature"),
        lambda: temple.overlaps_with.add(lake),
        lambda: rename(Landmark.objects.get(slug="lake"), "sword-lake"),
        lambda: Province.objects.update(name_en="Hà Nội City"),
        lambda: temple.former_province.__class__.objects.update(name_en="Hatay"),
        lambda: merge(temple, into=Landmark.objects.get(slug="sword-lake"), actor=actor),
        lambda: Landmark.objects.filter(slug="new").delete(),
        lambda: LandmarkImage.objects.filter(pk=hidden.pk).delete(),
        lambda: LandmarkImage.objects.filter(state="published").update(licence="Permission given"),
    )
    for number, act in enumerate(acts):
        act()
        assert mirror.follow(), number
        assert_same(mirror, client)
    assert mirror.of("image") == {}
    fresh = Mirror(client, page_size)
    fresh.follow()
    assert fresh.things == mirror.things


def test_each_change_says_what_it_was(filled, mirror, client):
    mirror.follow()
    temple, lake = filled
    image = temple.images.first()
    curation.reject([image], reason="blurred")
    assert mirror.follow() == [("image", str(image.pk), "withdrawn")]
    curation.publish([image])
    assert mirror.follow() == [("image", str(image.pk), "added")]
    Landmark.objects.filter(pk=lake.pk).update(slug="pond")
    [renamed, added, *images] = mirror.follow()
    assert (renamed, added) == (("landmark", "lake", "renamed"), ("landmark", "pond", "added"))
    assert {kind for kind, *_rest in images} == {"image"}
    merge(temple, into=Landmark.objects.get(slug="pond"))
    assert ("landmark", "temple", "merged") in mirror.follow()


def test_what_a_thing_was_merged_into_or_renamed_to_is_told(client, filled):
    temple, lake = filled
    merge(temple, into=lake)
    Landmark.objects.filter(pk=lake.pk).update(slug="pond")
    told = {(one["key"], one["what"]): one["leads_to"] for one in client.get(CHANGES).json()["results"]}
    assert told["temple", "merged"] == "lake"
    assert told["lake", "renamed"] == "pond"


def test_of_a_withdrawn_photo_no_more_is_told_than_its_id(client, filled):
    image = LandmarkImage.objects.filter(state="published").first()
    curation.reject([image], reason="the family asked")
    [told] = [one for one in client.get(CHANGES).json()["results"] if one["key"] == str(image.pk)]
    assert told["record"] is None
    assert {told["kind"], told["what"], told["leads_to"]} == {"image", "withdrawn", ""}
    assert image.author not in str(told)


def test_a_photo_that_nobody_ever_saw_leaves_no_trace(filled, mirror):
    mirror.follow()
    image = LandmarkImage.objects.get(state="candidate")
    curation.reject([image], reason="a face")
    image.delete()
    assert mirror.follow() == []


def test_a_mirror_follows_in_a_fixed_number_of_queries(client, filled, django_assert_num_queries):
    LandmarkImageFactory.create_batch(10, published=True)
    Change.objects.number()
    client.get(CHANGES)
    with django_assert_num_queries(10):
        # numbering (a savepoint, a lock, an update), the lines, and each kind with what belongs to it
        client.get(CHANGES)


# From a moment on


def test_since_a_moment_all_is_told_that_could_not_be_seen_then(client, filled):
    client.get(CHANGES)
    Change.objects.update(numbered_at=timezone.now() - timedelta(hours=1))
    LandmarkFactory(slug="late")
    moment = (timezone.now() - timedelta(minutes=30)).isoformat()
    answer = client.get(CHANGES, {"since": moment}).json()
    assert [one["key"] for one in answer["results"] if one["kind"] == "landmark"] == ["late"]
    assert "since" not in answer["next"]
    everything = client.get(CHANGES, {"since": "2001-01-01"}).json()["results"]
    assert len(everything) > len(answer["results"])
    assert client.get(CHANGES, {"since": "2999-01-01T00:00:00Z"}).json()["results"] == []


def test_the_lists_are_narrowed_to_what_was_updated_since(client, filled):
    Change.objects.update(at=datetime(2026, 1, 1, tzinfo=UTC))
    image = LandmarkImage.objects.filter(state="published").first()
    curation.credit(image, told={"author": "Bình"}, actor=CuratorFactory())
    Landmark.objects.filter(slug="lake").update(name_en="Lake")
    since = {"updated_since": "2026-02-01T00:00:00Z"}
    assert [row["slug"] for row in client.get("/api/v1/landmarks/", since).json()["results"]] == ["lake"]
    assert [row["id"] for row in client.get("/api/v1/images/", since).json()["results"]] == [image.pk]
    assert client.get("/api/v1/provinces/", since).json()["results"] == []


def test_only_the_kinds_asked_for_are_told_and_the_cursor_goes_on_all_the_same(client, filled):
    answer = client.get(CHANGES, {"kind": ["province", "landmark"], "page_size": 3}).json()
    kinds = set()
    while True:
        kinds |= {one["kind"] for one in answer["results"]}
        if not answer["has_more"]:
            break
        answer = client.get(answer["next"]).json()
    assert kinds == {"province", "landmark"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("cursor=1-abc", 410, "cursor_expired"),
        ("cursor=nonsense", 410, "cursor_expired"),
        ("cursor=-1", 410, "cursor_expired"),
        ("cursor=" + "9" * 18, 410, "cursor_expired"),
        ("cursor=" + "9" * 3000, 400, "invalid"),
        ("cursor=%C2%B9", 410, "cursor_expired"),
        ("since=yesterday", 400, "invalid"),
        ("since=9999-12-31T23:59:59-23:00", 400, "invalid"),
        ("since=2026-01-01&cursor=0", 400, "invalid"),
        ("page_size=0", 400, "invalid"),
        ("page_size=501", 400, "invalid"),
        ("kind=visitor", 400, "invalid"),
        ("since=%00", 400, "bad_request"),
    ],
)
def test_what_cannot_be_a_place_in_history_is_refused(client, query, status, code):
    response = client.get(f"{CHANGES}?{query}")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_the_earliest_and_the_latest_moments_there_are_are_no_fault(client, filled):
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-02T00:00:00+23:00"):
        assert client.get(CHANGES, {"since": moment}).status_code in (200, 400)
        assert client.get("/api/v1/landmarks/", {"updated_since": moment}).status_code in (200, 400)


def test_a_cursor_of_before_a_backup_was_put_back_is_not_taken_for_one_of_now(client, filled):
    cursor = client.get(CHANGES).json()["cursor"]
    Change.objects.filter(position__gte=3).delete()  # as the backup has it
    LandmarkFactory.create_batch(10)
    Change.objects.number()
    assert Change.objects.filter(position=int(cursor.split("-")[0])).exists()
    assert client.get(CHANGES, {"cursor": cursor}).json()["code"] == "cursor_expired"


# Many at once


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_told_all_the_same(client):
    """One transaction begins first and ends last; whoever reads between the two sees its change afterwards."""
    mirror = Mirror(client)
    slow_has_written, slow_may_end = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                LandmarkFactory(slug="slow", province=None)
                slow_has_written.set()
                assert slow_may_end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert slow_has_written.wait(30)
    LandmarkFactory(slug="quick", province=None)
    assert mirror.follow() == [("landmark", "quick", "added")]
    before = changes.version()
    slow_may_end.set()
    thread.join()
    assert changes.version().name != before.name
    assert mirror.follow() == [("landmark", "slow", "added")]
    assert_same(mirror, client)


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_a_reader_at_once_lose_nothing(client):
    mirror = Mirror(client, page_size=3)

    def write(of: int) -> None:
        try:
            for number in range(10):
                with transaction.atomic():
                    LandmarkFactory(slug=f"place-{of}-{number}", province=None)
                    if number % 3 == 2:
                        transaction.set_rollback(True)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(of,)) for of in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        mirror.follow()
    mirror.follow()
    assert len(mirror.of("landmark")) == 4 * 7
    assert set(mirror.of("landmark")) == set(Landmark.objects.values_list("slug", flat=True))
    positions = list(Change.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
