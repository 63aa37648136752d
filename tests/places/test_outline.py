import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from places import mapping, outline
from places.catalogue import DATA

MAP = Path(__file__).resolve().parents[2] / "static" / "map"
FORMER = {"Bắc": "north", "Nam": "south", "Đông": "south"}


def feature(name: str | None, *boxes: tuple[float, float, float, float]) -> dict:
    rings = [[[[w, s], [e, s], [e, n], [w, n], [w, s]]] for w, s, e, n in boxes]
    return {"properties": {"gn_name": name}, "geometry": {"type": "MultiPolygon", "coordinates": rings}}


# North lies on south, and east stood beside south before the two became one.
NORTH, SOUTH, EAST = (
    feature("Tinh Bac", (1, 2, 2, 3), (2, 2, 3, 3)),
    feature("Tinh Nam", (1, 1, 2, 2), (5, 1, 5.5, 1.5)),
    feature("Thanh Pho Dong", (2, 1, 3, 2)),
)


def corners(drawn: outline.Outline, slug: str) -> list[set[tuple[int, int]]]:
    return [set(outline.points(ring, drawn.arcs)) for ring in drawn.provinces[slug]]


def test_provinces_that_became_one_lose_the_border_between_them():
    drawn = outline.merge([NORTH, SOUTH, EAST], FORMER, tolerance=0.01)
    assert corners(drawn, "south") == [
        {(1000, 1000), (3000, 1000), (3000, 2000), (1000, 2000)},
        {(5000, 1000), (5500, 1000), (5500, 1500), (5000, 1500)},
    ]
    assert corners(drawn, "north") == [{(1000, 2000), (3000, 2000), (3000, 3000), (1000, 3000)}]


def test_a_border_is_kept_once_and_shared_by_its_two_sides():
    drawn = outline.merge([NORTH, SOUTH, EAST], FORMER, tolerance=0.01)
    used = [max(number, ~number) for rings in drawn.provinces.values() for ring in rings for number in ring]
    assert sorted(map(used.count, set(used))) == [1, 1, 1, 2]


def test_a_ring_comes_back_to_where_it_began():
    for rings in (drawn := outline.merge([NORTH, SOUTH, EAST], FORMER, tolerance=0.01)).provinces.values():
        for ring in rings:
            line = outline.points(ring, drawn.arcs)
            assert line[0] == line[-1]


def test_an_islet_of_no_province_goes_to_the_nearest_and_a_speck_is_dropped():
    islets = feature(None, (3.2, 2.8, 3.3, 2.9), (4, 2, 4.001, 2.001))
    drawn = outline.merge([NORTH, SOUTH, EAST, islets], FORMER, tolerance=0.01)
    assert {(3200, 2800), (3300, 2800), (3300, 2900), (3200, 2900)} in corners(drawn, "north")
    assert sum(len(rings) for rings in drawn.provinces.values()) == 4


def test_thinning_drops_what_lies_within_the_tolerance_of_the_line_and_keeps_the_ends():
    arc = [(0, 0), (500, 3), (1000, 0), (1000, 500), (1000, 1000)]
    assert outline._thin(arc, 5) == [(0, 0), (1000, 0), (1000, 1000)]
    assert outline._thin(arc, 2) == [(0, 0), (500, 3), (1000, 0), (1000, 1000)]


@pytest.mark.parametrize(
    ("features", "problem"),
    [([NORTH, SOUTH, EAST, feature("Tinh Atlantis", (7, 7, 8, 8))], "Atlantis"), ([NORTH, SOUTH], "dong")],
)
def test_boundaries_that_are_not_those_of_the_provinces_are_refused(features, problem):
    with pytest.raises(outline.OutlineError, match=problem):
        outline.merge(features, FORMER, tolerance=0.01)


def test_the_command_refuses_a_file_that_is_none(tmp_path):
    source = tmp_path / "source.json"
    source.write_text("[]")
    with pytest.raises(CommandError, match=r"source\.json"):
        call_command("draw_outline", source, folder=tmp_path)


def test_the_command_draws_both_files(tmp_path, capsys):
    with open(DATA / "provinces.csv", encoding="utf-8", newline="") as file:
        names = [name for row in csv.DictReader(file) for name in row["former_vi"].split("|")]
    source = tmp_path / "source.json"
    features = [feature(name, (number, 10, number + 1, 11)) for number, name in enumerate(names)]
    source.write_text(json.dumps({"features": features}))
    call_command("draw_outline", source, folder=tmp_path)
    assert (
        len(json.loads((tmp_path / "vietnam.json").read_text())["objects"]["provinces"]["geometries"]) == 34
    )
    assert (tmp_path / "vietnam.svg").read_text().count("<path") == 34
    assert "34 provinces" in capsys.readouterr().out


