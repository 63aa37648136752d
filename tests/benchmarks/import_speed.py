"""How fast photos are imported, in how much memory, and that a run killed half-way leaves no duplicate and no gap.

    python -m tests.benchmarks.import_speed [--photos 10000] [--copies 20000] [--rows 100000]

Makes distinct textured JPEGs of 1200 x 900, imports them by the real command into a database of its own on the
project's server, with a licence so that they are published, kills it with -9 half-way, runs it again, and compares
rows, files and the photos given. Then as many copies of one photo are imported, and
near-duplicates looked up among as many rows. Descriptors are not made: no worker
runs. The target is 30 photos a second on two cores.
"""

# ruff: noqa: E402 -- Django is set up before its models are imported
import argparse
import csv
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django

django.setup()

import cv2
import numpy as np
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from PIL import Image

from config import database
from places import ingest, storage
from places.models import LandmarkImage

LANDMARKS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--copies", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with database.serving(), tempfile.TemporaryDirectory() as folder:
        connection.settings_dict["TEST"]["NAME"] = f"import_speed_{os.getpid()}"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            photos = Path(folder, "photos")
            size = draw(photos, options.photos)
            print(f"{options.photos} photos, {size / options.photos / 1000:.0f} kB on average", flush=True)
            take_in(photos, options.photos, work=Path(folder))
            copies = Path(folder, "copies", "place-0")
            copies.mkdir(parents=True)
            one = next(photos.rglob("*.jpg"))
            for number in range(options.copies):
                os.link(one, copies / f"{number}.jpg")
            rows = LandmarkImage.objects.count()
            told = Run(copies.parent, Path(folder)).wait()
            assert LandmarkImage.objects.count() == rows
            print(f"{options.copies} copies of one photo: {told.seconds:.0f} s, peak {told.peak:.0f} MB")
            look_up(options.rows)
        finally:
            teardown_databases(made, verbosity=0)


class Run:
    """The import command in a process of its own, whose memory is looked at."""

    def __init__(self, source: Path, work: Path) -> None:
        self.began, self.peak, self.at_first, self.busy = time.perf_counter(), 0.0, 0.0, 0.0
        self.report = work / "report.csv"
        self.report.unlink(missing_ok=True)
        command = [sys.executable, "manage.py", "import_images", "folder", source, "--report", self.report]
        command += ["--author", "Nobody", "--licence", "CC0 1.0", "--source-url", "https://example.org/"]
        self.log = work / "log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=os.environ | {"TEST_DATABASE": connection.settings_dict["NAME"]},
            )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def done(self) -> int:
        return sum(1 for _line in open(self.report)) - 1 if self.report.exists() else 0

    def wait(self) -> "Run":
        assert self.process.wait() == 0, self.log.read_text()[-2000:]
        self.seconds = time.perf_counter() - self.began
        return self

    def _watch(self) -> None:
        """Its memory in MB, once a thousand photos are done and at the most, and the processor's seconds it took."""
        ticks = os.sysconf("SC_CLK_TCK")
        while self.process.poll() is None:
            try:
                status = Path(f"/proc/{self.process.pid}/status").read_text()
                times = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            except OSError:
                return
            if found := re.search(r"VmHWM:\s*(\d+)", status):
                self.peak = int(found[1]) / 1000
            if not self.at_first and self.done >= 1000:
                self.at_first = self.peak
            self.busy = sum(map(int, times)) / ticks
            time.sleep(0.2)


def take_in(photos: Path, number: int, *, work: Path) -> None:
    first = Run(photos, work)
    while first.done < number // 2 and first.process.poll() is None:
        time.sleep(0.2)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    seconds, left = time.perf_counter() - first.began, LandmarkImage.objects.count()
    print(f"killed after {left} photos: {left / seconds:.1f} photos/s", flush=True)
    second = Run(photos, work).wait()
    new = LandmarkImage.objects.count() - left
    print(f"gone on with: {new} photos more in {second.seconds:.0f} s, {new / second.seconds:.1f} photos/s")
    print(f"  the processor's time for one photo, without PostgreSQL's: {second.busy / new * 1000:.0f} ms")
    for name, run in (("first", first), ("second", second)):
        print(f"  {name} run: peak {run.at_first:.0f} MB after a thousand, {run.peak:.0f} MB in the end")
    with open(second.report, newline="") as file:
        fates = [row["became"] for row in csv.DictReader(file)]
    rows = LandmarkImage.objects.all()
    originals = sum(path.is_file() for path in Path(storage.private().path("originals")).rglob("*"))
    print(f"  told of {len(fates)}: {fates.count('added')} added, {fates.count('present')} present")
    print(
        f"  duplicates {rows.count() - rows.values('sha256').distinct().count()}, gaps {number - rows.count()}, "
        f"not published {rows.exclude(state='published').count()}, originals too many {originals - number}"
    )


def look_up(number: int) -> None:
    dice = np.random.default_rng(2)
    hashes = dice.integers(-(2**63), 2**63, number).tolist()
    for start in range(0, number, 5000):
        LandmarkImage.objects.bulk_create(
            LandmarkImage(sha256=f"{n:064x}", original="none", perceptual_hash=hashes[n], width=1, height=1)
            for n in range(start, min(start + 5000, number))
        )
    connection.cursor().execute("ANALYZE")
    asked = [value ^ 0b1000000010000000100000001 for value in hashes[:: max(1, number // 640)]]
    began = time.perf_counter()
    found = [near for n in range(0, len(asked), 64) for near in ingest.nearest_of(asked[n : n + 64])]
    each = (time.perf_counter() - began) / len(asked) * 1000
    assert all(near and near.difference == 4 for near in found)
    print(f"near-duplicates among {LandmarkImage.objects.count()} photos: {each:.2f} ms a photo")


def draw(folder: Path, number: int) -> int:
    """Pictures with shapes at every scale, each its own; returns the bytes written."""
    dice = np.random.default_rng(1)
    base = sum(
        cv2.resize(dice.normal(0, 1, (max(2, 900 >> n), max(2, 1200 >> n), 3)), (1800, 1500)) * 6 * 1.6**n
        for n in range(9)
    )
    size = 0
    for count in range(number):
        left, top = dice.integers(0, 600, 2)
        picture = base[top : top + 900, left : left + 1200][:, :: dice.choice((-1, 1))].copy()
        coarse = dice.normal(0, 45, (5, 7, 3))
        picture += 128 + cv2.resize(coarse, (1200, 900), interpolation=cv2.INTER_CUBIC)
        file = folder / f"place-{count % LANDMARKS}" / f"{count}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
        size += file.write_bytes(buffer.getvalue())
    return size


if __name__ == "__main__":
    main()
