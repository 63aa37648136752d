"""Tháp Rùa, Hà Nội: on a grassy islet of Hồ Hoàn Kiếm, three tiers of plaster black with rain, 8.8 m high.

First tier 6.3 x 4.5 m with three arches by two, second 4.8 x 3.6 m the same, third 3.0 x 1.9 m with a round window,
and over it a little lantern under a roof with upturned corners.
"""

from functools import cache

from places.demo import light
from places.demo.materials import GROVE, LAWN, flat, paving, plaster, stone, tiles, water
from places.demo.meshes import Model, together
from places.demo.people import crowd
from places.demo.roofs import hip_roof
from places.demo.shapes import arch, box, disc, floodlight, revolve, slab, wall
from places.demo.surroundings import bench, hills, lake, lamp_post, patch, skyline
from places.demo.trees import DARK_GREEN, FRESH, bush, grove, palm, tree
from places.demo.views import View, around

WALL = plaster("#b5ab92", age=0.95, tile=5)
LEDGE = plaster("#8f8770", age=1.0, tile=4)
DARK = flat("#15140f")
ROOF = tiles("#57504a", shade="#24211e")
RIDGE = plaster("#8d8575", age=0.9)
ISLET = 1.1  # its top over the water
BANK = 62.0  # from the tower to the paved shore in front


def tier(width: float, depth: float, height: float, across: int, deep: int, opening: float) -> Model:
    """Four walls pierced by arches, dark within, a double ledge above whose corners turn up."""
    thick = 0.4

    def face(long: float, count: int) -> Model:
        step = (long - 0.5) / count
        holes = [
            arch(opening, height * 0.72, x=(i - (count - 1) / 2) * step, z=0.12, pointed=0.25)
            for i in range(count)
        ]
        outline = [(-long / 2, 0), (long / 2, 0), (long / 2, height), (-long / 2, height)]
        solid = wall(outline, thick, WALL, openings=holes)
        rims = [
            wall(
                arch(
                    opening + 0.22, height * 0.72 + 0.12, x=(i - (count - 1) / 2) * step, z=0.12, pointed=0.25
                ),
                0.08,
                LEDGE,
                openings=[arch(opening, height * 0.72, x=(i - (count - 1) / 2) * step, z=0.1, pointed=0.25)],
            ).at(y=-thick / 2 - 0.02)
            for i in range(count)
        ]
        posts = [
            box(0.16, 0.08, height, LEDGE).at((i - count / 2) * step, -thick / 2 - 0.02)
            for i in range(count + 1)
        ]
        return solid + together(rims) + together(posts)

    front, side = face(width, across), face(depth, deep)
    walls = (
        front.at(0, -depth / 2 + thick / 2)
        + front.turned(180).at(0, depth / 2 - thick / 2)
        + side.turned(90).at(width / 2 - thick / 2)
        + side.turned(-90).at(-width / 2 + thick / 2)
    )
    inside = box(width * 0.45, depth * 0.3, height, DARK)
    ledges = box(width + 0.3, depth + 0.3, 0.12, LEDGE).at(z=height) + box(
        width + 0.62, depth + 0.62, 0.1, LEDGE
    ).at(z=height + 0.12)
    skirt = hip_roof(
        width + 0.55,
        depth + 0.55,
        0.7,
        ROOF,
        ridge=width * 0.55,
        upturn=0.24,
        sag=0.05,
        lip=0.08,
        trim=RIDGE,
        opening=0.55,
    )
    return walls + inside + ledges + skirt.at(z=height + 0.2)


def tower() -> Model:
    base = box(8.6, 6.8, 0.5, LEDGE) + box(7.4, 5.6, 0.5, LEDGE).at(z=0.45)
    first = tier(6.28, 4.54, 2.35, 3, 2, 0.95).at(z=0.95)
    second = tier(4.8, 3.64, 1.8, 3, 2, 0.72).at(z=3.65)
    third_h = 1.5
    room = box(2.97, 1.9, third_h, WALL)
    window = wall(disc(0.42), 0.06, LEDGE, openings=[disc(0.3)]) + wall(disc(0.3), 0.04, DARK)
    third = room + window.at(0, -0.97, 0.8) + window.at(0, 0.97, 0.8)
    third += together(box(0.18, 2.0, third_h, LEDGE).at(x) for x in (-1.4, 1.4))
    third += wall(arch(0.6, 1.2), 0.06, DARK).turned(90).at(1.49, 0, 0.1) + wall(
        arch(0.6, 1.2), 0.06, DARK
    ).turned(-90).at(-1.49, 0, 0.1)
    third += box(3.3, 2.25, 0.1, LEDGE).at(z=third_h)
    third += hip_roof(
        3.7, 2.7, 0.75, ROOF, ridge=1.5, upturn=0.34, sag=0.15, lip=0.08, trim=RIDGE, opening=0.5
    ).at(z=third_h + 0.1)
    lantern = (
        box(1.5, 1.2, 0.85, WALL)
        + wall(arch(0.5, 0.65), 0.04, DARK).at(0, -0.61, 0.08)
        + wall(arch(0.5, 0.65), 0.04, DARK).at(0, 0.61, 0.08)
    )
    cap = hip_roof(2.3, 2.0, 0.7, ROOF, ridge=0.8, upturn=0.42, sag=0.25, lip=0.08, trim=RIDGE, top="none")
    finial = revolve(
        ((0.12, 0), (0.16, 0.15), (0.08, 0.25), (0.14, 0.4), (0.02, 0.75), (0, 0.76)), RIDGE, sides=16
    )
    top = (
        lantern.at(z=third_h + 0.5)
        + cap.at(z=third_h + 1.35)
        + finial.at(z=third_h + 2.0)
        + box(1.0, 0.14, 0.22, RIDGE).at(z=third_h + 1.95)
    )
    return base + first + second + (third + top).at(z=5.95)


