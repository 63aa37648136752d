"""The Golden Bridge on Bà Nà: a gilded ribbon that bends out over the forest, held up by two weathered stone hands.

Measures: 150 m of walkway on an arc (radius 70 m, round a point uphill), 5 m of timber between planted strips and
golden rails that lean out; each hand reaches 9 m over the deck, four fingers on the valley's side and the thumb on
the mountain's, its forearm coming out of the slope. The deck is z=0; the mountain is at -y, the valley at +y.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from places.demo import light
from places.demo.clay import clay
from places.demo.materials import GROVE, LAWN, brick, flat, leaves, metal, rock, stone
from places.demo.meshes import Model, together
from places.demo.people import ao_dai, person
from places.demo.shapes import floodlight, sheet, tube
from places.demo.surroundings import hills
from places.demo.trees import canopy, leaf_cards
from places.demo.views import View

RADIUS, REACH = 70.0, 62.0  # metres, degrees to each end
GILT = metal("#d9a231", gloss=0.45)
RAIL = metal("#c99a3e", gloss=0.5)
DECK = brick("#927a66", "#3d3027", tile=6.0, age=0.2)  # boards, laid across
OLD = replace(stone("#d2cdc0", tile=6.0, age=0.84), second="#3c3a33", bump=0.12)
BOULDER = rock("#a09a8c", "#59603c", tile=9.0)
FOREST, FOREST_LIGHT = leaves("#263d1b", "#567032", seed=3), leaves("#3c5424", "#7b8c45", seed=4)
VIOLETS = leaves("#4a6b34", "#7c6aa8", seed=5)


def on_arc(
    degrees: np.ndarray | float, out: np.ndarray | float = 0.0, z: np.ndarray | float = 0.0
) -> np.ndarray:
    """A place `out` metres outward of the deck's middle line."""
    a = np.radians(degrees)
    return np.stack(
        np.broadcast_arrays((RADIUS + out) * np.sin(a), (RADIUS + out) * np.cos(a) - RADIUS, z), -1
    )


