"""How many photos are described a second by the three methods, and what of it is the processor's work whatever it is.

    python -m tests.benchmarks.describing_speed [--photos 128] [--json FILE]

Copies of the rendered pictures are published in a database of their own and described as `describe_images` does it: on
every core, or by a graphics card where torch finds one, for which some thousands of photos are wanted: the processes'
start is counted in. What stays on the cores beside a graphics card is decoding, choosing features and packing them.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
# A process that describes reads this again.
os.environ.setdefault("TEST_DATABASE", f"describing_speed_{os.getpid()}")

import django

django.setup()

import numpy as np

from places.demo.loading import PICTURES
from retrieval import indexing, methods
from retrieval.management.commands.describe_images import CORES, processes_for
from retrieval.methods import engine
from retrieval.methods.preprocessing import ENOUGH, decode
from tests.benchmarks.command import command, own_database
from tests.factories import LandmarkFactory, LandmarkImageFactory
from tests.figures import Figure

THE_THREE = ("sir", "delf", "cnn_irwnha")
# Photos a second by all three: on two cores, and by a data centre's graphics card.
RATE, RATE_OF_A_GPU = 2, 50
LOOKED_INTO = 16  # photos whose work is told apart


def rate() -> Figure:
    """Describes all that is published."""
    processes = processes_for(indexing.missing_by_any(THE_THREE).count())
    start = time.perf_counter()
    count = indexing.describe_missing(names=THE_THREE, processes=processes)
    reached = count / (time.perf_counter() - start)
    if engine.at_once() > 1:
        least, where = float(RATE_OF_A_GPU), f"by a graphics card and {CORES} cores"
    else:
        least, where = RATE * min(CORES, 2) / 2, f"on {CORES} cores"
    note = f"{count} photos of 1024 px {where}, the processes' start included"
    return Figure("describing", "photos a second by the three methods", reached, least=least, note=note)


@contextmanager
def networks_timed() -> Iterator[list[float]]:
    """The processor's seconds in networks that are built meanwhile, one for each time one is run."""
    spent: list[float] = []
    build = engine.build

    def timed(network: engine.Network, *, identity: str) -> engine.Engine:
        run = build(network, identity=identity)

        def run_and_time(picture: np.ndarray) -> np.ndarray:
            start = time.thread_time()
            try:
                return run(picture)
            finally:
                spent.append(time.thread_time() - start)

        return run_and_time

    engine.build = timed
    try:
        yield spent
    finally:
        engine.build = build


def of_the_processor() -> list[Figure]:
    """What a photo costs the cores besides the networks, which a graphics card can take off them."""
    files = [path.read_bytes() for path in islice(_pictures(), LOOKED_INTO)]
    with networks_timed() as spent:
        built = [methods.find(name)() for name in THE_THREE]
        for method in built:
            method.describe(decode(files[0], least=ENOUGH))  # sizes met for the first time
        spent.clear()
        start = time.thread_time()
        photos = [decode(data, least=ENOUGH) for data in files]
        decoded = time.thread_time()
        for photo in photos:
            for method in built:
                if local := method.describe(photo).local:
                    local.to_bytes()
        described = time.thread_time()
    beside = 1000 * (described - decoded - sum(spent)) / len(files)
    return [
        Figure("describing", "decoding a photo", 1000 * (decoded - start) / len(files), "ms of a core"),
        Figure("describing", "sizes, features and packing of a photo", beside, "ms of a core"),
    ]


def _pictures() -> Iterator[Path]:
    return cycle(sorted(PICTURES.glob("*/*.jpg")))


def figures(*, photos: int) -> list[Figure]:
    with own_database("describing_speed"):
        landmark = LandmarkFactory()
        for path in islice(_pictures(), photos):
            LandmarkImageFactory(data=path.read_bytes(), landmark=landmark, published=True)
        return [rate(), *of_the_processor()]


if __name__ == "__main__":
    command(__doc__, figures, photos=128)