# ---- What is shipped ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> dict:
    return json.loads((MAP / "vietnam.json").read_text())


@pytest.fixture(scope="module")
def shapes(shipped) -> dict[str, list[list[tuple[float, float]]]]:
    """Each province's rings, longitude and latitude, unfolded as TopoJSON's specification says."""
    arcs = []
    for steps in shipped["arcs"]:
        x = y = 0
        arcs.append([(x := x + dx, y := y + dy) for dx, dy in steps])
    scale = shipped["transform"]["scale"][0]
    return {
        shape["id"]: [
            [(x * scale, y * scale) for x, y in outline.points(ring, arcs)] for [ring] in shape["arcs"]
        ]
        for shape in shipped["objects"]["provinces"]["geometries"]
    }


def inside(rings: list[list[tuple[float, float]]], x: float, y: float) -> bool:
    """By how often a line to the east crosses the border."""
    crossed = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossed += 1
    return crossed % 2 == 1


def test_the_map_has_the_provinces_of_the_catalogue_and_both_archipelagos(shipped):
    with open(DATA / "provinces.csv", encoding="utf-8", newline="") as file:
        slugs = {row["slug"] for row in csv.DictReader(file)}
    assert {shape["id"] for shape in shipped["objects"]["provinces"]["geometries"]} == slugs
    islands = {shape["id"]: shape["coordinates"] for shape in shipped["objects"]["islands"]["geometries"]}
    assert all(111_000 < x < 113_000 and 15_700 < y < 17_200 for x, y in islands["hoang-sa"])
    assert all(111_500 < x < 117_500 and 6_500 < y < 12_000 for x, y in islands["truong-sa"])
    drawing = (MAP / "vietnam.svg").read_text()
    assert all(f'<path id="{slug}" ' in drawing for slug in slugs)
    assert drawing.count("<circle") == sum(map(len, islands.values()))


@pytest.mark.parametrize(
    ("slug", "latitude", "longitude"),
    [
        ("ha-noi", 21.0, 105.8), ("tuyen-quang", 22.82, 104.98), ("da-nang", 15.6, 108.0),
        ("lam-dong", 11.1, 108.0), ("dak-lak", 13.2, 109.0), ("ho-chi-minh", 8.7, 106.6), ("an-giang", 10.2, 104.0),
        ("hai-phong", 20.8, 107.0), ("quang-tri", 17.5, 106.3), ("hue", 16.3, 107.5),
    ],
)  # fmt: skip
def test_what_became_part_of_a_province_lies_in_it_islands_too(shapes, slug, latitude, longitude):
    assert [name for name, rings in shapes.items() if inside(rings, longitude, latitude)] == [slug]


def test_nearly_every_place_of_the_catalogue_is_drawn_in_its_province(shapes):
    with open(DATA / "landmarks.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["latitude"] and row["province"]]
    within = [
        inside(shapes[row["province"]], float(row["longitude"]), float(row["latitude"])) for row in rows
    ]
    assert sum(within) / len(rows) > 0.85  # the others stand on a coast or a border, which are drawn roughly


def test_neighbours_share_their_borders(shipped):
    used = [
        max(number, ~number)
        for shape in shipped["objects"]["provinces"]["geometries"]
        for [ring] in shape["arcs"]
        for number in ring
    ]
    assert set(used) == set(range(len(shipped["arcs"])))
    assert sum(used.count(number) == 2 for number in set(used)) > 50
    assert max(map(used.count, set(used))) == 2


def test_the_map_is_small(shipped):
    assert (MAP / "vietnam.json").stat().st_size < 60_000
    assert (MAP / "vietnam.svg").stat().st_size < 70_000


def test_the_drawing_is_in_the_units_of_the_marks(shapes):
    """The first point of the capital's path stands where its longitude and latitude say."""
    drawing = (MAP / "vietnam.svg").read_text()
    path = drawing.split('<path id="ha-noi" d="M')[1].split("l")[0]
    x, y = (float(number) for number in path.replace("-", " -").split())
    longitude, latitude = shapes["ha-noi"][0][0]
    assert (x, y) == pytest.approx(mapping.position(latitude, longitude), abs=0.06)
