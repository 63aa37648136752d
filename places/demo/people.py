"""People and what they ride: near enough to be taken for real in a tourist's photo, cheap enough for a crowd."""

from __future__ import annotations

import numpy as np

from places.demo.materials import Material, cloth, flat, metal
from places.demo.meshes import Model, together
from places.demo.shapes import box, cylinder, loft, revolve, slab, sphere, tube, wall

SHIRTS = ("#d9d6cf", "#33507a", "#8a2f2b", "#3c5a3c", "#c98a2b", "#2b2c30", "#7a5a86", "#5e8fa8", "#d8a8a8")
TROUSERS = ("#23262e", "#3a4a66", "#5b5347", "#8a8578", "#1d1d1f")
AO_DAI = ("#e9e6e0", "#b3202c", "#e3b23c", "#3f6fa8", "#d77a94", "#5a3a78")
SKINS = ("#b98a68", "#a87850", "#c99c78", "#8f6545")
HAIR = flat("#15110f", gloss=0.2)
STRAW = flat("#d9c492")


def person(*, seed: int = 0, pose: str = "stand", hat: bool | None = None) -> Model:
    """Facing -y. pose: stand, walk, photo (a phone held up), sit (the seat at z=0)."""
    rng = np.random.default_rng(seed + 500)
    skin, shirt = flat(str(rng.choice(SKINS))), cloth(str(rng.choice(SHIRTS)))
    trousers = cloth(str(rng.choice(TROUSERS)))
    stride = {"walk": 0.24}.get(pose, 0.03)
    hip, shoulder = 0.92, 1.42
    parts = []
    for sign in (-1, 1):
        x, step = 0.1 * sign, stride * sign
        if pose == "sit":
            leg = ((x, 0, 0.1), (x, -0.42, 0.1), (x, -0.45, -0.38))
        else:
            leg = ((x, 0, hip), (x, -0.5 * step - 0.02, 0.5), (x, -step if step > 0 else -step * 1.1, 0.05))
        parts.append(tube(leg, (0.1, 0.075, 0.055), trousers))
        foot = leg[-1]
        parts.append(
            loft(((0, 0, 0, 0.045, 0.12), (0, 0, 0.07, 0.035, 0.07)), HAIR, sides=8).at(
                foot[0], foot[1] - 0.05, foot[2] - 0.05
            )
        )
    if pose == "sit":
        hip, shoulder = 0.05, 0.58
    girth = rng.uniform(0.92, 1.15)
    body = (
        (0, 0, hip - 0.06, 0.15, 0.1),
        (0, 0, hip + 0.1, 0.165, 0.11),
        (0, 0, hip + 0.22, 0.145, 0.1),
        (0, 0, shoulder - 0.08, 0.19, 0.115),
        (0, 0, shoulder, 0.17, 0.09),
        (0, 0, shoulder + 0.06, 0.06, 0.055),
    )
    parts.append(loft([(x, y, z, a * girth, b * girth) for x, y, z, a, b in body], shirt))
    parts.append(tube(((0, 0, shoulder + 0.02), (0, -0.01, shoulder + 0.13)), 0.05, skin))
    for sign in (-1, 1):
        joint = np.array([0.2 * sign * girth, 0, shoulder - 0.04])
        if pose == "photo":
            elbow, hand = joint + (0.05 * sign, -0.2, -0.16), joint + (-0.13 * sign, -0.38, 0.08)
        else:
            swing = (0.2 if pose == "walk" else 0.04) * -sign
            elbow, hand = (
                joint + (0.06 * sign, -swing * 0.4 + 0.03, -0.28),
                joint + (0.05 * sign, -swing - 0.06, -0.54),
            )
        parts.append(tube((joint, joint * 0.5 + elbow * 0.5, elbow), (0.058, 0.05, 0.042), shirt))
        parts.append(tube((elbow, hand), (0.038, 0.03), skin) + sphere(0.042, skin, detail=1).at(*hand))
    if pose == "photo":
        parts.append(box(0.15, 0.012, 0.08, flat("#16181b", gloss=0.4)).at(0, -0.42, shoulder + 0.02))
    parts.append(_head(rng, skin, hat).at(0, -0.015, shoulder + 0.23))
    if rng.random() < 0.35:
        pack = cloth(str(rng.choice(SHIRTS[1:6])))
        parts.append(
            loft(((0, 0, 0, 0.13, 0.08), (0, 0, 0.2, 0.15, 0.1), (0, 0, 0.38, 0.11, 0.07)), pack).at(
                0, 0.17, shoulder - 0.42
            )
        )
    return together(parts).scaled(rng.uniform(0.94, 1.06))


