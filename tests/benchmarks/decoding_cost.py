"""What it costs to open photos in a process of their own: the same work for an import, here and in children.

    python -m tests.benchmarks.decoding_cost [--photos 40]

For each photo of 1200 x 900 its facts, the picture that is measured, and the two copies that are served, by four
threads as an import has. Processor's milliseconds for one photo, and how long it took; the best of three rounds.
"""

# ruff: noqa: E402 -- Django is set up before its settings are read
import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

from django.conf import settings
from PIL import Image

from places import decoding, ingest, photo, quality, storage
from tests.factories import drawn_photo

WANTED = [(storage.PHOTO_SIDE, "JPEG"), (storage.THUMBNAIL_SIDE, "WEBP")]
LIMITS = {
    "bytes": settings.PHOTO_MAX_BYTES,
    "pixels": settings.PHOTO_MAX_PIXELS,
    "side": settings.PHOTO_MIN_SIDE,
}


def here(data: bytes) -> None:
    decoding.inspect(data, limits=LIMITS)
    decoding.upright(data, limits=LIMITS, longest_side=quality.SIDE, resampling=int(Image.Resampling.HAMMING))
    decoding.copies(data, limits=LIMITS, longest_side=storage.PHOTO_SIDE, wanted=WANTED)


def in_children(data: bytes) -> None:
    photo.inspect(data)
    ingest.as_measured(data)
    photo.copies(data, longest_side=storage.PHOTO_SIDE, wanted=WANTED)


def busy() -> float:
    """The processor's seconds of this process and its children until now."""
    kept = photo.children.all()
    theirs = sum(int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[0]) for child in kept)
    return time.process_time() + theirs / 1e9


def measured(work: Callable[[bytes], None], photos: list[bytes]) -> tuple[float, float]:
    with ThreadPoolExecutor(ingest.THREADS) as threads:
        list(threads.map(work, photos[:8]))  # children are there
        rounds = []
        for _round in range(3):
            began, before = time.perf_counter(), busy()
            list(threads.map(work, photos))
            rounds.append((busy() - before, time.perf_counter() - began))
    processor, taken = map(min, zip(*rounds, strict=True))
    return processor / len(photos) * 1000, taken / len(photos) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=40)
    photos = [drawn_photo(number % 8, (1200, 900)) for number in range(parser.parse_args().photos)]
    for name, work in (("here", here), ("in children", in_children)):
        processor, taken = measured(work, photos)
        print(f"{name:12} {processor:6.1f} ms of the processor, {taken:6.1f} ms until the next")
    photo.children.end()


if __name__ == "__main__":
    main()
