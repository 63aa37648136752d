"""How much faster a photo of 12 megapixels is brought to what the methods look at: both ways in one run, as a ratio.

    python -m tests.benchmarks.decoding_speed [--runs 7] [--json FILE]

Pillow's full decode, scaled down by the same filter, is the reference. CPU time of one thread; the bytes are in memory.
"""

import io
import time

import cv2
import numpy as np
from PIL import Image

from retrieval.methods.preprocessing import ENOUGH, decode, fit
from tests.benchmarks.command import command, median_ms
from tests.figures import Figure
from tests.retrieval.methods.drawn import scene

SIZE = (4000, 3000)
TARGET = 2.5


def photo() -> bytes:
    """A JPEG of the size and weight that a phone makes."""
    width, height = SIZE
    pixels = scene(1, width=width, height=height)
    grain = np.random.default_rng(0).normal(0, 6, pixels.shape)
    stream = io.BytesIO()
    Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def ours(data: bytes) -> np.ndarray:
    return fit(decode(data, least=ENOUGH), longest=ENOUGH, multiple=1)


def whole(data: bytes) -> np.ndarray:
    return fit(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), longest=ENOUGH, multiple=1)


def figures(*, runs: int) -> list[Figure]:
    cv2.setNumThreads(1)
    data = photo()
    own, reference = (
        median_ms(lambda way=way: way(data), runs=runs, clock=time.process_time) for way in (ours, whole)
    )
    note = f"{own:.0f} ms beside Pillow's {reference:.0f} ms"
    return [
        Figure("decoding", "faster than Pillow's full decode", reference / own, "x", least=TARGET, note=note)
    ]


if __name__ == "__main__":
    command(__doc__, figures, runs=7)