def _head(rng: np.random.Generator, skin: Material, hat: bool | None) -> Model:
    face = loft(
        (
            (0, -0.03, -0.11, 0.045, 0.05),
            (0, -0.02, -0.07, 0.068, 0.082),
            (0, 0, 0.0, 0.078, 0.098),
            (0, 0, 0.07, 0.072, 0.09),
            (0, 0.01, 0.12, 0.035, 0.045),
        ),
        skin,
    )
    long_hair = rng.random() < 0.5
    hair = loft(
        (
            (0, 0.05, -0.26 if long_hair else -0.05, 0.07, 0.04),
            (0, 0.035, 0.0, 0.088, 0.08),
            (0, 0.012, 0.08, 0.084, 0.102),
            (0, 0.012, 0.135, 0.05, 0.06),
        ),
        HAIR,
    )
    eye, lips = sphere(0.011, HAIR, detail=1), sphere(0.016, flat("#7a3a34"), detail=1)
    head = face + hair + eye.at(-0.03, -0.086, 0.015) + eye.at(0.03, -0.086, 0.015)
    head += lips.scaled(1.2, 0.5, 0.4).at(0, -0.093, -0.052) + sphere(0.014, skin, detail=1).at(
        0, -0.098, -0.018
    )
    if hat or (hat is None and rng.random() < 0.22):
        return head + non_la().at(0, 0, 0.04)
    if hat is None and rng.random() < 0.25:
        cap = cloth(str(rng.choice(SHIRTS)))
        head += loft(((0, 0, 0.05, 0.092, 0.108), (0, 0, 0.12, 0.08, 0.09), (0, 0, 0.155, 0.03, 0.03)), cap)
        head += slab(-0.07, -0.2, 0.07, -0.09, 0.06, 0.072, cap)
    return head


def non_la() -> Model:
    """The conical hat."""
    return revolve(((0.2, 0), (0.02, 0.17), (0, 0.18)), STRAW, sides=28)


def ao_dai(*, seed: int = 0, hat: bool | None = None) -> Model:
    """A woman in the long tunic, its two panels over white trousers. Facing -y."""
    rng = np.random.default_rng(seed + 900)
    silk, white, skin = cloth(str(rng.choice(AO_DAI))), cloth("#ebe7df"), flat(SKINS[0])
    parts = [
        tube(((x, 0, 0.95), (x, -0.02, 0.5), (x * 1.1, 0, 0.04)), (0.09, 0.09, 0.11), white)
        for x in (-0.08, 0.08)
    ]
    bodice = (
        (0, 0, 0.86, 0.165, 0.115),
        (0, 0, 0.95, 0.155, 0.11),
        (0, 0, 1.1, 0.115, 0.085),
        (0, -0.01, 1.25, 0.145, 0.11),
        (0, 0, 1.36, 0.15, 0.08),
        (0, 0, 1.42, 0.05, 0.05),
        (0, 0, 1.47, 0.045, 0.045),
    )
    parts.append(loft(bodice, silk))
    panel = ((-0.15, 0.95), (0.15, 0.95), (0.2, 0.2), (-0.2, 0.2))
    parts += [
        wall(panel, 0.012, silk).turned(-5, "x").at(0, -0.02),
        wall(panel, 0.012, silk).turned(7, "x").at(0, 0.03),
    ]
    for sign in (-1, 1):
        joint = np.array([0.16 * sign, 0, 1.36])
        elbow, hand = joint + (0.06 * sign, 0.02, -0.27), joint + (0.02 * sign, -0.1, -0.48)
        parts.append(
            tube((joint, elbow, hand), (0.048, 0.04, 0.045), silk)
            + sphere(0.035, skin, detail=1).at(*(hand - (0, 0.02, 0.04)))
        )
    parts.append(_head(rng, skin, hat).at(0, -0.015, 1.58))
    return together(parts).scaled(rng.uniform(0.96, 1.04))


