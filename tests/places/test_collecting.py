"""Collections and what is saved in them."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from places import collecting, curation
from places.models import Collection, CollectionItem
from tests.factories import LandmarkFactory, LandmarkImageFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory(first_name="Lan", email="lan@example.org")


@pytest.fixture
def reader(owner) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def published():
    return LandmarkImageFactory(published=True)


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def page_of(collection: Collection) -> str:
    return f"/en/places/collections/{collection.pk}/"


def things(collection: Collection) -> list:
    return [item.thing for item in collection.items.all()]


# ---- what is kept


@pytest.mark.parametrize(("language", "name"), [("vi", "Đã lưu"), ("en", "Saved")])
def test_the_first_thing_saved_makes_a_collection_in_the_readers_language_once(owner, language, name):
    with translation.override(language):
        first, second = collecting.default_of(owner), collecting.default_of(owner)
    assert first == second
    assert first.name == name


def test_the_default_collection_stays_so_when_it_is_renamed(owner):
    collection = collecting.default_of(owner)
    Collection.objects.filter(pk=collection.pk).update(name="Huế")
    assert collecting.default_of(owner).name == "Huế"


def test_a_thing_saved_twice_is_there_once_with_its_note(owner, published):
    collection = collecting.default_of(owner)
    item = collecting.save(collection, thing=published)
    collection.items.update(note="at dawn")
    assert collecting.save(collection, thing=published) == item
    assert collection.items.get().note == "at dawn"


def test_what_was_saved_last_comes_first(owner, published):
    collection = collecting.default_of(owner)
    for thing in (published, published.landmark):
        collecting.save(collection, thing=thing)
    assert things(collection) == [published.landmark, published]


def test_the_limits_say_how_much_may_be_kept(owner, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_COLLECTIONS", 2)
    monkeypatch.setattr(collecting, "MOST_SAVED", 1)
    first, second = collecting.create(owner, name="a"), collecting.create(owner, name="b")
    place = LandmarkFactory()
    collecting.save(first, thing=place)
    with translation.override("en"):
        with pytest.raises(collecting.LimitReached, match="2 collections"):
            collecting.create(owner, name="c")
        with pytest.raises(collecting.LimitReached, match="1 places"):
            collecting.save(second, thing=LandmarkFactory())
    collecting.save(first, thing=place)  # what is there already asks for no room
    collecting.save(collecting.default_of(UserFactory()), thing=place)  # nor does another account's


def test_the_database_keeps_collections_whole(owner, published):
    collection = collecting.default_of(owner)
    wrong = {
        "what_is_saved_is_a_place_or_a_photo": [
            lambda: CollectionItem.objects.create(collection=collection),
            lambda: CollectionItem.objects.create(
                collection=collection, image=published, landmark=published.landmark
            ),
        ],
        "a_collection_has_a_name": [lambda: Collection.objects.create(owner=owner, name="  ")],
        "an_account_has_one_default_collection": [
            lambda: Collection.objects.create(owner=owner, name="b", is_default=True)
        ],
    }
    collection.items.create(image=published)
    collection.items.create(landmark=published.landmark)
    wrong["a_photo_is_once_in_a_collection"] = [lambda: collection.items.create(image=published)]
    wrong["a_place_is_once_in_a_collection"] = [lambda: collection.items.create(landmark=published.landmark)]
    for name, acts in wrong.items():
        for act in acts:
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                act()


def test_a_deleted_account_takes_its_collections_along(owner, published):
    collecting.save(collecting.default_of(owner), thing=published)
    owner.delete()
    assert not Collection.objects.exists()
    assert not CollectionItem.objects.exists()


def test_collections_follow_a_place_into_what_it_was_merged_into(owner):
    old, new = LandmarkFactory(), LandmarkFactory()
    only_old, both = collecting.create(owner, name="a"), collecting.create(owner, name="b")
    collecting.save(only_old, thing=old)
    for place in (old, new):
        collecting.save(both, thing=place)
    collecting.follow_merge(old, into=new)
    assert things(only_old) == things(both) == [new]


# ---- saving


def test_a_press_saves_and_leads_back_to_where_it_was(reader, owner, published):
    answer = reader.post("/en/places/save/", {"image": published.pk, "next": "/en/places/?page=2"})
    assert answer.url == "/en/places/?page=2"
    assert things(collecting.default_of(owner)) == [published]


def test_pressing_twice_saves_once(reader, owner):
    place = LandmarkFactory(slug="here")
    for _time in range(2):
        assert reader.post("/places/save/", {"landmark": "here"}).url == "/places/here/"
    assert things(collecting.default_of(owner)) == [place]


def test_with_htmx_only_the_control_is_answered(reader, published):
    answer = reader.post("/en/places/save/", {"image": published.pk}, headers={"HX-Request": "true"})
    assert [template.name for template in answer.templates] == ["places/_save.html"]
    assert 'class="save__act save__act--done" autofocus' in answer.content.decode()


def test_who_is_not_logged_in_does_so_and_finds_it_saved(client, owner):
    LandmarkFactory(slug="here", name_vi="Đền")
    answer = client.post("/places/save/", {"landmark": "here", "next": "/places/here/"})
    assert answer.url == "/accounts/login/?next=/places/here/"
    logged_in = client.post(answer.url, {"login": owner.email, "password": "secret"}, follow=True)
    assert logged_in.redirect_chain[-1][0] == "/places/here/"
    assert said(logged_in) == ["Bạn đăng nhập là mục này được lưu.", "Đã lưu vào “Đã lưu”."]
    assert CollectionItem.objects.get().landmark.slug == "here"


def test_with_htmx_who_is_not_logged_in_is_led_to_the_page_that_logs_in(client, published):
    answer = client.post(
        "/places/save/", {"image": published.pk, "next": "/places/"}, headers={"HX-Request": "true"}
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=/places/"


def test_what_is_gone_when_one_has_logged_in_is_said(client, owner, published):
    client.post("/en/places/save/", {"image": published.pk})
    curation.reject([published], reason="blurred")
    answer = client.post(
        "/en/accounts/login/",
        {"login": owner.email, "password": "secret", "next": "/en/places/"},
        follow=True,
    )
    assert "What you wanted to save is not here any more." in said(answer)
    assert not CollectionItem.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [{"image": "9" * 30}, {"image": "x"}, {"image": "-1"}, {"landmark": "nowhere"}, {"landmark": "\0"}, {}],
)
@pytest.mark.parametrize("page", ["save", "keep"])
def test_what_does_not_exist_is_said_kindly(reader, asked, page):
    asked = {"next": "/en/places/"} | asked
    answer = reader.post(f"/en/places/{page}/", asked, follow=True)
    assert answer.redirect_chain == [("/en/places/", 302)]
    assert said(answer) == ["What you wanted to save is not here any more."]


def test_a_photo_that_waits_cannot_be_saved(reader):
    reader.post("/places/save/", {"image": LandmarkImageFactory().pk})
    assert not CollectionItem.objects.exists()


def test_saving_never_leads_to_another_site(reader, published):
    answer = reader.post("/places/save/", {"image": published.pk, "next": "https://example.com/"})
    assert answer.url == f"/places/photos/{published.pk}/"


def test_a_thing_is_kept_in_just_the_collections_chosen(reader, owner, published):
    left, right = collecting.create(owner, name="left"), collecting.create(owner, name="right")
    collecting.save(left, thing=published)
    address = f"/en/places/keep/?image={published.pk}&next=/en/places/"
    assert [
        one.name for one in reader.get(address).context["form"].fields["collections"].queryset if one.holds
    ] == ["left"]
    assert reader.post(address, {"collections": [right.pk], "name": "new"}).url == "/en/places/"
    held = Collection.objects.of(owner).filter(items__image=published)
    assert {one.name for one in held} == {"right", "new"}
    reader.post(address, {"name": ""})
    assert not CollectionItem.objects.exists()


def test_nothing_is_put_into_anothers_collection(reader, published):
    theirs = collecting.create(UserFactory(), name="theirs")
    answer = reader.post(f"/places/keep/?image={published.pk}", {"collections": [theirs.pk]})
    assert answer.status_code == 400
    assert not CollectionItem.objects.exists()


def test_a_page_says_of_each_photo_whether_it_is_saved_with_one_query_for_all(
    reader, owner, published, django_assert_max_num_queries
):
    place = published.landmark
    collecting.save(collecting.default_of(owner), thing=published)

    def queries() -> int:
        with django_assert_max_num_queries(50) as captured:
            reader.get(place.get_absolute_url())
        return len(captured)

    LandmarkImageFactory(landmark=place, published=True)
    few = queries()
    LandmarkImageFactory.create_batch(4, landmark=place, published=True)
    assert queries() == few
    assert "save__act--done" in reader.get(published.get_absolute_url()).content.decode()


# ---- looking, naming, sharing


def test_the_collections_show_their_covers_with_a_fixed_number_of_queries(
    reader, owner, published, django_assert_max_num_queries
):
    collecting.save(collecting.default_of(owner), thing=published)

    def queries() -> int:
        with django_assert_max_num_queries(50) as captured:
            page = reader.get("/places/collections/")
        assert published.thumbnail.url in page.content.decode()
        return len(captured)

    few = queries()
    for image in LandmarkImageFactory.create_batch(3, published=True):
        for thing in (image, image.landmark):
            collecting.save(collecting.create(owner, name="more"), thing=thing)
    assert queries() == few


def test_a_collection_shows_what_is_in_it_with_a_fixed_number_of_queries(
    reader, owner, published, django_assert_max_num_queries
):
    collection = collecting.default_of(owner)
    for thing in (published, published.landmark):
        collecting.save(collection, thing=thing)

    def queries() -> int:
        with django_assert_max_num_queries(50) as captured:
            reader.get(page_of(collection))
        return len(captured)

    few = queries()
    for image in LandmarkImageFactory.create_batch(3, published=True):
        for thing in (image, image.landmark):
            collecting.save(collection, thing=thing)
    assert queries() == few


def test_a_withdrawn_photo_vanishes_with_a_line_that_says_so_and_can_be_forgotten(reader, owner, published):
    collection = collecting.default_of(owner)
    for thing in (published, LandmarkFactory(name_en="Temple")):
        collecting.save(collection, thing=thing)
    curation.reject([published], reason="blurred")
    address = page_of(collection)
    page = reader.get(address).content.decode()
    assert "1 photo has been withdrawn" in page
    assert "Temple" in page
    assert f"/photos/{published.pk}/" not in page
    assert reader.get("/en/places/collections/").context["collections"][0].size == 1
    reader.post(f"{address}withdrawn/")
    assert "withdrawn" not in reader.get(address).content.decode()
    assert collection.items.count() == 1


def test_a_note_is_kept_and_a_thing_is_removed(reader, owner, published):
    collection = collecting.default_of(owner)
    item = collecting.save(collection, thing=published)
    address = f"{page_of(collection)}item/"
    reader.post(address, {"item": item.pk, "note": " before seven "})
    for refused in ("x" * 301, "\0"):
        assert said(reader.post(address, {"item": item.pk, "note": refused}, follow=True))
    item.refresh_from_db()
    assert item.note == "before seven"
    reader.post(address, {"item": item.pk, "remove": "1"})
    assert not collection.items.exists()
    gone = reader.post(address, {"item": item.pk, "note": "late"}, follow=True)  # from another tab
    assert said(gone)[-1] == "This is not in the collection any more."


@pytest.mark.parametrize("item", ["", "x", "9" * 30, "-1"])
def test_what_is_not_an_item_changes_nothing(reader, owner, published, item):
    collection = collecting.default_of(owner)
    collecting.save(collection, thing=published)
    assert reader.post(f"{page_of(collection)}item/", {"item": item, "remove": "1"}).status_code == 302
    assert collection.items.count() == 1


def test_a_collection_is_created_renamed_and_deleted(reader, owner):
    address = reader.post("/en/places/collections/", {"name": " Huế "}).url
    collection = Collection.objects.get(name="Huế")
    assert address == f"/en/places/collections/{collection.pk}/"
    reader.post(f"{address}rename/", {"name": "مدينة"})
    assert "<bdi>مدينة</bdi>" in reader.get(address).content.decode()
    reader.post(f"{address}delete/")
    again = reader.post(f"{address}delete/", follow=True)  # pressed twice
    assert again.redirect_chain == [("/en/places/collections/", 302)]
    assert said(again)[-1] == "This collection is not here any more."
    assert not Collection.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 300])
def test_a_name_that_cannot_be_is_refused_and_nothing_lost(reader, owner, name):
    collection = collecting.create(owner, name="kept")
    assert reader.post("/places/collections/", {"name": name}).status_code == 400
    answer = reader.post(f"{page_of(collection)}rename/", {"name": name})
    assert answer.status_code == 400
    assert "<bdi>kept</bdi>" in answer.content.decode()
    assert answer.context["form"].errors
    assert list(Collection.objects.values_list("name", flat=True)) == ["kept"]


def test_a_collection_too_many_is_refused_in_the_form(reader, owner, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_COLLECTIONS", 0)
    answer = reader.post("/en/places/collections/", {"name": "one more"})
    assert answer.status_code == 400
    assert "You can have 0 collections." in answer.content.decode()


@pytest.mark.parametrize("act", ["", "rename/", "delete/", "share/", "item/", "withdrawn/"])
def test_anothers_collection_is_as_good_as_none(client, owner, act):
    collection = collecting.create(owner, name="mine")
    client.force_login(UserFactory())
    address = f"{page_of(collection)}{act}"
    answer = (
        client.post(address, {"name": "theirs", "shared": "1"}, follow=True)
        if act
        else client.get(address, follow=True)
    )
    assert answer.redirect_chain == [("/en/places/collections/", 302)]
    collection.refresh_from_db()
    assert (collection.name, collection.share_key) == ("mine", None)


@pytest.mark.parametrize("act", ["rename", "delete", "share", "item", "withdrawn"])
def test_who_logs_in_again_in_the_middle_of_an_act_comes_back_to_the_collection(client, owner, act):
    collection = collecting.create(owner, name="mine")
    address = f"/places/collections/{collection.pk}/{act}/"
    expired = client.post(address, {"name": "new"})
    assert expired.url == f"/accounts/login/?next={address}"
    back = client.post(expired.url, {"login": owner.email, "password": "secret"}, follow=True)
    assert back.redirect_chain[-1][0] == f"/places/collections/{collection.pk}/"
    assert said(back) == ["Chưa có gì thay đổi. Mời bạn làm lại lần nữa."]


def test_a_shared_collection_is_read_by_anyone_with_its_address_until_that_is_ended(
    client, reader, owner, published
):
    collection = collecting.create(owner, name="Huế")
    item = collecting.save(collection, thing=published)
    CollectionItem.objects.filter(pk=item.pk).update(note="at dawn")
    collecting.save(collection, thing=LandmarkFactory(name_en="Temple"))
    address = f"/en/places/collections/{collection.pk}/"
    reader.post(f"{address}share/", {"shared": "1"})
    collection.refresh_from_db()
    first = collection.share_key
    assert f"http://testserver/en/places/shared/{first}/" in reader.get(address).content.decode()

    shown = client.get(f"/en/places/shared/{first}/")
    page = shown.content.decode()
    assert shown["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page
    for words in ("Huế", "Lan", "at dawn", "Temple", "An Nguyễn", "CC BY-SA 4.0"):
        assert words in page
    for secret in (owner.email, "<form", "collections/"):
        assert secret not in page.partition("<main")[2].partition("</main>")[0]

    reader.post(f"{address}share/", {"shared": "1"})  # pressed twice: the address stays
    collection.refresh_from_db()
    assert collection.share_key == first
    reader.post(f"{address}share/", {"shared": "0"})
    assert client.get(f"/places/shared/{first}/").status_code == 404
    reader.post(f"{address}share/", {"shared": "1"})
    collection.refresh_from_db()
    assert collection.share_key not in (None, first)
    assert client.get(f"/places/shared/{first}/").status_code == 404


def test_an_owner_without_a_name_is_not_named(client):
    collection = collecting.create(UserFactory(first_name="", email="secret@example.org"), name="Huế")
    collecting.share(collection)
    collection.refresh_from_db()
    page = client.get(f"/en/places/shared/{collection.share_key}/").content.decode()
    assert "A collection shared with you" in page
    assert "secret@example.org" not in page


def test_an_address_that_was_guessed_leads_nowhere(client):
    assert client.get(f"/places/shared/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("page", ["collections/", "collections/1/", "keep/?landmark=here"])
def test_collections_are_for_those_logged_in(client, page):
    answer = client.get(f"/places/{page}")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/?next=/places/")
