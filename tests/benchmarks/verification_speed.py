"""How much faster a shortlist is verified than DELF's authors verify it: both in one run, as a ratio.

    python -m tests.benchmarks.verification_speed [--sample 10] [--runs 3] [--json FILE]

A query against 100 images of 1000 features of 40 dimensions on one thread: 10 show the query's things, from 20 to
290 of them, and 90 show others. CPU time. DELF's own way (k-d tree, scikit-image's RANSAC) is measured on all
that match and on a sample of the rest, and scaled to 90. Prints both times, their ratio (the target is 60), and
whether both put the true matches in one order.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from retrieval.methods.base import LocalFeatures
from retrieval.ranking.verification import AFFINE
from tests.benchmarks.command import command
from tests.figures import Figure
from tests.retrieval.ranking.delf_own_way import inliers_delf_own_way
from tests.retrieval.ranking.features import partly_seen, scattered

FEATURES = 1000
SEEN_AGAIN = range(20, 320, 30)
UNRELATED = 90
TARGET = 60

Verify = Callable[[LocalFeatures, LocalFeatures], int]


def inliers_ours(query: LocalFeatures, image: LocalFeatures) -> int:
    return AFFINE(query, image).inliers


def measured(way: Verify, query: LocalFeatures, images: Sequence[LocalFeatures]) -> tuple[float, list[int]]:
    """The CPU milliseconds that it takes to verify all, and the inliers of each."""
    start = time.process_time()
    inliers = [way(query, image) for image in images]
    return 1000 * (time.process_time() - start), inliers


def order(inliers: Sequence[int]) -> list[int]:
    return np.argsort(-np.array(inliers), kind="stable").tolist()


def figures(*, sample: int, runs: int) -> list[Figure]:
    cv2.setNumThreads(1)
    query = scattered(FEATURES, seed=0)
    true = [partly_seen(query, count, seed=1 + count) for count in SEEN_AGAIN]
    others = [scattered(FEATURES, seed=1000 + each) for each in range(UNRELATED)]
    some = others[:sample]

    for way in (inliers_ours, inliers_delf_own_way):
        measured(way, query, true[-1:])  # the first call loads what the rest need
    own_true, own_inliers = measured(inliers_delf_own_way, query, true)
    own_others = measured(inliers_delf_own_way, query, some)[0] * len(others) / len(some)
    each_run = [measured(inliers_ours, query, true) for _ in range(runs)]
    our_true, inliers = statistics.median(run[0] for run in each_run), each_run[0][1]
    our_others = statistics.median(measured(inliers_ours, query, others)[0] for _ in range(runs))
    note = (
        f"{len(true + others)} images of {FEATURES} features: {our_true + our_others:.0f} ms beside its "
        f"{own_true + own_others:.0f} ms, scaled from {len(some)} of {len(others)} others"
    )
    ratio = (own_true + own_others) / (our_true + our_others)
    same = order(own_inliers) == order(inliers)
    return [
        Figure("verification", "faster than DELF's own way", ratio, "x", least=TARGET, note=note),
        Figure("verification", "true matches in its order", float(same), least=1, most=1, note="1 is yes"),
    ]


if __name__ == "__main__":
    command(__doc__, figures, sample=10, runs=3)