def crowd(
    count: int,
    area: tuple[float, float, float, float],
    *,
    seed: int = 0,
    facing: float | None = None,
    dressed: float = 0.15,
) -> Model:
    """People over an area (x0, y0, x1, y1), a few in áo dài (dressed: what part). facing: degrees, 180 looks to +y."""
    rng = np.random.default_rng(seed)
    spots: list[np.ndarray] = []
    for _ in range(count * 30):
        spot = rng.uniform(area[:2], area[2:])
        if len(spots) < count and all(np.linalg.norm(spot - other) > 0.65 for other in spots):
            spots.append(spot)
    made = []
    for x, y in spots:
        one = int(rng.integers(0, 10_000))
        who = (
            ao_dai(seed=one)
            if rng.random() < dressed
            else person(seed=one, pose=str(rng.choice(("stand", "walk", "walk", "photo"))))
        )
        made.append(
            who.turned(rng.uniform(0, 360) if facing is None else facing + rng.normal(0, 25)).at(x, y)
        )
    return together(made)


def scooter(*, seed: int = 0, rider: bool = True) -> Model:
    """Facing -y."""
    rng = np.random.default_rng(seed + 1300)
    paint, dark = (
        flat(str(rng.choice(("#a3231f", "#1f2a44", "#e6e4de", "#2a2c2e", "#b9a27a", "#4e6a58"))), gloss=0.6),
        flat("#1a1b1d"),
    )
    wheel = (
        cylinder(0.25, 0.1, dark, sides=24).at(z=-0.05)
        + cylinder(0.14, 0.11, metal("#a8aaad"), sides=20).at(z=-0.055)
    ).turned(90, "y")
    parts = [wheel.at(0, -0.62, 0.25), wheel.at(0, 0.6, 0.25)]
    parts.append(
        loft(((0, 0.3, 0.32, 0.12, 0.3), (0, 0.35, 0.55, 0.17, 0.45), (0, 0.38, 0.72, 0.13, 0.4)), paint)
    )
    parts.append(
        loft(((0, 0.28, 0.7, 0.12, 0.36), (0, 0.28, 0.79, 0.13, 0.38), (0, 0.28, 0.83, 0.1, 0.33)), dark)
    )
    parts.append(slab(-0.13, -0.35, 0.13, 0.1, 0.28, 0.36, paint))
    parts.append(
        loft(((0, -0.42, 0.3, 0.2, 0.05), (0, -0.44, 0.65, 0.19, 0.07), (0, -0.4, 0.98, 0.1, 0.06)), paint)
    )
    parts.append(tube(((0, -0.62, 0.3), (0, -0.5, 0.6), (0, -0.38, 1.05)), 0.04, dark))
    parts.append(tube(((-0.33, -0.22, 1.08), (0, -0.4, 1.05), (0.33, -0.22, 1.08)), 0.02, dark))
    parts.append(
        sphere(0.085, flat("#e8e6dc", gloss=0.7, glow=6.0), detail=2).scaled(1, 0.5, 1).at(0, -0.46, 0.95)
    )
    for sign in (-1, 1):
        parts.append(
            tube(((0.28 * sign, -0.26, 1.08), (0.34 * sign, -0.26, 1.28)), 0.008, dark)
            + sphere(0.05, dark, detail=1).at(0.34 * sign, -0.26, 1.3)
        )
    if rider:
        parts.append(_rider(seed))
    return together(parts)


