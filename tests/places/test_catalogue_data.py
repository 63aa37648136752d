"""The catalogue's data files, read as plain CSV: what must hold before any database sees them."""

import csv
import math
import re
import unicodedata
from collections import Counter
from pathlib import Path

DATA = Path(__file__).parents[2] / "places" / "data"

REGIONS = {
    "northern_midlands_mountains", "red_river_delta", "north_central", "south_central_coast",
    "central_highlands", "southeast", "mekong_delta",
}  # fmt: skip
CATEGORIES = {
    "pagoda", "temple", "church", "mosque", "communal_house", "citadel", "palace", "tomb", "tower", "bridge",
    "museum", "market", "monument", "street", "village", "theatre", "station", "building", "park", "cave",
    "waterfall", "lake", "river", "bay", "beach", "island", "mountain", "pass", "rice_terraces",
    "national_park", "historic_site", "amusement_park",
}  # fmt: skip
KINDS = {"building", "complex", "scene"}
UNESCO_YEARS = {
    "world_heritage": {1993, 1994, 1999, 2003, 2010, 2011, 2014, 2023, 2025},
    "global_geopark": {2010, 2018, 2020, 2025},
    "biosphere_reserve": {2000, 2001, 2004, 2006, 2007, 2009, 2015, 2021},
}
DATASET = {
    "ba-na-hills", "buu-dien-trung-tam-sai-gon", "cho-ben-thanh", "cho-noi-cai-rang", "chua-bai-dinh",
    "chua-cau", "co-do-hoa-lu", "co-do-hue", "dao-phu-quoc", "deo-o-quy-ho", "dia-dao-cu-chi",
    "dinh-doc-lap", "dong-phong-nha", "dong-thien-duong", "hang-pac-bo", "ho-ba-be", "ho-hoan-kiem",
    "lang-chu-tich-ho-chi-minh", "lung-cu", "ngu-hanh-son", "nha-tho-duc-ba-sai-gon", "nui-cam",
    "pho-co-ha-noi", "pho-co-hoi-an", "ruong-bac-thang-sa-pa", "song-huong", "thac-ban-gioc",
    "thanh-dia-my-son", "trang-an", "van-mieu-quoc-tu-giam", "vinh-ha-long", "vinh-lang-co",
}  # fmt: skip
OUTSIDE_THE_DATASET = {"cau-vang", "ga-da-lat", "ganh-da-dia", "tuong-chua-kito-vua-vung-tau"}
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


PROVINCES = rows("provinces.csv")
LANDMARKS = rows("landmarks.csv")
FACTS = rows("facts.csv")
FORMER_OF = {row["slug"]: row["former_vi"].split("|") for row in PROVINCES}
LANDMARK = {row["slug"]: row for row in LANDMARKS}


def has_diacritics(text: str) -> bool:
    return "đ" in text.lower() or unicodedata.normalize("NFD", text) != text


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?=\s|$)", text))


def kilometres(a: dict[str, str], b: dict[str, str]) -> float:
    north, south = float(a["latitude"]), float(b["latitude"])
    east = (float(a["longitude"]) - float(b["longitude"])) * math.cos(math.radians((north + south) / 2))
    return 111.2 * math.hypot(north - south, east)


def test_there_are_six_cities_and_twenty_eight_provinces():
    assert Counter(row["kind"] for row in PROVINCES) == {"city": 6, "province": 28}
    cities = {row["name_vi"] for row in PROVINCES if row["kind"] == "city"}
    assert cities == {"Hà Nội", "Hải Phòng", "Huế", "Đà Nẵng", "TP. Hồ Chí Minh", "Cần Thơ"}
    assert len({row["name_vi"] for row in PROVINCES}) == 34


def test_all_sixty_three_former_units_appear_once_in_both_languages():
    former = Counter(name for names in FORMER_OF.values() for name in names)
    assert len(former) == 63
    assert set(former.values()) == {1}
    for row in PROVINCES:
        assert len(row["former_vi"].split("|")) == len(row["former_en"].split("|")), row["slug"]


def test_eleven_units_were_not_merged_and_the_others_hold_two_or_three():
    assert Counter(len(names) for names in FORMER_OF.values()) == {1: 11, 2: 17, 3: 6}


