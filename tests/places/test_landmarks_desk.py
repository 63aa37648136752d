"""Landmarks at the desk: what is edited, what its history says, and two of one name."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from places import catalogue_table
from places.merging import merge
from places.models import Landmark
from tests.factories import CuratorFactory, FactFactory, LandmarkFactory, ProvinceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(CuratorFactory())
    return client


@pytest.fixture
def place() -> Landmark:
    return LandmarkFactory(
        slug="chua-cau", name_vi="Chùa Cầu", name_en="Japanese Bridge", other_names=["Cầu Nhật"]
    )


def change(desk: Client, place: Landmark, facts: tuple[dict, ...] = (), **told):
    """Send the form of a landmark with these fields changed, and its facts as they are."""
    values = {
        "slug": place.slug, "name_vi": place.name_vi, "name_en": place.name_en, "kind": place.kind,
        "category": place.category, "province": place.province_id or "", "other_names": "\n".join(place.other_names),
        "description_vi": place.description_vi, "description_en": place.description_en,
        "wikidata_id": place.wikidata_id,
    }  # fmt: skip
    stored = [
        {"id": fact.pk, "kind": fact.kind, "text_vi": fact.text_vi, "text_en": fact.text_en}
        for fact in place.facts.all()
    ]
    lines = [*stored, *({} for _more in facts[len(stored) :])]
    inline = {"facts-TOTAL_FORMS": len(lines), "facts-INITIAL_FORMS": len(stored)}
    for number, line in enumerate(lines):
        line = line | (facts[number] if number < len(facts) else {})
        inline |= {f"facts-{number}-{name}": value for name, value in line.items()}
    address = reverse("admin:places_landmark_change", args=[place.pk])
    answer = desk.post(address, values | told | inline, follow=True)
    place.refresh_from_db()
    return answer


def test_other_names_stand_one_a_line(desk, place):
    page = desk.get(reverse("admin:places_landmark_change", args=[place.pk])).content.decode()
    assert "Cầu Nhật</textarea>" in page
    change(desk, place, other_names=" Cầu Nhật Bản \r\n\r\nLai Viễn Kiều\nCầu Nhật Bản")
    assert place.other_names == ["Cầu Nhật Bản", "Lai Viễn Kiều"]


def test_a_fact_is_checked_today_by_one_press(desk, place):
    FactFactory(landmark=place, kind="hours")
    change(desk, place, ({"checked_today": "on", "source_url": "https://example.org/hours"},))
    fact = place.facts.get()
    assert (fact.checked_on, fact.source_url) == (timezone.localdate(), "https://example.org/hours")


def test_history_says_what_each_field_said_before_and_says_now(desk, place):
    FactFactory(landmark=place, kind="price", text_vi="Vé", text_en="Old price")
    change(desk, place, ({"text_en": "New price"},), name_en="Pagoda Bridge")
    note, changes = catalogue_table.told_by(LogEntry.objects.get())
    assert [(one.label, one.before, one.after) for one in changes] == [
        ("English name", "Japanese Bridge", "Pagoda Bridge"),
        ("Ticket price, in English", "Old price", "New price"),
    ]
    assert LogEntry.objects.get().get_change_message() == "Changed English name and Ticket price."
    page = desk.get(reverse("admin:places_landmark_history", args=[place.pk])).content.decode()
    for said in ("Japanese Bridge</del>", "Pagoda Bridge</ins>", "Old price</del>"):
        assert said in page


def test_a_form_sent_as_it_came_leaves_no_line(desk, place):
    change(desk, place)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("name", [{"name_vi": "CHUA CAU"}, {"name_en": "Japanese bridge"}])
def test_another_of_the_same_name_is_a_warning_with_the_way_to_it(desk, place, name):
    other = LandmarkFactory(province=ProvinceFactory(name_en="Hue"))
    answer = change(desk, other, **name)
    told = answer.content.decode()
    assert answer.status_code == 200
    assert getattr(other, next(iter(name))) == next(iter(name.values()))
    assert "Another landmark goes by this name" in told
    assert f'<a href="{reverse("admin:places_landmark_change", args=[place.pk])}">Japanese Bridge' in told


def test_names_that_only_begin_alike_and_merged_places_are_no_namesakes(place):
    LandmarkFactory(name_vi="Chùa Cầu Đá", name_en="Bridge")
    merge(LandmarkFactory(name_vi="Chùa Cầu", name_en="x"), into=LandmarkFactory(name_vi="y", name_en="z"))
    Landmark.objects.filter(name_en="z").update(other_names=[])
    assert not Landmark.objects.namesakes(place).exists()


def test_a_wikidata_item_is_of_one_landmark_and_well_formed(desk, place):
    LandmarkFactory(wikidata_id="Q5")
    assert (
        "Another landmark is this Wikidata item already."
        in change(desk, place, wikidata_id="Q5").content.decode()
    )
    for wrong in ("5", "q5", "Q05", "Q"):
        assert (
            "A Wikidata item is a Q and a number" in change(desk, place, wikidata_id=wrong).content.decode()
        )
    change(desk, place, wikidata_id="Q6")
    assert place.wikidata_id == "Q6"
    for wrong, rule in (
        ("Q5", "a_wikidata_item_is_one_landmark"),
        ("x", "a_wikidata_item_is_q_and_a_number"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            Landmark.objects.filter(pk=place.pk).update(wikidata_id=wrong)


def test_a_merger_hands_the_item_over_where_the_other_has_none(place):
    gone = LandmarkFactory(wikidata_id="Q5")
    merge(gone, into=place)
    place.refresh_from_db()
    gone.refresh_from_db()
    assert (place.wikidata_id, gone.wikidata_id) == ("Q5", "")


def test_the_pages_lead_to_splitting_the_table_and_the_map(desk, place):
    Landmark.objects.filter(pk=place.pk).update(latitude=15.877, longitude=108.326)
    page = desk.get(reverse("admin:places_landmark_change", args=[place.pk])).content.decode()
    assert reverse("admin:places_landmark_split", args=[place.pk]) in page
    assert "mlat=15.877&amp;mlon=108.326" in page
    listed = desk.get(reverse("admin:places_landmark_changelist")).content.decode()
    assert reverse("admin:places_landmark_import") in listed


def test_a_merged_landmarks_page_opens_and_offers_no_split(desk, place):
    merge(place, into=LandmarkFactory())
    page = desk.get(reverse("admin:places_landmark_change", args=[place.pk]))
    assert page.status_code == 200
    assert reverse("admin:places_landmark_split", args=[place.pk]) not in page.content.decode()
