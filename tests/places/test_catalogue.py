import csv

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from places import catalogue
from places.merging import merge
from places.models import Fact, FormerProvince, Landmark, Province
from tests.factories import CuratorFactory, LandmarkFactory

pytestmark = pytest.mark.django_db

PROVINCES = [
    {"slug": "ha-noi", "name_vi": "Hà Nội", "name_en": "Hanoi", "kind": "city", "region": "red_river_delta",
     "former_vi": "Hà Nội", "former_en": "Hanoi"},
    {"slug": "ninh-binh", "name_vi": "Ninh Bình", "name_en": "Ninh Binh", "kind": "province",
     "region": "red_river_delta", "former_vi": "Ninh Bình|Hà Nam", "former_en": "Ninh Binh|Ha Nam"},
]  # fmt: skip


def row(slug: str, **told) -> dict:
    bare = dict.fromkeys(catalogue.LANDMARK_COLUMNS, "")
    return bare | {"slug": slug, "name_vi": slug, "name_en": slug, "kind": "scene"} | told


LANDMARKS = [
    row("trang-an", province="ninh-binh", former_province="Hà Nam", latitude="20.25", longitude="105.9",
        category="bay", unesco="world_heritage", unesco_year="2014", other_names="Tràng An | Trang-An",
        overlaps_with="hoa-lu"),
    row("hoa-lu", province="ninh-binh"),
    row("ho-guom", province="ha-noi"),
]  # fmt: skip


def fact(landmark: str, kind: str, **told) -> dict:
    bare = {"text_vi": "Miễn phí.", "text_en": "Free.", "checked_on": "", "source_url": ""}
    return {"landmark": landmark, "kind": kind} | bare | told


FACTS = [
    fact("trang-an", "price", checked_on="2026-03-04", source_url="https://example.org/tickets"),
    fact("trang-an", "way", text_vi="Cách Hà Nội 95 km.", text_en="95 km from Hanoi."),
]


