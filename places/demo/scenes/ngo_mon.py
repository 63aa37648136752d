"""Ngọ Môn, Huế: a U of stone and brick 58 m wide, 5 m high, with five gates, its arms 13 m towards the visitor,

and on it the Five Phoenix pavilion, two storeys of red columns: nine roofs, glazed yellow in the middle, green on the arms.
"""

from functools import cache

from places.demo import light
from places.demo.materials import LAWN, brick, flat, lacquer, paving, plaster, stone, tiles
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, crowd, person
from places.demo.roofs import hip_roof
from places.demo.shapes import arch, box, cut, cylinder, extrude, floodlight, oblong, slab, wall
from places.demo.surroundings import flag, hills, lamp_post, parapet, patch, potted_plant
from places.demo.trees import frangipani, grove, tree
from places.demo.views import View, around

HIGH, ARM, INNER, OUTER, BACK = 5.2, -13.0, 16.0, 28.9, 13.5
BASE = brick("#a08a76", "#8d8577", tile=2.6, age=0.45)
BAND = stone("#b0a795", age=0.7)
OCHRE = plaster("#cfa95c", age=0.6)
RED = lacquer("#96231a")
GOLD = flat("#d2a03c", gloss=0.35)
YELLOW_TILE = tiles("#d9a03a", shade="#7a4a18", gloss=0.3, tile=2.2)
GREEN_TILE = tiles("#4f7a4a", shade="#22382a", gloss=0.3, tile=2.2)
RIDGE = plaster("#d8cfb4", age=0.5)
PANEL = plaster("#b58f3e", age=0.4)
DARK = flat("#1d120d")


def gateway() -> Model:
    """The base, its three straight-headed gates in the middle and the two arched ones in the flanks of the arms."""
    u = [
        (-OUTER, ARM),
        (-INNER, ARM),
        (-INNER, 0),
        (INNER, 0),
        (INNER, ARM),
        (OUTER, ARM),
        (OUTER, BACK),
        (-OUTER, BACK),
    ]
    knives = [slab(-1.85, -1, 1.85, 20, -0.1, 4.2, BASE)]
    knives += [slab(x - 1.4, -1, x + 1.4, 20, -0.1, 3.5, BASE) for x in (-7.2, 7.2)]
    side = wall(arch(2.4, 3.4), 30, BASE).turned(90)
    knives += [side.at(x, -7.5, -0.05) for x in (-22, 22)]
    body = cut(extrude(u, HIGH, BASE), *knives)
    parts = [body]
    for width, high, x in ((3.7, 4.2, 0.0), (2.8, 3.5, -7.2), (2.8, 3.5, 7.2)):
        rim = wall(
            oblong(width + 0.9, high + 0.45, x=x), 0.25, BAND, openings=[oblong(width, high, x=x, z=-0.1)]
        )
        parts.append(rim.at(y=-0.05))
        leaf = box(width / 2 - 0.05, 0.12, high, RED) + together(
            box(0.12, 0.06, 0.12, GOLD).at(-0.4 + 0.4 * i, -0.08, 0.6 + 0.55 * k)
            for i in range(3)
            for k in range(6)
        )
        parts += [leaf.turned(70).at(x - width / 2 + 0.3, 4.6), leaf.turned(-70).at(x + width / 2 - 0.3, 4.6)]
        # The pass through is dark, with the light of the court behind it.
    tablet = box(2.6, 0.12, 0.8, flat("#8d1c16", gloss=0.3)) + box(2.2, 0.16, 0.5, GOLD).at(z=0.15)
    parts.append(tablet.at(0, -0.08, 4.33))
    for x in (-INNER, INNER):
        rim = wall(arch(3.0, 3.8), 0.2, BAND, openings=[arch(2.4, 3.4, z=-0.1)]).turned(90)
        parts.append(rim.at(x, -7.5))
    for line in (
        [(-OUTER, ARM), (-INNER, ARM), (-INNER, 0), (INNER, 0), (INNER, ARM), (OUTER, ARM), (OUTER, BACK)],
        [(-OUTER, ARM), (-OUTER, BACK)],
    ):
        for (x0, y0), (x1, y1) in zip(line, line[1:], strict=False):
            parts.append(
                slab(
                    min(x0, x1) - 0.2,
                    min(y0, y1) - 0.2,
                    max(x0, x1) + 0.2,
                    max(y0, y1) + 0.2,
                    HIGH - 0.35,
                    HIGH,
                    BAND,
                )
            )
            parts.append(
                slab(
                    min(x0, x1) - 0.15,
                    min(y0, y1) - 0.15,
                    max(x0, x1) + 0.15,
                    max(y0, y1) + 0.15,
                    0,
                    0.5,
                    BAND,
                )
            )
        # A parapet of glazed openwork: ochre frames round green and yellow tiles.
        parts.append(parapet(line, OCHRE, height=1.0, thickness=0.34, post=2.2).at(z=HIGH))
    step = 2.2
    green = box(1.5, 0.42, 0.5, flat("#4d7d55", gloss=0.3))
    parts += [green.at(x, 0, HIGH + 0.2) for x in [-INNER + step / 2 + step * i for i in range(15)]]
    for x in (-OUTER + 2, -OUTER + 4.4, -OUTER + 6.6, -OUTER + 8.8, -OUTER + 11):
        parts += [green.at(x, ARM, HIGH + 0.2), green.at(-x, ARM, HIGH + 0.2)]
    parts += [
        green.turned(90).at(x, y, HIGH + 0.2)
        for x in (-INNER, INNER)
        for y in (-11.9, -9.7, -7.5, -5.3, -3.1, -1.2)
    ]
    return together(parts)


