"""How much faster LightGlue matches two photos through the engine than torch does: both in one run, as a ratio.

    python -m tests.benchmarks.matching_speed [--runs 5] [--json FILE]

ALIKED's features of the rendered pictures, pairs of one place and pairs of two; both ways stop at the same layers by the
same rule, one thread each. The reference is torch eager in float32.
"""

import os
import statistics

os.environ.setdefault("INFERENCE_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from config.database import PROJECT
from retrieval.methods import lightglue, weights
from retrieval.methods.aliked import Aliked
from retrieval.methods.base import LocalFeatures
from retrieval.methods.engine import TorchGraph
from retrieval.methods.preprocessing import decode
from tests.benchmarks.command import command, median_ms
from tests.figures import Figure

TARGET = 4
PICTURES = PROJECT / "places" / "demo" / "photos"
PLACES = 4


def eager() -> lightglue.LightGlue:
    torch.set_num_threads(1)
    path = weights.find("aliked-lightglue")
    matcher = lightglue.LightGlue()
    matcher._entrance = TorchGraph(lightglue._entrance(path)["entrance"], device="cpu")
    matcher._matcher = TorchGraph(lightglue._matcher(path)["matcher"], device="cpu")
    return matcher


def pairs() -> list[tuple[LocalFeatures, LocalFeatures]]:
    """The first view of four places, each with another of its place and with the next place's."""
    aliked = Aliked()
    folders = sorted(path for path in PICTURES.iterdir() if path.is_dir())[:PLACES]
    first, second = (
        [aliked.describe(decode(sorted(folder.iterdir())[view].read_bytes())).local for folder in folders]
        for view in (0, 1)
    )
    return [*zip(first, second, strict=True), *zip(first, second[1:] + second[:1], strict=True)]


def figures(*, runs: int) -> list[Figure]:
    asked = pairs()
    ours, reference = lightglue.LightGlue(), eager()
    found = [[matcher.match(*pair) for pair in asked] for matcher in (ours, reference)]
    of_all = [{(n, *pair) for n, each in enumerate(way) for pair in each.pairs.tolist()} for way in found]
    agree = len(of_all[0] & of_all[1]) / len(of_all[1])
    own, eagerly = (
        median_ms(lambda matcher=matcher: [matcher.match(*pair) for pair in asked], runs=runs) / len(asked)
        for matcher in (ours, reference)
    )
    features = statistics.mean(len(side) for pair in asked for side in pair)
    note = f"{len(asked)} pairs, {features:.0f} features a side: {own:.0f} ms a pair beside {eagerly:.0f} ms"
    return [
        Figure(
            "matching", "LightGlue faster than torch in float32", eagerly / own, "x", least=TARGET, note=note
        ),
        Figure("matching", "of its matches found too", 100 * agree, "%", least=95),
    ]


if __name__ == "__main__":
    command(__doc__, figures, runs=5)
