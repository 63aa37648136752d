"""The desk's pages: which photos they show, what they let be done, and what they tell."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from places import curation, desk, reasons
from places.models import Contribution, CurationEvent, LandmarkImage, OpenPhoto
from tests.factories import (
    CuratorFactory,
    LandmarkFactory,
    LandmarkImageFactory,
    ProvinceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
FETCHED = {"headers": {"X-Requested-With": "fetch"}}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def curator():
    return CuratorFactory(first_name="Lan")


@pytest.fixture
def client(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def page(name: str, *args) -> str:
    return reverse(f"admin:places_desk{name}", args=args)


def version(image: LandmarkImage) -> str:
    return f"{image.pk}:{LandmarkImage.objects.with_last_act().get(pk=image.pk).last_act}"


def act(client: Client, verb: str, *images: LandmarkImage, fetched: bool = False, **told):
    data = {"verb": verb, "photo": [version(image) for image in images]} | told
    return client.post(page("_act"), data, **(FETCHED if fetched else {"follow": True}))


def shown(answer) -> list[int]:
    return [int(number) for number in re.findall(r'data-photo="(\d+)"', answer.content.decode())]


def fresh(image: LandmarkImage) -> LandmarkImage:
    return LandmarkImage.objects.get(pk=image.pk)


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def given_by_a_visitor(image: LandmarkImage) -> None:
    Contribution.objects.create(image=image, may_license=True, note="From the bridge")


# ---- Which photos ----


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ("state=rejected", {"state": "rejected"}),
        ("only=unattributed", {"author": ""}),
        ("only=samples", {"is_sample": True}),
        ("source=commons.example.org", {"source_url": "https://www.commons.example.org/a"}),
        ("q=minh+khai", {"author": "Nguyễn Thị Minh Khai"}),
        ("q=cho+ben", {"landmark__name_vi": "Chợ Bến Thành"}),
        ("place=market", {"landmark__slug": "market"}),
        ("place=ben+thanh", {"landmark__name_vi": "Chợ Bến Thành"}),
        ("province=hue", {"landmark__province__slug": "hue"}),
    ],
)
def test_photos_are_found_by_what_they_are(client, asked, fields):
    LandmarkImageFactory.create_batch(2)
    found = LandmarkImageFactory(**fields)
    assert shown(client.get(f"{page('')}?{asked}")) == [found.pk]


def test_photos_are_found_by_number_contributor_and_group(client):
    first, second, third = LandmarkImageFactory.create_batch(3)
    lan = UserFactory()
    LandmarkImage.objects.filter(pk=second.pk).update(near_duplicate_of=first, contributed_by=lan)
    given_by_a_visitor(third)
    assert shown(client.get(f"{page('')}?q=%23{first.pk}")) == [first.pk]
    assert shown(client.get(f"{page('')}?by={lan.pk}")) == [second.pk]
    assert shown(client.get(f"{page('')}?only=alike")) == [second.pk, first.pk]
    assert shown(client.get(f"{page('')}?only=visitors")) == [third.pk]


def test_photos_of_low_quality_are_found_and_their_faults_named(client):
    LandmarkImageFactory(size=(400, 300), sharpness=40)
    bad = LandmarkImageFactory(size=(400, 300), sharpness=3, seam=4)
    grid = client.get(f"{page('')}?only=faulty")
    assert shown(grid) == [bad.pk]
    look = client.get(page("_look", bad.pk))
    for answer in (grid, look):
        assert "blurred, several pictures in one" in answer.content.decode()


@pytest.mark.parametrize(
    "asked", ["state=x&province=y&only=z&by=w&before=v", "q=%23999999999999999999999999", "q=%00"]
)
def test_what_is_not_understood_is_left_out(client, asked):
    assert client.get(f"{page('')}?{asked}").status_code == 200


def test_filters_stand_in_the_address_and_each_can_be_taken_away(client):
    hue = ProvinceFactory(slug="hue", name_en="Hue")
    LandmarkImageFactory.create_batch(2, landmark__province=hue, author="")
    LandmarkImageFactory()
    text = client.get(f"{page('')}?province=hue&only=unattributed").content.decode()
    assert '<a href="?only=unattributed">Hue' in text
    assert '<a href="?province=hue">Author, licence or source missing' in text
    assert 'href="?state=candidate&amp;province=hue&amp;only=unattributed">Waiting <span>2</span>' in text


def test_pages_follow_each_other_without_a_gap(client, monkeypatch):
    monkeypatch.setattr(desk, "A_PAGE", 3)
    images = [image.pk for image in LandmarkImageFactory.create_batch(7)][::-1]
    address, seen = page(""), []
    for _number in range(3):
        answer = client.get(address)
        seen += shown(answer)
        older = answer.context["page"].older
        address = page("") + (older or "")
    assert seen == images
    assert older is None
    back = client.get(page("") + answer.context["page"].newer)
    assert shown(back) == images[3:6]
    assert shown(client.get(page("") + back.context["page"].newer)) == images[:3]


def test_the_page_takes_as_many_queries_for_many_photos_as_for_one(client):
    curation.publish([LandmarkImageFactory()])
    queries_of(client, page(""))  # what is cached between requests is
    before = queries_of(client, page(""))
    images = LandmarkImageFactory.create_batch(12)
    curation.reject(images[:6], reason="blurred", actor=CuratorFactory())
    assert queries_of(client, page("")) == before


def test_a_page_can_be_chosen_whole_without_javascript(client):
    LandmarkImageFactory.create_batch(2)
    assert client.get(f"{page('')}?check=page").content.decode().count('" checked>') == 2


# ---- What is done ----


def test_photos_are_published_and_those_refused_are_named(client, curator, settings):
    whole, bare = LandmarkImageFactory(), LandmarkImageFactory(licence="")
    text = act(client, "publish", whole, bare).content.decode()
    assert LandmarkImage.objects.published().get() == whole
    assert CurationEvent.objects.get().actor == curator
    assert "1 photo changed. 1 was left as it is." in text
    assert f"{bare}: Missing: licence." in text


def test_rejecting_asks_for_a_reason_keeps_it_and_offers_it_again(client):
    first, second = LandmarkImageFactory(published=True), LandmarkImageFactory()
    assert "Say why" in act(client, "reject", first, reason="", words=" ").content.decode()
    assert fresh(first).state == "published"
    act(client, "reject", first, reason=reasons.STANDARD[1])
    assert (fresh(first).state, fresh(first).state_reason) == ("rejected", "Blurred or too dark.")
    text = act(
        client, "reject", second, reason=reasons.STANDARD[1], words="A finger before the lens"
    ).content.decode()
    assert fresh(second).state_reason == "A finger before the lens"
    assert 'value="A finger before the lens" checked' in text


def test_a_standard_reason_is_read_in_the_readers_language():
    image = LandmarkImageFactory()
    curation.reject([image], reason=reasons.STANDARD[1])
    with translation.override("vi"):
        assert reasons.in_words(fresh(image).state_reason) == "Ảnh mờ hoặc quá tối."
        assert reasons.in_words("near-duplicate of #12") == "Gần giống ảnh #12"
        assert reasons.in_words("ngược sáng") == "ngược sáng"
        assert reasons.in_words("") == ""


def test_moving_asks_which_place_is_meant_where_words_mean_several(client):
    image = LandmarkImageFactory()
    one = LandmarkFactory(slug="cho-dam", name_vi="Chợ Đầm", name_en="Dam Market")
    two = LandmarkFactory(slug="cho-hom", name_vi="Chợ Hôm", name_en="Hom Market")
    for nowhere, told in (("", "name the place"), ("xyzzy", "No place is called so")):
        assert told in act(client, "move", image, landmark=nowhere).content.decode()
    text = act(client, "move", image, landmark="cho").content.decode()
    assert "Which place do you mean?" in text
    assert f'name="photos" value="{version(image)}"' in text
    assert fresh(image).landmark not in (one, two)
    client.post(page("_act"), {"verb": "move:cho-hom", "photos": version(image)})
    assert fresh(image).landmark == two
    act(client, "move", image, landmark="cho dam")
    assert fresh(image).landmark == one


def test_places_are_proposed_without_accents(client):
    LandmarkFactory(slug="cho-dam", name_vi="Chợ Đầm", name_en="Dam Market")
    assert 'data-slug="cho-dam"' in client.get(page("_places"), {"q": "cho d"}).content.decode()


def test_of_photos_chosen_one_is_kept(client):
    one, two = LandmarkImageFactory.create_batch(2)
    assert "Which one is kept?" in act(client, "keep", one, two).content.decode()
    assert "two photos or more" in act(client, "keep", one).content.decode()
    act(client, f"keep:{two.pk}", one, two)
    assert (fresh(one).state, fresh(two).state) == ("rejected", "candidate")
    assert fresh(one).state_reason == f"Near-duplicate of #{two.pk}"
    assert "turned down itself" in act(client, f"keep:{one.pk}", one, two).content.decode()


def test_a_photo_is_set_apart_from_its_group(client):
    first = LandmarkImageFactory()
    second = LandmarkImageFactory(near_duplicate_of=first)
    act(client, "apart", second)
    assert fresh(second).near_duplicate_of is None


def test_samples_are_offered_and_taken_back(client):
    image = LandmarkImageFactory(published=True)
    act(client, "sample", image)
    assert fresh(image).is_sample
    act(client, "unsample", image)
    assert not fresh(image).is_sample


@pytest.mark.parametrize(
    "data", [{"verb": "publish"}, {"verb": "burn"}, {}, {"verb": "publish", "photo": "x:y"}]
)
def test_an_act_that_says_too_little_changes_nothing(client, data):
    image = LandmarkImageFactory()
    data = {"photo": version(image)} | data if data.get("verb") == "burn" else data
    assert client.post(page("_act"), data, follow=True).status_code == 200
    assert not CurationEvent.objects.exists()


def test_nobody_is_led_off_the_site(client):
    answer = client.post(page("_act"), {"verb": "publish", "next": "https://example.org/"})
    assert answer["Location"] == page("")


def test_all_that_match_are_counted_before_anything_is_done(client, monkeypatch):
    images = LandmarkImageFactory.create_batch(3, author="")
    LandmarkImageFactory()
    text = client.get(f"{page('_chosen')}?only=unattributed").content.decode()
    assert "3 photos are chosen." in text
    photos = re.search(r'name="photos" value="([\d: ]+)"', text)[1]
    client.post(page("_act"), {"verb": "reject", "photos": photos, "reason": "blurred"})
    assert {image.pk for image in LandmarkImage.objects.filter(state="rejected")} == {
        image.pk for image in images
    }
    assert CurationEvent.objects.values("batch").distinct().count() == 1
    monkeypatch.setattr(desk, "MOST_AT_ONCE", 2)
    text = client.get(page("_chosen")).content.decode()
    assert "2 photos are chosen." in text
    assert "4 match." in text


def test_what_was_done_last_can_be_undone_from_the_page(client):
    images = LandmarkImageFactory.create_batch(2)
    text = act(client, "reject", *images, reason="blurred").content.decode()
    assert "Rejected: 2 photos." in " ".join(re.sub("<[^>]+>", " ", text).split())
    undo = re.search(r'value="(batch:[^"]+)"', text)[1]
    client.post(page("_undo"), {"undo": undo})
    assert [fresh(image).state for image in images] == ["candidate"] * 2
    assert "data-press hidden" in client.get(page("")).content.decode()


@pytest.mark.parametrize("undo", ["", "batch:x", "event:x", "batch:0d2e0f5a-0000-4000-8000-000000000000"])
def test_an_undoing_of_nothing_is_no_error_of_ours(client, undo):
    assert client.post(page("_undo"), {"undo": undo}).status_code in (302, 404)


def test_the_second_of_two_curators_is_told_and_overwrites_nothing(client):
    image, minh = LandmarkImageFactory(), CuratorFactory(first_name="Minh")
    old = version(image)
    curation.reject([image], reason="blurred", actor=minh)
    text = client.post(page("_act"), {"verb": "publish", "photo": old}, follow=True).content.decode()
    assert "Changed meanwhile by Minh at" in text
    assert fresh(image).state == "rejected"
    tile = client.post(page("_act"), {"verb": "publish", "photo": old}, **FETCHED).content.decode()
    assert "Changed meanwhile by Minh at" in tile
    assert f'value="{version(image)}"' in tile


def test_desk_js_is_sent_the_tiles_as_they_are_now(client):
    one, two = LandmarkImageFactory.create_batch(2)
    answer = act(client, "reject", one, two, reason=reasons.STANDARD[1], fetched=True)
    text = answer.content.decode()
    assert shown(answer) == [two.pk, one.pk]
    assert 'data-said="2 photos changed."' in text
    assert "Rejected: Blurred or too dark." in text
    assert f'value="{version(one)}"' in text
    undo = re.search(r'value="(event:\d+)"', text)[1]
    answer = client.post(page("_undo"), {"undo": undo}, **FETCHED)
    assert shown(answer) == [two.pk]
    assert fresh(two).state == "candidate"


# ---- One at large ----


def test_a_photo_at_large_tells_all_that_is_known(client):
    image = LandmarkImageFactory(
        taken_at=timezone.now(),
        taken_latitude=21.025,
        taken_longitude=105.85,
        contributed_by=UserFactory(first_name="Hoa"),
    )
    given_by_a_visitor(image)
    alike = LandmarkImageFactory(near_duplicate_of=image)
    curation.reject([image], reason="blurred", actor=CuratorFactory(first_name="Minh"))
    text = client.get(page("_look", image.pk)).content.decode()
    for told in (
        "An Nguyễn",
        "CC BY-SA 4.0",
        "example.org",
        "21.025, 105.85",
        "Hoa",
        "From the bridge",
        "320 × 240",
        "Minh",
    ):
        assert told in text
    assert f"Keep #{alike.pk}" in text
    assert "State: <bdi>Waiting</bdi> → <bdi>Rejected</bdi>" in text


def test_a_colleague_who_has_the_photo_open_is_named_for_a_while(client):
    image, minh = LandmarkImageFactory(), CuratorFactory(first_name="Minh")
    other = Client()
    other.force_login(minh)
    assert "has this photo open" not in client.get(page("_look", image.pk)).content.decode()
    assert "Lan has this photo open too." in other.get(page("_look", image.pk)).content.decode()
    assert "Minh has this photo open too." in client.get(page("_look", image.pk)).content.decode()
    other.get(page("_look", LandmarkImageFactory().pk))
    assert "has this photo open" not in client.get(page("_look", image.pk)).content.decode()
    other.get(page("_look", image.pk))
    OpenPhoto.objects.filter(curator=minh).update(at=timezone.now() - timedelta(minutes=3))
    assert "has this photo open" not in client.get(page("_look", image.pk)).content.decode()


def test_a_preview_is_made_once_and_is_for_curators_alone(client, monkeypatch):
    image = LandmarkImageFactory(size=(1000, 500))
    address = reverse("admin:places_landmarkimage_preview", args=[image.pk])
    first = client.get(address).content
    monkeypatch.setattr("places.photo.copies", None)
    assert client.get(address).content == first
    large = client.get(f"{address}?large")
    assert large["Content-Type"] == "image/jpeg"
    assert "private" in large["Cache-Control"]


# ---- What was done ----


def test_history_tells_presses_with_what_changed(client, curator):
    images = LandmarkImageFactory.create_batch(8)
    curation.reject(images, reason=reasons.STANDARD[1], actor=curator)
    home, there = images[0].landmark, LandmarkFactory()
    curation.move(images[:1], landmark=there, actor=CuratorFactory(first_name="Minh"))
    text = " ".join(re.sub("<[^>]+>", " ", client.get(page("_history")).content.decode()).split())
    assert "Lan · rejected: 8 photos (Blurred or too dark.)" in text
    assert f"Landmark: {home.name} → {there.name}" in text


def test_history_is_filtered_by_person_act_day_and_photo(client, curator):
    one, two = LandmarkImageFactory.create_batch(2)
    minh = CuratorFactory(first_name="Minh")
    curation.publish([one], actor=curator)
    curation.reject([two], reason="blurred", actor=minh)
    today = timezone.localdate()

    def presses(**asked) -> list[str]:
        return [press.event.verb for press, _changes in client.get(page("_history"), asked).context["lines"]]

    assert presses() == ["reject", "publish"]
    assert presses(who=minh.pk) == presses(verb="reject") == presses(photo=two.pk) == ["reject"]
    assert presses(since=today, until=today) == ["reject", "publish"]
    assert presses(until=today - timedelta(days=1)) == presses(since=today + timedelta(days=1)) == []
    answer = client.get(reverse("admin:places_landmarkimage_history", args=[two.pk]), follow=True)
    assert [press.event.image_id for press, _changes in answer.context["lines"]] == [two.pk]


def test_pages_of_history_list_each_press_once_however_many_lines_it_has(client, curator, monkeypatch):
    monkeypatch.setattr("places.desk_history.A_PAGE", 2)
    monkeypatch.setattr("places.desk_history.READ_AT_ONCE", 3)
    images = LandmarkImageFactory.create_batch(5)
    wanted = []
    for number, chosen in enumerate((images, images[:1], images[1:], images[:2], images[3:])):
        curation.credit(images[0], told={"author": f"A{number}"}, actor=curator)
        wanted += [1, len(curation.reject(chosen, reason="x", actor=curator).done or [0])]
        curation.undo(CurationEvent.objects.filter(verb="reject", undone_by=None), actor=curator)
        wanted.append(len(chosen))
    address, told = page("_history"), []
    while address:
        context = client.get(address).context
        told += [press for press, _changes in context["lines"]]
        address = page("_history") + context["older"] if context["older"] else None
    batches = [press.batch for press in told]
    assert len(batches) == len(set(batches)) == CurationEvent.objects.values("batch").distinct().count()
    assert sum(press.count for press in told) == CurationEvent.objects.count()
    assert [press.last for press in told] == sorted((press.last for press in told), reverse=True)


def test_history_takes_as_many_queries_for_many_presses_as_for_one(client, curator):
    curation.reject(LandmarkImageFactory.create_batch(2), reason="x", actor=curator)
    curation.move([LandmarkImageFactory()], landmark=LandmarkFactory(), actor=curator)
    queries_of(client, page("_history"))
    before = queries_of(client, page("_history"))
    for image in LandmarkImageFactory.create_batch(5):
        curation.move([image], landmark=LandmarkFactory(), actor=CuratorFactory())
    assert queries_of(client, page("_history")) == before


# ---- Who may ----


def test_who_may_only_look_is_shown_no_acts_and_refused_them():
    viewer, image = UserFactory(is_staff=True), LandmarkImageFactory()
    viewer.user_permissions.add(Permission.objects.get(codename="view_landmarkimage"))
    client = Client()
    client.force_login(viewer)
    for address in (page(""), page("_look", image.pk), page("_history")):
        text = client.get(address).content.decode()
        assert '<button class="review__button" name="verb"' not in text
        assert "data-acts" not in text
        assert 'name="undo" value="batch' not in text
    assert client.get(page("_chosen")).status_code == 403
    for address in (page("_act"), page("_undo")):
        assert client.post(address, {"verb": "publish", "photo": f"{image.pk}:0"}).status_code == 403
    assert fresh(image).state == "candidate"


@pytest.mark.parametrize("name", ["", "_chosen", "_act", "_undo", "_places", "_history"])
def test_the_desk_is_closed_to_all_others(name):
    staff = Client()
    staff.force_login(UserFactory(is_staff=True))  # without a permission
    assert staff.get(page(name)).status_code == 403
    assert Client().get(page(name)).status_code == 302


# ---- What is said of a photo ----


def credit_form(image: LandmarkImage, **changed) -> dict:
    told = {name: getattr(image, name) for name in ("author", "licence", "licence_url", "source_url")}
    return told | {"seen": version(image).split(":")[1]} | changed


def test_what_is_said_of_a_photo_is_changed_by_an_act(client, curator):
    image = LandmarkImageFactory()
    address = reverse("admin:places_landmarkimage_change", args=[image.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, credit_form(image, author="Bình")).status_code == 302
    event = CurationEvent.objects.get()
    assert (event.verb, event.actor, event.before, event.after) == (
        "credit",
        curator,
        {"author": "An Nguyễn"},
        {"author": "Bình"},
    )


def test_of_two_who_change_what_is_said_the_second_is_told(client):
    image = LandmarkImageFactory()
    form = credit_form(image, author="Bình")
    curation.credit(image, told={"author": "Chi"}, actor=CuratorFactory(first_name="Minh"))
    answer = client.post(reverse("admin:places_landmarkimage_change", args=[image.pk]), form)
    assert "Changed meanwhile by Minh at" in answer.content.decode()
    assert fresh(image).author == "Chi"


def test_photos_are_kept_on_this_machine_only(client):
    image = LandmarkImageFactory(published=True)
    act(client, "hold", image)
    assert LandmarkImage.objects.held().get() == image