def hall(
    width: float,
    depth: float,
    high: float,
    bays: int,
    deep: int,
    tile,
    *,
    roof: float,
    eave: float = 1.5,
    skirt: float = 0.0,
    walls: float = 0.0,
    top: str = "dragons",
) -> Model:
    """Red columns round a floor, a frieze, a roof; walls: how far within the columns panels stand (0: open)."""
    post = cylinder(0.19, high, RED, sides=16) + cylinder(0.28, 0.2, BAND, sides=16)
    xs = [width * (i / bays - 0.5) for i in range(bays + 1)]
    ys = [depth * (i / deep - 0.5) for i in range(deep + 1)]
    parts = [post.at(x, y) for x in xs for y in ys if x in (xs[0], xs[-1]) or y in (ys[0], ys[-1])]
    frieze = [
        slab(-width / 2, y - 0.08, width / 2, y + 0.08, high - 0.75, high, PANEL) for y in (ys[0], ys[-1])
    ]
    frieze += [
        slab(x - 0.08, -depth / 2, x + 0.08, depth / 2, high - 0.75, high, PANEL) for x in (xs[0], xs[-1])
    ]
    parts += frieze
    parts += [
        slab(-width / 2, y - 0.1, width / 2, y + 0.1, high - 0.85, high - 0.72, RED) for y in (ys[0], ys[-1])
    ]
    parts += [
        slab(-width / 2, y - 0.1, width / 2, y + 0.1, high - 0.1, high + 0.1, RED) for y in (ys[0], ys[-1])
    ]
    rail = [
        slab(-width / 2, y - 0.04, width / 2, y + 0.04, z, z + 0.08, RED)
        for y in (ys[0], ys[-1])
        for z in (0.35, 0.85)
    ]
    rail += [
        slab(x - 0.04, -depth / 2, x + 0.04, depth / 2, z, z + 0.08, RED)
        for x in (xs[0], xs[-1])
        for z in (0.35, 0.85)
    ]
    parts += rail
    if walls:
        w, d = width - 2 * walls, depth - 2 * walls
        parts.append(box(w, d, high, lacquer("#7d2a1c")))
        leaf = box(0.06, 0.06, high, GOLD)
        parts += [leaf.at(-w / 2 + w * i / (bays * 2), -d / 2 - 0.03) for i in range(bays * 2 + 1)]
    parts.append(
        hip_roof(
            width + 2 * eave,
            depth + 2 * eave,
            roof,
            tile,
            upturn=0.4,
            sag=0.1,
            lip=0.15,
            trim=RIDGE,
            top=top,
            opening=skirt,
        ).at(z=high)
    )
    return together(parts)


def pavilion() -> Model:
    """Lầu Ngũ Phụng."""
    floor, low, upper = HIGH + 1.0, 3.7, 3.0
    plinth = slab(-14, 1.6, 14, 11.8, HIGH, floor, OCHRE) + slab(
        -OUTER + 2.4, ARM + 2, -INNER - 2, 11, HIGH, floor - 0.2, OCHRE
    ).with_mirror("x")
    centre = hall(24, 8.6, low, 9, 3, YELLOW_TILE, roof=2.6, skirt=0.52, walls=1.6).at(0, 6.7, floor)
    upstairs = hall(16.5, 4.9, upper, 7, 2, YELLOW_TILE, roof=2.7, eave=1.7, walls=0.35).at(
        0, 6.7, floor + low + 1.1
    )
    parts = [plinth, centre, upstairs]
    # Galleries lead from the middle to the arms, lower; each arm has a long hall and a pavilion at its front end.
    link = hall(9, 6, low - 0.6, 3, 2, GREEN_TILE, roof=1.9, eave=1.2).at(-17.4, 6.9, floor - 0.2)
    arm = (
        hall(21, 6.4, low - 0.4, 8, 2, GREEN_TILE, roof=2.2, eave=1.3, skirt=0.5, walls=1.5)
        .turned(90)
        .at(-22.4, -0.6, floor - 0.2)
    )
    over = (
        hall(13.5, 3.4, 2.0, 5, 1, GREEN_TILE, roof=1.9, eave=1.2, walls=0.3)
        .turned(90)
        .at(-22.4, 1.5, floor + low + 0.4)
    )
    end = hall(6.4, 6.4, low, 3, 3, GREEN_TILE, roof=2.0, eave=1.3, skirt=0.5, walls=1.3).at(
        -22.4, -8.2, floor - 0.2
    )
    lantern = hall(3.9, 3.9, 2.1, 2, 2, GREEN_TILE, roof=2.2, eave=1.3, walls=0.3).at(
        -22.4, -8.2, floor + low + 0.7
    )
    side = link + arm + over + end + lantern
    return together(parts) + side.with_mirror("x")


