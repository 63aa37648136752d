"""The catalogue goes out as a table and comes back: first what would change, then the change."""

import csv
import io

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import translation

from places import catalogue, catalogue_import, catalogue_table
from places.merging import merge
from places.models import Fact, Landmark
from tests.factories import (
    CuratorFactory,
    FactFactory,
    FormerProvinceFactory,
    LandmarkFactory,
    ProvinceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def curator():
    return CuratorFactory()


@pytest.fixture
def bridge() -> Landmark:
    """A place of which everything is told."""
    province = ProvinceFactory(slug="da-nang", name_vi="Đà Nẵng")
    place = LandmarkFactory(
        slug="chua-cau", name_vi="Chùa Cầu", name_en="Japanese Bridge", other_names=["Cầu Nhật Bản", "Lai Viễn Kiều"],
        province=province, former_province=FormerProvinceFactory(name_vi="Quảng Nam", province=province),
        category="bridge", kind="building", latitude=15.877, longitude=108.326, wikidata_id="Q5",
        description_vi='Cầu "cổ";\r\nmột dòng nữa.', unesco="world_heritage", unesco_year=1999,
    )  # fmt: skip
    place.overlaps_with.add(LandmarkFactory(slug="hoi-an", name_vi="Hội An", name_en="Hoi An"))
    FactFactory(
        landmark=place, kind="price", text_vi="Vé, 80.000 đ", text_en="Ticket", checked_on="2026-03-04"
    )
    return place


def table(*rows: dict, delimiter: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def apply(data: bytes, curator) -> catalogue_import.Preview:
    return catalogue_import.apply(data, stamp=catalogue_import.preview(data).stamp, actor=curator)


def test_what_goes_out_comes_back_and_changes_nothing(bridge):
    data = catalogue_table.export()
    assert data.startswith(b"\xef\xbb\xbfslug,name_vi,name_en,other_names,province,")
    preview = catalogue_import.preview(data)
    assert (preview.rows, preview.unchanged, preview.unnamed) == ([], 2, 0)
    assert (preview.errors, preview.warnings, preview.unknown_columns) == ([], [], [])


@pytest.mark.thorough
def test_the_shipped_catalogue_comes_back_and_changes_nothing():
    catalogue.load()
    preview = catalogue_import.preview(catalogue_table.export())
    assert (preview.rows, preview.errors, preview.unchanged) == ([], [], 410)


def test_it_comes_back_into_an_empty_catalogue_as_it_was(bridge, curator):
    data = catalogue_table.export()
    before = [catalogue_table.row_of(each) for each in catalogue_table.whole()]
    Landmark.objects.all().delete()
    assert len(apply(data, curator).added) == 2
    assert [catalogue_table.row_of(each) for each in catalogue_table.whole()] == before


@pytest.mark.parametrize(
    "data",
    [
        "slug;name_en\nchua-cau;Pagoda Bridge\n".encode("utf-8-sig"),
        "slug,name_en\nchua-cau,Pagoda Bridge\n".encode("utf-16"),
        b"slug\tname_en\nchua-cau\tPagoda Bridge\n",
        b'[{"slug": "chua-cau", "name_en": "Pagoda Bridge"}]',
    ],
    ids=["semicolons and mark", "UTF-16", "tabs", "JSON"],
)
def test_a_table_is_read_as_spreadsheets_save_it(bridge, data):
    [row] = catalogue_import.preview(data).rows
    assert [(one.label, one.before, one.after) for one in row.changes] == [
        ("English name", "Japanese Bridge", "Pagoda Bridge")
    ]


def test_windows_1258_is_read(bridge):
    data = "slug,name_vi\nchua-cau,Câ\u0300u Đa\n".encode("cp1258")
    [row] = catalogue_import.preview(data).rows
    assert row.changes[0].after == "Cầu Đa"


def test_every_kind_of_field_is_compared_and_written(bridge, curator):
    LandmarkFactory(slug="bay-mau")
    data = table(
        {
            "slug": "chua-cau", "other_names": "A|B", "province": "", "latitude": "15,9", "longitude": "108.4",
            "unesco_year": "", "overlaps_with": "bay-mau", "wikidata_id": "Q6",
            "price_vi": "", "price_en": "", "price_checked_on": "", "price_source_url": "",
            "hours_vi": "Cả ngày", "hours_en": "All day", "hours_checked_on": "2026-11-24",
        }
    )  # fmt: skip
    [row] = apply(data, curator).rows
    assert {one.column for one in row.changes} == {
        "other_names", "province", "latitude", "longitude", "unesco_year", "overlaps_with", "wikidata_id",
        "price_vi", "price_en", "price_checked_on", "hours_vi", "hours_en", "hours_checked_on",
    }  # fmt: skip
    bridge.refresh_from_db()
    assert (bridge.other_names, bridge.province, bridge.latitude) == (["A", "B"], None, 15.9)
    assert (bridge.unesco_year, bridge.wikidata_id) == (None, "Q6")
    assert [other.slug for other in bridge.overlaps_with.all()] == ["bay-mau"]
    fact = Fact.objects.get()
    assert (fact.kind, fact.text_en, str(fact.checked_on)) == ("hours", "All day", "2026-11-24")
    assert bridge.name_en == "Japanese Bridge"
    line = LogEntry.objects.get()
    assert (line.user, line.action_flag) == (curator, CHANGE)
    _note, changes = catalogue_table.told_by(line)
    assert catalogue_table.Change("latitude", "15.877", "15.9") in changes


def test_a_new_slug_makes_a_landmark(bridge, curator):
    data = table({"slug": "cau-rong", "name_vi": "Cầu Rồng", "name_en": "Dragon Bridge", "overlaps_with": ""})
    assert [row.slug for row in catalogue_import.preview(data).added] == ["cau-rong"]
    apply(data, curator)
    new = Landmark.objects.get(slug="cau-rong")
    assert (new.kind, LogEntry.objects.get().action_flag) == ("complex", ADDITION)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"province": "atlantis"}, "“atlantis” is not known"),
        ({"former_province": "Atlantis"}, "“Atlantis” is not known"),
        ({"latitude": "north"}, "Latitude: “north” is not known, or no number."),
        ({"latitude": "99"}, "both lie on Earth"),
        ({"latitude": "nan"}, "both lie on Earth"),
        ({"longitude": ""}, "both lie on Earth"),
        ({"unesco_year": "1999.5"}, "“1999.5”"),
        ({"category": "volcano"}, "Value 'volcano' is not a valid choice"),
        ({"name_vi": ""}, "Vietnamese name: This field cannot be blank."),
        ({"wikidata_id": "42"}, "A Wikidata item is a Q and a number"),
        ({"wikidata_id": "Q7"}, "The Wikidata item Q7 is other already."),
        ({"overlaps_with": "atlantis"}, "there is no landmark atlantis"),
        ({"overlaps_with": "chua-cau"}, "it names itself"),
        ({"price_en": ""}, "Ticket price: it is told in one language only."),
        ({"price_checked_on": "04/03/2026"}, "“04/03/2026” is no day"),
        ({"price_source_url": "javascript:x"}, "Enter a valid URL."),
        ({"slug": ""}, "The row has no slug."),
        ({"slug": "hai cau"}, "Slug: Enter a valid"),
        ({"slug": "cau-nhat"}, "cau-nhat is now called chua-cau"),
        ({"slug": "gone"}, "gone is now called hoi-an"),
    ],
)
def test_what_is_wrong_is_told_by_its_row_and_nothing_is_written(bridge, curator, told, said):
    LandmarkFactory(slug="other", wikidata_id="Q7")
    merge(LandmarkFactory(slug="gone"), into=Landmark.objects.get(slug="hoi-an"))
    Landmark.objects.filter(pk=bridge.pk).update(former_slugs=["cau-nhat"])
    rows = [
        {"slug": "hoi-an", "name_en": "Changed"},
        {"slug": "chua-cau", "name_en": "x", "name_vi": "x"} | told,
    ]
    columns = dict.fromkeys([*rows[1]], "")
    data = table(
        *({**columns, "name_vi": "Hội An", "name_en": "A", "slug": "hoi-an"}, {**columns, **rows[1]})
    )
    if "longitude" in told:
        data = table({"slug": "hoi-an", "longitude": ""}, {"slug": "chua-cau", "longitude": ""})
    preview = apply(data, curator)
    assert [number for number, _message in preview.errors] == [3]
    assert said in preview.errors[0][1]
    assert not Landmark.objects.filter(name_en__in=["A", "x"]).exists()
    assert not LogEntry.objects.exists()