def standing(thing: Model, degrees: float, out: float = 0.0, z: float = 0.0, *, turn: float = 0.0) -> Model:
    x, y, _ = on_arc(degrees, out)
    return thing.turned(turn - degrees).at(float(x), float(y), z)


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slope: a terrace and a path uphill, the fall into the valley under the bridge, ridges, the far plain."""
    r = np.hypot(x, y + RADIUS)
    fall = np.interp(
        r, [0, 28, 40, 52, 66, 80, 130, 260, 600, 1500], [9, 5, -3.5, -7, -13, -21, -52, -130, -260, -330]
    )
    rough = 1.3 * np.sin(x * 0.21 + 1) * np.sin(y * 0.17) + 0.8 * np.sin(x * 0.53) * np.cos(y * 0.41 + 2)
    big = np.clip((r - 120) / 400, 0, 1) * (
        38 * np.sin(x * 0.011 + 2.2) * np.cos(y * 0.009) + 22 * np.sin(x * 0.023 + y * 0.017)
    )
    return fall + rough * np.clip((r - 44) / 8, 0.15, 1) + big


def _ribbon(section: np.ndarray, material, *, reach: float = REACH, across: float = 1.0) -> Model:
    """Sweep (out, z) points along the arc."""
    a = np.linspace(-reach, reach, 150)[:, None]
    grid = on_arc(a, section[None, :, 0], section[None, :, 1])
    run = np.radians(a) * RADIUS * np.ones(len(section))
    side = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(section, axis=0).T))])[None] * np.ones_like(a)
    return sheet(grid, material, uv=np.stack([side * across, run], -1))


def _bridge() -> Model:
    hull = np.array(
        [
            (-3.7, 0.3),
            (-3.75, -0.1),
            (-3.2, -0.9),
            (-1.6, -1.5),
            (1.6, -1.5),
            (3.2, -0.9),
            (3.75, -0.1),
            (3.7, 0.3),
        ]
    )
    parts = [_ribbon(hull, GILT), _ribbon(np.array([(-2.5, 0.12), (2.5, 0.12)]), DECK, across=0.3)]
    angles = np.linspace(-REACH, REACH, 150)
    for s in (-1, 1):
        parts.append(_ribbon(np.array([(2.5 * s, 0.12), (2.5 * s, 0.3), (3.7 * s, 0.3)]), GILT))
        rng = np.random.default_rng(7 + s)
        spots = on_arc(
            rng.uniform(-REACH, REACH, 9000), s * rng.uniform(2.6, 3.4, 9000), rng.uniform(0.3, 0.75, 9000)
        )
        parts.append(leaf_cards(spots, np.full(9000, 0.1), rng, VIOLETS))
        for out, z, r in ((4.55, 1.5, 0.075), (4.3, 1.15, 0.03), (4.1, 0.85, 0.03), (3.9, 0.55, 0.03)):
            parts.append(tube(on_arc(angles, out * s, z), r, RAIL, sides=8))
        post = tube(
            ((0, 3.55 * s, 0.1), (0, 3.95 * s, 0.55), (0, 4.6 * s, 1.55)), (0.07, 0.06, 0.05), RAIL, sides=6
        )
        thin = tube(((0, 3.7 * s, 0.3), (0, 4.55 * s, 1.5)), 0.018, RAIL, sides=5)
        for i, a in enumerate(np.arange(-REACH, REACH + 0.01, 0.36)):
            parts.append(standing(thin if i % 4 else post, a))
    for a in (-55, -41, -9, 9, 41, 55):
        x, y, _ = on_arc(a)
        foot = float(height(x, y))
        for out in (-2.2, 2.2):
            for way in (-2.6, 2.6):
                top = on_arc(a + way, out * 0.9, -1.1)
                knot = on_arc(a, out * 0.35, foot * 0.45)
                parts.append(tube((top, top * 0.5 + knot * 0.5, knot), (0.2, 0.26, 0.32), RAIL, sides=10))
        low, mid = on_arc(a, 0, foot - 1), on_arc(a, 0, foot * 0.42)
        parts.append(tube((low, (low + mid) / 2, mid), (0.7, 0.6, 0.55), flat("#5b7a4c"), sides=14))
    return together(parts)


@cache
def hand() -> Model:
    """A left hand that holds the deck along x: fingers at +y, the thumb at -y near x=-4, the forearm down at -y."""
    bones = [((-2.5, -19, -15), (-0.6, -8.5, -9.0), 4.2, 3.3), ((-0.6, -8.5, -9.0), (0, -5, -7.6), 3.3, 3.4)]
    lengths = ((-4.7, 6.6, 0.92), (-1.6, 8.6, 1.0), (1.5, 7.9, 0.98), (4.4, 5.4, 0.84))
    for x, up, size in lengths:
        base, root = (x * 0.5, -4.5, -7.3), (x * 0.96, 5.2, -5.0)
        bones.append((base, root, 2.6, 2.1 * size))
        knuckle, joint, tip = (x * 1.02, 6.9, -1.6), (x * 1.06, 7.5, up * 0.42), (x * 1.0, 6.9, up - 1.2)
        bones += [
            (root, knuckle, 2.1 * size, 1.72 * size),
            (knuckle, joint, 1.72 * size, 1.55 * size),
            (joint, tip, 1.5 * size, 1.22 * size),
        ]
        bones.append(((x * 1.06, 7.9, up * 0.42), (x * 1.06, 7.9, up * 0.42), 1.42 * size, 1.42 * size))
    bones += [
        ((-1.5, -7.0, -8.0), (-4.8, -7.6, -4.6), 2.9, 2.5),
        ((-4.8, -7.6, -4.6), (-5.5, -7.3, 0.2), 2.5, 1.8),
        ((-5.5, -7.3, 0.2), (-5.1, -6.3, 4.6), 1.8, 1.45),
    ]
    return clay(bones, OLD, cell=0.3, soft=0.75, rough=0.13, grain=1.1, seed=3)


def _boulders() -> Model:
    rng = np.random.default_rng(5)
    kinds = []
    for seed in range(4):
        lumps = [
            (tuple(c := rng.normal(0, 0.55, 3) * (1, 1, 0.5)), tuple(c + rng.normal(0, 0.4, 3)), 0.75, 0.55)
            for _ in range(6)
        ]
        kinds.append(clay(lumps, BOULDER, cell=0.12, rough=0.07, grain=0.6, seed=seed))
    parts = []
    for side in (-1, 1):
        for k in range(15):
            a, out = side * 22 + rng.normal(0, 6), rng.uniform(-21, -9)
            x, y, _ = on_arc(a, out)
            size = rng.uniform(0.8, 2.4)
            parts.append(
                standing(
                    kinds[k % 4].scaled(size).turned(rng.uniform(0, 360)),
                    a,
                    out,
                    float(height(x, y)) + size * 0.2,
                )
            )
    return together(parts)


def _mountain() -> Model:
    def lie(radius: np.ndarray, angle: np.ndarray, material, lift: float = 0.0) -> Model:
        a, r = np.radians(angle)[None], radius[:, None]
        x, y = r * np.sin(a), r * np.cos(a) - RADIUS
        return sheet(np.stack([x, y, height(x, y) + lift], -1), material)

    whole = np.linspace(-180, 180, 361)
    parts = [lie(np.concatenate([np.linspace(1, 130, 90), np.geomspace(134, 2600, 90)]), whole, GROVE)]
    pale = stone("#bdb6a6", age=0.3)
    parts.append(lie(np.linspace(30, 34, 5), np.linspace(-85, 85, 120), pale, 0.35))
    wall = np.linspace(-85, 85, 160)
    parts += [
        tube(
            np.array([on_arc(a, r - RADIUS, height(*on_arc(a, r - RADIUS)[:2]) + h) for a in wall]),
            t,
            pale,
            sides=6,
        )
        for r in (29.8, 34.2)
        for h, t in ((0.4, 0.25), (1.1, 0.1))
    ]
    parts.append(lie(np.linspace(35, 42, 6), np.linspace(-12, 70, 60), LAWN, 0.5))
    far = hills(near=900, far=1700, height=300, arc=(-75, -5), seed=2) + hills(
        near=700, far=1500, height=290, arc=(15, 95), seed=4
    )
    return (
        together(parts)
        + _forest()
        + (far + hills(near=2200, far=4200, height=420, arc=(-100, 100), seed=6)).at(z=-330)
    )


def _forest() -> Model:
    """Low under the bridge and by the hands, tall in the valley; ever coarser towards the horizon."""
    rng = np.random.default_rng(11)
    r = 43 + 420 * rng.random(6000) ** 1.7
    a = rng.uniform(-115, 115, 6000)
    kept = ~((r < 82) & (np.abs(np.abs(a) - 22) < 11)) & ~((r < 60) & (rng.random(6000) < 0.4))
    r, a = r[kept], a[kept]
    x, y = r * np.sin(np.radians(a)), r * np.cos(np.radians(a)) - RADIUS
    ground = height(x, y)
    room = np.where(r > 92, 9.0, np.where(r > 62, np.clip(-3.5 - ground, 1.5, 8), 2.6))
    size = room * rng.uniform(0.75, 1.2, len(r))
    spots = np.stack([x, y, ground + size * 0.25], 1)
    shade = rng.random(len(r)) < 0.6
    each = np.clip(1.1e6 / r**1.85 * np.clip(size / 8, 0.5, 1), 24, 420).astype(int)
    return canopy(spots[shade], size[shade], each[shade], material=FOREST, seed=1) + canopy(
        spots[~shade], size[~shade], each[~shade], material=FOREST_LIGHT, seed=2
    )


def walkers(count: int, reach: tuple[float, float], *, seed: int = 0) -> Model:
    """Visitors strolling along the deck between two angles."""
    rng = np.random.default_rng(seed)
    people = []
    for k in range(count):
        one = (
            ao_dai(seed=seed + k)
            if rng.random() < 0.12
            else person(seed=seed + k, pose=str(rng.choice(("walk", "walk", "stand", "photo"))))
        )
        people.append(
            standing(
                one,
                rng.uniform(*reach),
                rng.uniform(-2.1, 2.1),
                0.13,
                turn=rng.choice((90, -90)) + rng.normal(0, 25),
            )
        )
    return together(people)


@cache
def model() -> Model:
    hands = standing(hand(), -22) + standing(hand().mirrored("x"), 22)
    lamps = together(
        floodlight(
            tuple(map(float, on_arc(a, out, -3))),
            tuple(map(float, on_arc(a, 4, 2))),
            colour=(1.0, 0.8, 0.55),
            power=1.0,
        )
        for a in (-24, 24)
        for out in (-22, 20)
    )
    return _mountain() + _bridge() + hands + _boulders() + walkers(40, (-60, 60), seed=40) + lamps


def at(
    degrees: float, out: float, z: float, to: tuple[float, float, float], lit: light.Light, **more
) -> View:
    x, y, _ = on_arc(degrees, out)
    return View((float(x), float(y), z), tuple(map(float, on_arc(*to))), lit, **more)


VIEWS = (
    at(-50, -24, 9.0, (-13, 0, -1), light.CLEAR_MORNING),
    at(-44, -1.0, 1.9, (-17, 0.5, 2.6), light.NOON, front=walkers(5, (-40, -32), seed=9)),
    at(-34, -34, 4.0, (-19, 0, 0), light.GOLDEN),
    at(-58, -6, 7.5, (-14, 0, 0), light.OVERCAST, portrait=True),
    at(-12, -36, 5.0, (-23, 3, 0.5), light.AFTERNOON, fov=52),
    at(-40, 0.8, 1.8, (-20, -0.5, 3.0), light.MIST, portrait=True, front=walkers(4, (-35, -28), seed=21)),
    at(50, -20, 10.0, (6, 0, -1), light.SUNSET),
    at(-56, -14, 14.0, (-4, 0, -2), light.CLEAR_MORNING.turned(60), fov=70),
    at(-30, -30, 1.0, (-20, 0, 1.5), light.RAIN.but(mist=900), fov=55),
    at(-52, -18, 8.0, (-10, 0, 0), light.BLUE_HOUR),
)