@cache
def model() -> Model:
    court = patch(-70, -70, 70, 0, paving("#a79c8c", age=0.6), z=0.0) + patch(
        -70, BACK, 70, 80, paving("#a79c8c", age=0.6), z=0.0
    )
    passage = patch(-12, -1, 12, 16, paving("#8d8375"), z=0.01)
    lawns = patch(-60, -42, -9, -18, LAWN, z=0.06) + patch(9, -42, 60, -18, LAWN, z=0.06)
    curtain = slab(OUTER, 3, 150, 6.5, 0, 4.2, brick("#7d6f62", "#6d665c", age=1.0)).with_mirror("x")
    outside = (
        patch(-400, 80, 400, 500, LAWN, z=-0.02)
        + patch(-400, -500, 400, -70, paving("#9d968b"), z=-0.03)
        + patch(70, -70, 400, 80, LAWN, z=-0.02).with_mirror("x")
    )
    trees = (
        grove(14, (34, 9, 75, 40), height=(9, 14), seed=2)
        + grove(14, (-75, 9, -34, 40), height=(9, 14), seed=3)
        + frangipani(4.2, seed=1).at(-13, -22)
        + frangipani(4.2, seed=2).at(13, -22)
        + frangipani(4, seed=0).at(-31, -24)
        + frangipani(4, seed=1).at(31, -24)
        + tree(9, seed=2).at(40, -20)
        + tree(9, seed=3).at(-41, -21)
        + grove(14, (-60, 45, 60, 75), height=(10, 14), seed=9)
    )
    pots = together(potted_plant(seed=i).at(x, -2.5) for i, x in enumerate((-12, -9.6, -4, 4, 9.6, 12)))
    flags = together(
        cylinder(0.04, 3.6, flat("#c9c4b4")).at(x, 0.3, HIGH) + flag(1.5, seed=i).at(x, 0.3, HIGH + 3.0)
        for i, x in enumerate((-10, -5, 5, 10))
    )
    lights = together(
        floodlight((x, -9, 0.3), (x * 0.7, 4, 9), power=1.0, beam=95) for x in (-12, 0, 12)
    ) + together(floodlight((x, -24, 0.3), (x, -10, 7), power=0.8, beam=80) for x in (-22, 22))
    lamps = together(lamp_post(3.6).at(x, y) for x in (-8, 8) for y in (-20, -32))
    return (
        court
        + passage
        + lawns
        + curtain
        + outside
        + trees
        + pots
        + flags
        + lights
        + lamps
        + hills(near=150, far=260, height=24, rough=0.7, seed=2)
        + gateway()
        + pavilion()
    )


MIDDLE = (0, 0, 7.2)
QUEUE = crowd(14, (-8, -34, 8, -14), seed=6)
FRIENDS = (
    ao_dai(seed=1, hat=True).at(-2.2, -45)
    + ao_dai(seed=5, hat=False).at(-1.3, -44.7)
    + person(seed=8, pose="photo").turned(180).at(3.2, -46)
)
VIEWS: tuple[View, ...] = (
    around(target=MIDDLE, distance=52, azimuth=-3, fov=66, light=light.CLEAR_MORNING, seed=1),
    around(target=MIDDLE, distance=57, azimuth=14, fov=62, light=light.AFTERNOON, front=QUEUE, seed=2),
    around(target=MIDDLE, distance=48, azimuth=-24, fov=70, light=light.OVERCAST, seed=3),
    around(
        target=MIDDLE,
        distance=40,
        azimuth=4,
        fov=62,
        light=light.NOON,
        front=crowd(9, (-6, -28, 7, -14), seed=2, facing=180),
        seed=4,
    ),
    around(
        target=MIDDLE, distance=55, azimuth=26, fov=62, light=light.GOLDEN.turned(-35), aim=(0.05, 0), seed=5
    ),
    around(
        target=MIDDLE,
        distance=53,
        azimuth=-8,
        fov=64,
        light=light.RAIN,
        front=crowd(3, (-9, -48, -4, -40), seed=4),
        seed=6,
    ),
    around(
        target=MIDDLE,
        distance=46,
        azimuth=2,
        fov=66,
        light=light.CLEAR_MORNING.turned(75),
        front=FRIENDS,
        aim=(-0.03, 0),
        seed=7,
    ),
    around(
        target=(0, 0, 8.2),
        distance=36,
        azimuth=-12,
        fov=58,
        portrait=True,
        light=light.NOON.turned(-60),
        seed=8,
    ),
    around(target=MIDDLE, distance=60, azimuth=8, height=3.2, fov=60, light=light.MIST.but(mist=130), seed=9),
    around(target=MIDDLE, distance=52, azimuth=-5, fov=66, light=light.BLUE_HOUR, seed=10),
)