def test_a_merged_province_lists_the_former_unit_of_its_own_name_first():
    for row in PROVINCES:
        first = row["former_vi"].split("|")[0]
        assert first == row["name_vi"] or (row["slug"], first) == ("hue", "Thừa Thiên Huế")


def test_provinces_lie_in_the_official_regions_with_coast_and_highlands_split_by_seat():
    assert Counter(row["region"] for row in PROVINCES) == {
        "northern_midlands_mountains": 9, "red_river_delta": 6, "north_central": 5, "south_central_coast": 4,
        "central_highlands": 2, "southeast": 3, "mekong_delta": 5,
    }  # fmt: skip
    assert {row["region"] for row in PROVINCES} == REGIONS


def test_slugs_are_well_formed_and_unique():
    for table in (PROVINCES, LANDMARKS):
        slugs = [row["slug"] for row in table]
        assert len(slugs) == len(set(slugs))
        assert [slug for slug in slugs if not SLUG.fullmatch(slug)] == []
    assert max(len(row["slug"]) for row in PROVINCES) <= 50
    assert max(len(row["slug"]) for row in LANDMARKS) <= 100


def test_the_catalogue_holds_at_least_180_landmarks_and_those_of_the_datasets():
    assert len(LANDMARKS) >= 180
    assert len(DATASET) == 32
    assert LANDMARK.keys() >= DATASET | OUTSIDE_THE_DATASET


def test_every_province_and_every_former_unit_has_a_landmark():
    assert {row["province"] for row in LANDMARKS} == set(FORMER_OF)
    assert {row["former_province"] for row in LANDMARKS} == {n for names in FORMER_OF.values() for n in names}


def test_the_former_province_of_a_landmark_belongs_to_its_province():
    assert [r["slug"] for r in LANDMARKS if r["former_province"] not in FORMER_OF[r["province"]]] == []


def test_categories_kinds_and_unesco_states_are_of_the_known_ones():
    assert {row["category"] for row in LANDMARKS} == CATEGORIES
    assert {row["kind"] for row in LANDMARKS} == KINDS
    for row in LANDMARKS:
        if row["unesco"]:
            assert int(row["unesco_year"]) in UNESCO_YEARS[row["unesco"]], row["slug"]
        else:
            assert row["unesco_year"] == "", row["slug"]


def test_coordinates_come_in_pairs_and_lie_in_vietnam():
    for row in LANDMARKS:
        assert bool(row["latitude"]) == bool(row["longitude"]), row["slug"]
        if row["latitude"]:
            assert 8.3 <= float(row["latitude"]) <= 23.4, row["slug"]
            assert 102.1 <= float(row["longitude"]) <= 109.6, row["slug"]
    assert sum(bool(row["latitude"]) for row in LANDMARKS) >= 0.9 * len(LANDMARKS)


def test_landmarks_of_one_former_province_lie_within_200_km_of_each_other():
    placed = [row for row in LANDMARKS if row["latitude"]]
    for i, row in enumerate(placed):
        for other in placed[:i]:
            if row["former_province"] == other["former_province"]:
                assert kilometres(row, other) < 200, (row["slug"], other["slug"])


def test_landmarks_that_overlap_lie_near_each_other():
    for row in LANDMARKS:
        for other in map(LANDMARK.__getitem__, row["overlaps_with"].split()):
            if row["latitude"] and other["latitude"]:
                assert kilometres(row, other) < 50, (row["slug"], other["slug"])


def test_overlaps_resolve_and_hold_both_ways():
    for row in LANDMARKS:
        others = row["overlaps_with"].split()
        assert row["slug"] not in others
        assert len(others) == len(set(others)), row["slug"]
        for other in others:
            assert row["slug"] in LANDMARK[other]["overlaps_with"].split(), (row["slug"], other)


def test_descriptions_in_both_languages_are_one_or_two_sentences_of_decent_length():
    for row in LANDMARKS:
        for text in (row["description_vi"], row["description_en"]):
            assert 1 <= sentences(text) <= 2, row["slug"]
            assert text.endswith("."), row["slug"]
            assert 40 <= len(text) <= 260, (row["slug"], len(text))
            assert text[0].isupper() or text[0].isdigit(), row["slug"]
        assert has_diacritics(row["description_vi"]), row["slug"]
        assert row["description_vi"] != row["description_en"], row["slug"]


