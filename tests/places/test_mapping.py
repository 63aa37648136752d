from itertools import combinations
from math import hypot, log, pi, sqrt

import pytest

from places import mapping
from tests.factories import LandmarkFactory, ProvinceFactory


def place(latitude: float, longitude: float, **told):
    told = {"province": None, **told}
    return LandmarkFactory.build(latitude=latitude, longitude=longitude, **told)


def test_a_position_is_projected_as_mercator_did():
    assert mapping.position(24, 100) == (0, 0)
    assert mapping.position(24, 107.5) == (750, 0)
    equator, middle = mapping.position(0, 100)[1], mapping.position(45, 100)[1]
    assert equator - middle == pytest.approx(100 * 180 / pi * log(1 + sqrt(2)))  # 5049.9


def test_the_whole_country_holds_the_mainland_and_both_archipelagos():
    frame = mapping.VIETNAM
    for latitude, longitude in [
        (23.39, 105.32),
        (8.56, 104.72),
        (17.1, 111.0),
        (7.89, 112.92),
        (10.73, 115.8),
    ]:
        x, y = mapping.position(latitude, longitude)
        assert frame.left < x < frame.left + frame.width
        assert frame.top < y < frame.top + frame.height


def test_a_drawing_of_the_country_marks_each_place_and_names_the_sea():
    drawn = mapping.whole_country([place(24, 107.5)], province="hue")
    [mark] = drawn.marks
    assert (mark.x, mark.y, mark.number) == ("750.00", "0.00", 0)
    assert drawn.province == "hue"
    assert {label.kind for label in drawn.labels} == {"hoang-sa", "truong-sa", "east-sea"}


def test_surroundings_are_numbered_and_fit_with_room_at_the_edges():
    drawn = mapping.surroundings([place(16.0, 108.0), place(16.5, 108.5)], here=(16.2, 108.2))
    assert [mark.number for mark in drawn.marks] == [1, 2]
    frame = drawn.frame
    assert frame.width / frame.height == pytest.approx(1.5)
    for mark in drawn.marks:
        assert frame.left < float(mark.x) < frame.left + frame.width
        assert frame.top < float(mark.y) < frame.top + frame.height


def test_the_scale_bar_is_as_long_as_it_says():
    drawn = mapping.surroundings([place(16.0, 108.0), place(16.0, 108.9)], here=(16.0, 108.0))
    # 0.9 degrees at 16 north are 96 km and ten thirteenths of the width, of which the bar takes a third at most.
    assert drawn.scale.km == 20
    assert float(drawn.scale.length) == pytest.approx(20 / (1.1132 * 0.96126), rel=1e-3)


def test_places_at_one_spot_are_drawn_apart_and_one_alone_where_it_is():
    crowd = [place(21.03, 105.85), place(21.03, 105.85), place(21.0301, 105.85), place(21.1, 105.95)]
    drawn = mapping.surroundings(crowd, here=(21.03, 105.85))
    seals = [tuple(map(float, mark.seal)) for mark in drawn.marks]
    for (x1, y1), (x2, y2) in combinations(seals, 2):
        assert hypot(x1 - x2, y1 - y2) > 2 * float(drawn.seal)
    assert drawn.marks[3].seal == (drawn.marks[3].x, drawn.marks[3].y)
    assert drawn.marks[0].seal != (drawn.marks[0].x, drawn.marks[0].y)


def test_a_crowd_at_the_edge_stays_whole_within_the_frame():
    crowd = [place(21.0, 105.8) for _each in range(8)] + [place(21.4, 105.8)]
    drawn = mapping.surroundings(crowd, here=(21.0, 105.8))
    bottom = drawn.frame.top + drawn.frame.height
    assert all(float(mark.seal[1]) + float(drawn.seal) <= bottom + 0.01 for mark in drawn.marks)


def test_one_place_alone_has_a_frame_of_a_few_kilometres():
    frame = mapping.surroundings([], here=(21.0, 105.8)).frame
    assert frame.width * mapping.KM_PER_UNIT == pytest.approx(1.3 * 2.5 / 0.9336, rel=1e-3)


@pytest.mark.django_db
def test_a_places_page_shows_where_it_lies_without_a_script(client):
    here = LandmarkFactory(
        slug="here", latitude=16.4698, longitude=107.5796, province=ProvinceFactory(slug="hue")
    )
    page = client.get(here.get_absolute_url()).content.decode()
    assert "vietnam.svg#provinces" in page
    assert "vietnam.svg#hue" in page
    assert "Quần đảo Hoàng Sa" in page
    assert "Quần đảo Trường Sa" in page
    assert 'cx="757.96"' in page  # no decimal comma
    assert "leaflet" not in page


@pytest.mark.django_db
def test_a_place_without_a_position_has_no_map(client):
    page = client.get(LandmarkFactory(slug="here").get_absolute_url()).content.decode()
    assert "vietnam.svg" not in page
