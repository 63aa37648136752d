"""Pictures for tests, drawn by code."""

import numpy as np
from PIL import Image, ImageDraw


def scene(seed: int, *, width: int = 480, height: int = 360, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """A street front, (H, W, 3) uint8: houses with gables and windows; the seed decides colours and shapes.

    shift: pixels right and down by which the camera saw the same street.
    """
    rng = np.random.default_rng(seed)
    margin = 80
    canvas = Image.new("RGB", (width + 2 * margin, height + 2 * margin), tuple(rng.integers(120, 255, 3)))
    draw = ImageDraw.Draw(canvas)
    x = 0
    while x < canvas.width:
        wide, tall = int(rng.integers(60, 160)), int(rng.integers(height // 3, height))
        top = canvas.height - tall
        wall, dark = tuple(rng.integers(40, 230, 3)), tuple(rng.integers(0, 110, 3))
        draw.rectangle([x, top, x + wide, canvas.height], fill=wall, outline=dark, width=3)
        if rng.random() < 0.6:
            draw.polygon(
                [(x, top), (x + wide // 2, top - int(rng.integers(20, 70))), (x + wide, top)], fill=dark
            )
        columns, rows = int(rng.integers(1, 5)), int(rng.integers(2, 6))
        arched = rng.random() < 0.4
        for column in range(columns):
            for row in range(rows):
                left = x + (column + 0.25) * wide / columns
                above = top + (row + 0.25) * tall / rows
                window = [left, above, left + wide / columns / 2, above + tall / rows / 2]
                (draw.ellipse if arched else draw.rectangle)(window, fill=dark)
        x += wide + int(rng.integers(0, 20))
    pixels = np.asarray(canvas).astype(np.int16) + rng.integers(-6, 7, (canvas.height, canvas.width, 1))
    dx, dy = shift
    return (
        pixels[margin - dy : margin - dy + height, margin - dx : margin - dx + width]
        .clip(0, 255)
        .astype(np.uint8)
    )


def blob(*, width: int, height: int, at: tuple[int, int], radius: int = 24) -> np.ndarray:
    """A flat grey picture with one checkered disc at (x, y)."""
    picture = np.full((height, width, 3), 128, np.uint8)
    y, x = np.mgrid[:height, :width]
    disc = (x - at[0]) ** 2 + (y - at[1]) ** 2 < radius**2
    picture[disc] = np.where(((x // 6 + y // 6) % 2)[disc][:, None], [230, 60, 20], [20, 40, 200])
    return picture