def test_a_slug_that_comes_twice_is_told(bridge):
    data = table({"slug": "chua-cau", "name_en": "A"}, {"slug": "chua-cau", "name_en": "B"})
    assert catalogue_import.preview(data).errors == [(3, "chua-cau comes twice: in row 2 too.")]


@pytest.mark.parametrize("data", [b"", b"name\nx\n", b"\0\1", b"[1]"])
def test_what_is_no_table_is_told(data):
    preview = catalogue_import.preview(data)
    assert not preview.can_be_applied
    assert preview.errors or not preview.rows


def test_two_places_of_one_name_are_a_warning_with_the_way_to_the_other(bridge, curator):
    data = table(
        {"slug": "x", "name_vi": "CHUA CAU", "name_en": "X"},
        {"slug": "y", "name_vi": "Y", "name_en": "Z"},
        {"slug": "z", "name_vi": "z", "name_en": "Zed"},
    )
    preview = catalogue_import.preview(data)
    assert preview.can_be_applied
    assert preview.warnings == [
        (2, "x and chua-cau go by the same name.", bridge),
        (3, "y and z go by the same name.", None),
        (4, "z and y go by the same name.", None),
    ]


def test_columns_that_are_unknown_are_named_and_passed_over(bridge):
    preview = catalogue_import.preview(table({"slug": "chua-cau", "colour": "red"}))
    assert (preview.unknown_columns, preview.unchanged) == (["colour"], 1)