@pytest.fixture
def table(tmp_path):
    """Write the tables; returns their folder."""

    def write(landmarks=LANDMARKS, provinces=PROVINCES, facts=FACTS):
        for name, rows, columns in (
            ("provinces.csv", provinces, catalogue.PROVINCE_COLUMNS),
            ("landmarks.csv", landmarks, catalogue.LANDMARK_COLUMNS),
            ("facts.csv", facts, catalogue.FACT_COLUMNS),
        ):
            with open(tmp_path / name, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        return tmp_path

    return write


def counts(tallies) -> list[tuple]:
    return [(tally.added, tally.changed, tally.unchanged, tally.kept) for tally in tallies.values()]


def test_provinces_and_landmarks_are_loaded_whole(table):
    assert counts(catalogue.load(table())) == [(2, 0, 0, 0), (3, 0, 0, 0), (3, 0, 0, 0), (2, 0, 0, 0)]
    landmark = Landmark.objects.get(slug="trang-an")
    assert (landmark.province.name_en, landmark.former_province.name_vi) == ("Ninh Binh", "Hà Nam")
    assert (landmark.latitude, landmark.longitude) == (20.25, 105.9)
    assert landmark.other_names == ["Tràng An", "Trang-An"]
    assert (landmark.category, landmark.unesco, landmark.unesco_year) == ("bay", "world_heritage", 2014)
    assert Landmark.objects.get(slug="hoa-lu").overlaps_with.get() == landmark
    assert [province.is_city for province in Province.objects.order_by("slug")] == [True, False]
    assert FormerProvince.objects.get(name_vi="Hà Nam").province.slug == "ninh-binh"


def test_loading_again_changes_nothing(table):
    catalogue.load(table())
    assert counts(catalogue.load(table())) == [(0, 0, 2, 0), (0, 0, 3, 0), (0, 0, 3, 0), (0, 0, 2, 0)]


def test_what_has_changed_in_the_tables_is_brought_over(table):
    catalogue.load(table())
    changed = [LANDMARKS[0] | {"name_en": "Trang An Bay", "overlaps_with": "ho-guom"}, *LANDMARKS[1:]]
    assert counts(catalogue.load(table(changed)))[2] == (0, 1, 2, 0)
    landmark = Landmark.objects.get(slug="trang-an")
    assert landmark.name_en == "Trang An Bay"
    assert landmark.overlaps_with.get().slug == "ho-guom"


def test_landmarks_that_the_tables_lack_stay(table):
    own = LandmarkFactory(slug="curators-own")
    catalogue.load(table())
    overlapping = Landmark.objects.get(slug="ho-guom")
    overlapping.overlaps_with.add(own)
    catalogue.load(table(LANDMARKS[:2]))
    assert Landmark.objects.filter(slug__in=["curators-own", "ho-guom"]).count() == 2
    catalogue.load(table())
    assert overlapping.overlaps_with.get() == own


def test_a_landmark_that_a_curator_has_edited_stays_as_it_is(table):
    catalogue.load(table())
    landmark = Landmark.objects.get(slug="trang-an")
    Landmark.objects.filter(pk=landmark.pk).update(name_en="As the curator says")
    LogEntry.objects.create(
        user=CuratorFactory(), content_type=ContentType.objects.get_for_model(Landmark),
        object_id=landmark.pk, object_repr="", action_flag=CHANGE,
    )  # fmt: skip
    assert counts(catalogue.load(table()))[2] == (0, 0, 2, 1)
    landmark.refresh_from_db()
    assert landmark.name_en == "As the curator says"


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"province": "atlantis"}, "no province 'atlantis'"),
        ({"former_province": "Atlantis"}, "no former province 'Atlantis'"),
        ({"category": "volcano"}, "category"),
        ({"kind": "volcano"}, "kind"),
        ({"latitude": "north", "longitude": "1"}, "north"),
        ({"latitude": "95", "longitude": "1"}, "Vĩ độ"),
        ({"latitude": "nan", "longitude": "1"}, "Vĩ độ"),
        ({"latitude": "20"}, "Vĩ độ"),
        ({"name_en": ""}, "name_en"),
        ({"slug": "not a slug"}, "slug"),
        ({"slug": "hoa-lu"}, "comes twice"),
        ({"unesco_year": "long ago"}, "long ago"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_nothing_is_loaded(table, told, problem):
    landmarks = [*LANDMARKS[1:], row("last") | told]
    with pytest.raises(catalogue.CatalogueError, match=r"landmarks\.csv, line 4: .*") as refused:
        catalogue.load(table(landmarks))
    assert problem in str(refused.value)
    assert not Province.objects.exists()
    assert not Landmark.objects.exists()


def test_all_bad_rows_are_told_at_once(table):
    landmarks = [row("one", kind="x"), row("two"), row("three", province="x")]
    with pytest.raises(catalogue.CatalogueError) as refused:
        catalogue.load(table(landmarks))
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "landmarks.csv, line 2",
        "landmarks.csv, line 4",
    ]


