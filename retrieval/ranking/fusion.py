"""Several rankings of the same images into one."""

from collections import defaultdict
from collections.abc import Sequence

from retrieval.ranking import Candidate

RANK_OFFSET = 60  # k of the paper


def fuse(rankings: Sequence[Sequence[Candidate]], *, weights: Sequence[float]) -> list[Candidate]:
    """The images of all rankings by weighted reciprocal rank: the sum of weight / (RANK_OFFSET + rank), from 1.

    An image that a ranking lacks gets nothing from it. The fused score, brought to 0..1 by what an image first in
    every ranking has, takes the place of the similarity; of one ranking the order stays, and so do its
    similarities. Ties go by id. ValueError where there is not one weight for each ranking.
    Source: Cormack, Clarke & Büttcher, Reciprocal Rank Fusion, SIGIR 2009.
    """
    if len(weights) != len(rankings):
        raise ValueError(f"{len(weights)} weights for {len(rankings)} rankings")
    if len(rankings) == 1:
        return list(rankings[0])
    scores: dict[int, float] = defaultdict(float)
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, candidate in enumerate(ranking, start=1):
            scores[candidate.id] += weight / (RANK_OFFSET + rank)
    most = sum(weights) / (RANK_OFFSET + 1)
    order = sorted(scores, key=lambda image: (-scores[image], image))
    return [Candidate(image, scores[image] / most) for image in order]