def test_an_overlap_that_one_row_leaves_out_is_gone_though_the_others_says_it(bridge, curator):
    apply(
        table({"slug": "chua-cau", "overlaps_with": ""}, {"slug": "hoi-an", "overlaps_with": "chua-cau"}),
        curator,
    )
    assert not bridge.overlaps_with.exists()


def test_a_preview_of_a_catalogue_that_was_changed_since_is_refused(bridge, curator):
    data = table({"slug": "chua-cau", "name_en": "A"})
    stamp = catalogue_import.preview(data).stamp
    FactFactory(landmark=bridge, kind="hours")
    with pytest.raises(catalogue_import.Stale):
        catalogue_import.apply(data, stamp=stamp, actor=curator)
    assert not Landmark.objects.filter(name_en="A").exists()


def test_the_number_of_queries_does_not_grow_with_the_table(bridge, django_assert_max_num_queries):
    LandmarkFactory.create_batch(20)
    data = catalogue_table.export()
    with django_assert_max_num_queries(8):
        assert catalogue_import.preview(data).unchanged == 22


# At the desk


@pytest.fixture
def desk(curator) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def page(name: str = "import") -> str:
    return reverse(f"admin:places_landmark_{name}")


def send(desk: Client, data: bytes):
    file = io.BytesIO(data)
    file.name = "landmarks.csv"
    return desk.post(page(), {"file": file})


def looked_at(answer) -> dict:
    return {name: answer.context["form"].initial[name] for name in ("table", "stamp")}


def test_the_table_is_downloaded(desk, bridge):
    answer = desk.get(page("export"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="landmarks-')
    assert answer.content == catalogue_table.export()


def test_a_curator_looks_at_the_changes_and_confirms_them(desk, bridge):
    answer = send(desk, catalogue_table.export().replace(b"Japanese Bridge", b"Pagoda Bridge"))
    told = answer.content.decode()
    assert "Japanese Bridge</del>" in told
    assert "Pagoda Bridge</ins>" in told
    assert Landmark.objects.filter(name_en="Japanese Bridge").exists()
    sent = looked_at(answer)
    sent["table"] = sent["table"].replace("\r\n", "\n").replace("\n", "\r\n")  # as browsers send it
    done = desk.post(page(), sent, follow=True)
    assert "1 landmark is as the table says." in done.content.decode()
    bridge.refresh_from_db()
    assert bridge.name_en == "Pagoda Bridge"
    assert len(catalogue_table.told_by(LogEntry.objects.get())[1]) == 1
    history = desk.get(reverse("admin:places_landmark_history", args=[bridge.pk])).content.decode()
    assert "Japanese Bridge</del>" in history


def test_a_stale_confirmation_writes_nothing_and_shows_the_changes_anew(desk, bridge):
    answer = send(desk, table({"slug": "chua-cau", "name_en": "A"}))
    LandmarkFactory()
    again = desk.post(page(), looked_at(answer))
    assert "The catalogue was changed meanwhile." in again.content.decode()
    assert not Landmark.objects.filter(name_en="A").exists()
    desk.post(page(), looked_at(again))
    assert Landmark.objects.filter(name_en="A").exists()


def test_errors_are_told_and_cannot_be_confirmed(desk, bridge):
    answer = send(desk, table({"slug": "chua-cau", "latitude": "north"}))
    assert answer.status_code == 400
    assert "Row 2" in answer.content.decode()
    assert 'name="stamp"' not in answer.content.decode()


def test_nothing_chosen_is_told(desk):
    assert "Please choose a table first." in desk.post(page()).content.decode()


def test_only_those_who_may_change_landmarks_bring_a_table_back():
    client = Client()
    assert client.get(page()).status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get(page()).status_code == client.get(page("export")).status_code == 403