def _rider(seed: int) -> Model:
    rng = np.random.default_rng(seed + 1700)
    shirt, trousers, skin = cloth(str(rng.choice(SHIRTS))), cloth(str(rng.choice(TROUSERS))), flat(SKINS[1])
    parts = [
        loft(
            (
                (0, 0.25, 0.8, 0.16, 0.13),
                (0, 0.2, 1.0, 0.15, 0.11),
                (0, 0.12, 1.26, 0.19, 0.12),
                (0, 0.1, 1.36, 0.06, 0.06),
            ),
            shirt,
        )
    ]
    for s in (-1, 1):
        parts.append(
            tube(
                ((0.1 * s, 0.25, 0.86), (0.16 * s, -0.18, 0.78), (0.11 * s, -0.15, 0.38)),
                (0.1, 0.08, 0.055),
                trousers,
            )
        )
        parts.append(
            tube(
                ((0.19 * s, 0.12, 1.28), (0.27 * s, -0.02, 1.08), (0.3 * s, -0.24, 1.08)),
                (0.055, 0.045, 0.035),
                shirt,
            )
        )
    parts.append(_head(rng, skin, False).at(0, 0.06, 1.5))
    helmet = flat(str(rng.choice(("#b3242a", "#e8e6e0", "#2a4a7a", "#202224", "#d98fa0"))), gloss=0.5)
    parts.append(
        loft(((0, 0.07, 1.5, 0.115, 0.135), (0, 0.07, 1.58, 0.11, 0.13), (0, 0.07, 1.66, 0.06, 0.07)), helmet)
    )
    return together(parts)


def bicycle(*, seed: int = 0) -> Model:
    dark = flat("#1c1d1f")
    ring = np.linspace(0, 2 * np.pi, 33)
    wheel = tube(np.stack([0 * ring, np.cos(ring) * 0.33, np.sin(ring) * 0.33], 1), 0.018, dark, sides=6)
    frame = flat(("#2f4a3a", "#7a1f1f", "#274a7a")[seed % 3], gloss=0.5)
    bars = (
        ((0, -0.5, 0.33), (0, -0.4, 0.95)),
        ((0, -0.42, 0.8), (0, 0.1, 0.35)),
        ((0, 0.1, 0.35), (0, 0.22, 0.85)),
        ((0, -0.42, 0.82), (0, 0.2, 0.75)),
        ((0, 0.1, 0.35), (0, 0.55, 0.33)),
        ((0, 0.22, 0.72), (0, 0.55, 0.33)),
    )
    return together(
        [
            wheel.at(0, -0.52, 0.33),
            wheel.at(0, 0.55, 0.33),
            *(tube(b, 0.016, frame, sides=6) for b in bars),
            tube(((-0.25, -0.3, 1.0), (0, -0.4, 0.97), (0.25, -0.3, 1.0)), 0.014, dark, sides=6),
            slab(-0.07, 0.1, 0.07, 0.35, 0.85, 0.9, dark),
        ]
    )


def car(*, seed: int = 0) -> Model:
    """A saloon or a taxi, facing -y."""
    rng = np.random.default_rng(seed + 2100)
    paint = flat(
        str(rng.choice(("#e9e8e4", "#c9cbcc", "#26282b", "#7a1f22", "#2f4668", "#2f7a4a"))), gloss=0.75
    )
    dark, pane = flat("#17181a"), flat("#1b2226", gloss=0.9)
    side = ((-2.2, 0.3), (-2.25, 0.7), (-1.3, 0.86), (-0.6, 0.9), (1.4, 0.95), (2.2, 0.9), (2.25, 0.35))
    cabin = ((-0.95, 0.85), (-0.25, 1.38), (0.95, 1.42), (1.7, 0.93))
    parts = [
        wall(side, 1.72, paint),
        wall(cabin, 1.5, pane),
        wall(((-0.3, 1.36), (-0.2, 1.43), (0.9, 1.46), (1.05, 1.38)), 1.46, paint),
    ]
    body = together(parts).turned(90)
    wheel = (cylinder(0.32, 0.2, dark, sides=24) + cylinder(0.2, 0.21, metal("#9a9c9f"), sides=20)).turned(
        90, "y"
    )
    for y in (-1.4, 1.35):
        body += wheel.at(0.68, y, 0.32) + wheel.mirrored("x").at(-0.68, y, 0.32)
    for x in (-0.6, 0.6):
        body += box(0.4, 0.05, 0.14, flat("#e9e7da", gloss=0.8, glow=8.0)).at(x, -2.22, 0.55) + box(
            0.35, 0.05, 0.12, flat("#8a1512", gloss=0.6, glow=2.0)
        ).at(x, 2.23, 0.65)
    return body