def test_no_description_is_used_twice():
    for column in ("description_vi", "description_en"):
        assert max(Counter(row[column] for row in LANDMARKS).values()) == 1


def test_vietnamese_names_carry_diacritics():
    plain = {row["slug"] for row in LANDMARKS if not has_diacritics(row["name_vi"])}
    assert plain == {"landmark-81", "keangnam-landmark-72", "vinwonders-nha-trang"}
    assert [row["slug"] for row in PROVINCES if not has_diacritics(row["name_vi"])] == ["gia-lai", "an-giang"]


def test_all_text_is_tidy_and_in_composed_unicode():
    for row in PROVINCES + LANDMARKS:
        assert None not in {*row, *row.values()}, row["slug"]
        for column, text in row.items():
            assert unicodedata.is_normalized("NFC", text), (row["slug"], column)
            assert text == " ".join(text.split()), (row["slug"], column)


def test_names_are_there_in_both_languages_and_vietnamese_ones_are_not_used_twice():
    assert all(row["name_vi"] and row["name_en"] for row in PROVINCES + LANDMARKS)
    assert [n for n, count in Counter(row["name_vi"] for row in LANDMARKS).items() if count > 1] == []
    assert [n for n, count in Counter(row["name_en"] for row in LANDMARKS).items() if count > 1] == []


def test_other_names_are_really_other_and_each_landmark_can_be_typed_without_accents():
    for row in LANDMARKS:
        names = row["other_names"].split("|")
        known = [name.casefold() for name in (row["name_vi"], *names)]
        assert len(known) == len(set(known)), row["slug"]
        assert "" not in known, row["slug"]
        assert row["name_en"].casefold() not in {name.casefold() for name in names}, row["slug"]
        assert all(len(name) <= 200 for name in names), row["slug"]
        assert any(name.isascii() for name in (row["name_vi"], row["name_en"], *names)), row["slug"]


def test_each_fact_names_a_landmark_and_there_is_one_of_a_kind():
    assert {fact["landmark"] for fact in FACTS} <= LANDMARK.keys()
    assert max(Counter((fact["landmark"], fact["kind"]) for fact in FACTS).values()) == 1
    assert {fact["kind"] for fact in FACTS} == {"hours", "price", "season", "way"}


def test_there_are_facts_for_the_places_that_travellers_go_to():
    assert len(FACTS) >= 120
    assert len({fact["landmark"] for fact in FACTS}) >= 60
    assert {fact["landmark"] for fact in FACTS} >= DATASET - {"song-huong"}


def test_facts_are_told_in_both_languages_as_sentences():
    for fact in FACTS:
        for text in (fact["text_vi"], fact["text_en"]):
            assert 5 <= len(text) <= 500, fact
            assert text.endswith("."), fact
            assert text[0].isupper() or text[0].isdigit(), fact
            assert text == " ".join(text.split()), fact
            assert unicodedata.is_normalized("NFC", text), fact
        assert has_diacritics(fact["text_vi"]), fact


def test_what_changes_from_year_to_year_is_told_as_about():
    for fact in FACTS:
        amount = re.search(r"\d\d\.\d{3} đồng|\d:\d\d–", fact["text_vi"])
        if fact["kind"] in ("hours", "price") and amount:
            assert "khoảng" in fact["text_vi"].lower(), fact
            assert "about" in fact["text_en"].lower(), fact


def test_no_fact_claims_a_check_without_its_source():
    for fact in FACTS:
        assert bool(fact["checked_on"]) == bool(fact["source_url"]), fact


def test_distances_and_prices_are_the_same_in_both_languages():
    for fact in FACTS:
        vietnamese, english = (
            re.findall(r"\d+", text.replace(comma, ""))
            for text, comma in ((fact["text_vi"], "."), (fact["text_en"], ","))
        )
        if fact["kind"] == "price" or "km" in fact["text_en"]:
            assert sorted(vietnamese) == sorted(english), fact