def test_an_overlap_with_nothing_is_refused(table):
    with pytest.raises(catalogue.CatalogueError, match="atlantis"):
        catalogue.load(table([row("one", overlaps_with="atlantis")], facts=[]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("slug,name_vi\nx,y\n", "no column name_en"),
        (",".join(catalogue.PROVINCE_COLUMNS) + "\nx,y\n", "line 2: not as many fields"),
        ("\xff\xfe", "provinces.csv"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(table, text, problem):
    folder = table()
    (folder / "provinces.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(catalogue.CatalogueError, match=problem):
        catalogue.load(folder)


def test_the_command_tells_what_it_did(table, monkeypatch, capsys):
    monkeypatch.setattr(catalogue.load, "__defaults__", (table(),))
    call_command("load_catalogue")
    assert "landmarks: 3 added, 0 changed, 0 unchanged" in capsys.readouterr().out
    table([row("one", kind="x")], facts=[])
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("load_catalogue")


def test_everyday_names_of_former_provinces_are_loaded_with_them(table):
    provinces = [PROVINCES[0], PROVINCES[1] | {"former_others": "Hà Nam: Phủ Lý, Ha Nam province"}]
    catalogue.load(table(provinces=provinces))
    assert FormerProvince.objects.get(name_vi="Hà Nam").other_names == ["Phủ Lý", "Ha Nam province"]
    assert FormerProvince.objects.get(name_vi="Ninh Bình").other_names == []


def test_everyday_names_of_no_former_province_are_refused(table):
    provinces = [PROVINCES[0] | {"former_others": "Hà Tây: Xứ Đoài"}, PROVINCES[1]]
    with pytest.raises(catalogue.CatalogueError, match="line 2: former_others: Hà Tây is not in former_vi"):
        catalogue.load(table(provinces=provinces))


def facts_of(slug: str) -> dict[str, str]:
    return {fact.kind: fact.text_en for fact in Fact.objects.filter(landmark__slug=slug)}


def edited_by_a_curator(landmark: Landmark) -> None:
    LogEntry.objects.create(
        user=CuratorFactory(), content_type=ContentType.objects.get_for_model(Landmark),
        object_id=landmark.pk, object_repr="", action_flag=CHANGE,
    )  # fmt: skip


def test_facts_are_loaded_with_the_day_they_were_checked_and_without(table):
    catalogue.load(table())
    price, way = Fact.objects.order_by("kind")
    assert (str(price.checked_on), price.source_url) == ("2026-03-04", "https://example.org/tickets")
    assert (way.text_vi, way.text_en, way.checked_on) == ("Cách Hà Nội 95 km.", "95 km from Hanoi.", None)


def test_a_fact_that_has_changed_in_the_table_is_brought_over(table):
    catalogue.load(table())
    dearer = fact("trang-an", "price", text_vi="Khoảng 250.000 đồng.", text_en="About 250,000 đồng.")
    assert counts(catalogue.load(table(facts=[dearer])))[3] == (0, 1, 0, 0)
    assert facts_of("trang-an") == {"price": "About 250,000 đồng.", "way": "95 km from Hanoi."}


def test_the_facts_of_a_landmark_that_a_curator_has_edited_stay_as_they_are(table):
    catalogue.load(table())
    edited_by_a_curator(Landmark.objects.get(slug="trang-an"))
    Fact.objects.filter(kind="price").update(text_en="As the curator says")
    Fact.objects.filter(kind="way").delete()
    assert counts(catalogue.load(table()))[3] == (0, 0, 0, 2)
    assert facts_of("trang-an") == {"price": "As the curator says"}


def test_an_edited_landmark_that_has_no_facts_yet_gets_those_of_the_table(table):
    catalogue.load(table(facts=[]))
    edited_by_a_curator(Landmark.objects.get(slug="trang-an"))
    assert counts(catalogue.load(table()))[3] == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"landmark": "atlantis"}, "facts.csv, line 2: no landmark 'atlantis'"),
        ({"landmark": ""}, "facts.csv, line 2: landmark"),
        ({"kind": "mood"}, "facts.csv, line 2: kind"),
        ({"text_vi": ""}, "facts.csv, line 2: text_vi"),
        ({"checked_on": "March"}, "facts.csv, line 2: "),
        ({"source_url": "somewhere"}, "facts.csv, line 2: source_url"),
    ],
)
def test_a_bad_fact_is_named_with_its_line(table, told, problem):
    with pytest.raises(catalogue.CatalogueError, match=problem):
        catalogue.load(table(facts=[fact("trang-an", "price") | told]))
    assert not Landmark.objects.exists()


def test_a_fact_that_comes_twice_is_refused(table):
    with pytest.raises(catalogue.CatalogueError, match="trang-an price comes twice"):
        catalogue.load(table(facts=[fact("trang-an", "price"), fact("trang-an", "price")]))


def test_what_was_merged_stays_merged_and_its_overlaps_are_those_of_the_other(table):
    catalogue.load(table())
    gone, into = Landmark.objects.get(slug="hoa-lu"), Landmark.objects.get(slug="ho-guom")
    merge(gone, into=into)
    assert counts(catalogue.load(table()))[2] == (0, 0, 1, 2)
    gone.refresh_from_db()
    assert gone.merged_into == into
    assert [landmark.slug for landmark in into.overlaps_with.all()] == ["trang-an"]
    assert not gone.overlaps_with.exists()


def test_a_landmark_whose_slug_a_curator_changed_is_not_made_anew(table):
    catalogue.load(table())
    landmark = Landmark.objects.get(slug="ho-guom")
    landmark.slug, landmark.former_slugs = "ho-hoan-kiem", ["ho-guom"]
    landmark.save()
    edited_by_a_curator(landmark)
    catalogue.load(table())
    assert not Landmark.objects.filter(slug="ho-guom").exists()
