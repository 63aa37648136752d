"""The outline of Vietnam as SVG, whose parts pages use by their ids and colour by their own style."""

from collections.abc import Iterable

from . import mapping, outline

KEEPS_ITS_WIDTH = 'vector-effect="non-scaling-stroke"'


def svg(drawn: outline.Outline) -> str:
    """`#provinces` holds a path for each province, by its slug; `#islands` the two archipelagos."""
    provinces = "\n".join(
        f'<path id="{slug}" d="{"".join(_path(outline.points(ring, drawn.arcs)) for ring in rings)}" {KEEPS_ITS_WIDTH}/>'
        for slug, rings in drawn.provinces.items()
    )
    islands = "\n".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        for places in outline.ARCHIPELAGOS.values()
        for x, y in (mapping.position(latitude, longitude) for longitude, latitude in places)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{mapping.VIETNAM}" fill-rule="evenodd">\n'
        f'<g id="provinces">\n{provinces}\n</g>\n<g id="islands">\n{islands}\n</g>\n</svg>'
    )


def _path(ring: Iterable[outline.Point]) -> str:
    """In tenths of a unit: first where it starts, then how far each point is from the one before."""
    path, before = "", (0.0, 0.0)
    for longitude, latitude in ring:
        x, y = (
            round(edge, 1) for edge in mapping.position(latitude / outline.STEPS, longitude / outline.STEPS)
        )
        path += f"{'l' if path else 'M'}{x - before[0]:.1f} {y - before[1]:.1f}"
        before = (x, y)
    return path.replace(" -", "-").replace(".0", "") + "z"