def islet() -> Model:
    shape = revolve(
        ((0, -0.6), (10.6, -0.4), (10.4, 0.0), (9.4, 0.55), (7.0, ISLET), (0, ISLET)), LAWN, sides=48
    )
    rim = together(
        box(1.2, 0.7, 0.7, stone("#837c6e", age=0.8)).turned(8 * i).at(10.25, 0, -0.15).turned(i * 7.2)
        for i in range(50)
    )
    plants = together(
        bush(0.7 + 0.25 * (i % 3), seed=i).at(6.2 + (i % 4) * 0.6, 0, 0.85).turned(i * 27 + 8)
        for i in range(13)
    )
    shrubs = (
        tree(4.2, seed=1, material=FRESH).at(-5.6, 2.6, 0.9)
        + tree(3.4, seed=2, material=DARK_GREEN).at(6.2, 1.8, 0.9)
        + palm(4, seed=1).at(5.2, 3.4, 0.9)
    )
    return (shape + rim).scaled(1.15, 0.9, 1) + plants.scaled(1.1, 0.85, 1) + shrubs


@cache
def model() -> Model:
    shore = together(
        slab(-200, -BANK - 60, 200, -BANK, -1.5, 0.55, paving("#9a948a"))
        + slab(-200, -BANK, 200, -BANK + 0.5, -1.5, 0.75, stone("#8f897d"))
        for _ in range(1)
    )
    far = patch(-600, 120, 600, 700, LAWN, z=0.5) + hills(
        near=118, far=175, height=17, arc=(-75, 75), rough=0.9, seed=3, material=GROVE
    )
    wood = grove(34, (-130, 96, 130, 116), height=(9, 15), gap=6, seed=4)
    town = skyline(34, (-190, 180, 190, 330), height=(14, 26), seed=8)
    lights = floodlight((-9, -9, 1.2), (0, 0, 5), colour=(1, 0.8, 0.35), power=1.6) + floodlight(
        (9, -9, 1.2), (0, 0, 5), colour=(1, 0.8, 0.35), power=1.6
    )
    return (
        lake(material=water("#34442c", ripple=0.012, tile=14))
        + islet()
        + tower().at(z=ISLET - 0.05)
        + shore
        + far
        + wood.at(z=0.5)
        + town
        + lights
    )


def branch(x: float, y: float) -> Model:
    """A lộc vừng of the shore that leans into the picture."""
    return tree(9, seed=3, material=DARK_GREEN, spread=0.95).at(x, y, 0.5)


def strollers(seed: int, x: float = 0) -> Model:
    return crowd(5, (x - 4, -BANK - 6, x + 4, -BANK - 2), seed=seed).at(z=0.55)


SEAT = bench().at(2.5, -BANK - 1.4, 0.55) + lamp_post(4.2).at(-5, -BANK - 1.2, 0.55)
TALL = (0, 0, 5.2)
VIEWS: tuple[View, ...] = (
    around(target=TALL, distance=44, azimuth=-12, height=2.2, fov=27, light=light.CLEAR_MORNING, seed=1),
    around(
        target=TALL, distance=56, azimuth=9, height=2.3, fov=24, light=light.AFTERNOON, portrait=True, seed=2
    ),
    around(
        target=TALL,
        distance=66,
        azimuth=2,
        height=2.2,
        fov=26,
        light=light.OVERCAST,
        front=strollers(3, 4),
        aim=(0.02, -0.01),
        seed=3,
    ),
    around(
        target=TALL, distance=40, azimuth=-30, height=2.0, fov=31, light=light.NOON, aim=(0.05, 0.02), seed=4
    ),
    around(target=TALL, distance=48, azimuth=20, height=2.2, fov=28, light=light.GOLDEN, seed=5),
    around(target=TALL, distance=52, azimuth=-5, height=2.2, fov=27, light=light.MIST.but(mist=85), seed=6),
    around(
        target=TALL,
        distance=68,
        azimuth=-3,
        height=2.2,
        fov=30,
        light=light.CLEAR_MORNING.turned(70),
        front=branch(-7, -BANK - 2) + SEAT,
        aim=(-0.02, 0.02),
        seed=7,
    ),
    around(
        target=TALL,
        distance=46,
        azimuth=28,
        height=2.0,
        fov=28,
        light=light.RAIN.but(mist=160),
        portrait=True,
        seed=8,
    ),
    around(target=TALL, distance=50, azimuth=-18, height=2.2, fov=27, light=light.SUNSET, seed=9),
    around(target=TALL, distance=47, azimuth=6, height=2.2, fov=27, light=light.BLUE_HOUR, seed=10),
)
