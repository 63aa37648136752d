"""Images vote for the landmarks they show."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.ranking import Ranked, credible_inliers

VOTERS = 10
SHARPNESS = 3.0
INLIERS_WORTH_ONE = 10


@dataclass(frozen=True)
class PlaceVote:
    """One landmark's share of the votes, and the evidence for it."""

    landmark: int
    score: float  # 0..1: its share of all the votes cast; no probability until it is calibrated
    votes: int  # how many images voted for it
    best_similarity: float
    best_inliers: int | None  # None: no image of it was verified
    best_image: int  # the image that stands highest in the ranking


def vote(
    ranked: Sequence[Ranked],
    *,
    landmark_of: Mapping[int, int],
    duplicate_group_of: Mapping[int, int] | None = None,
) -> list[PlaceVote]:
    """The landmarks that the first VOTERS images speak for, the largest share first.

    """
    voters = _voters(ranked, landmark_of, duplicate_group_of or {})
    if not voters:
        return []
    weights = _weights(voters, background=[image.similarity for image in ranked])
    ballots: dict[int, list[tuple[Ranked, float]]] = defaultdict(list)
    for image, weight in zip(voters, weights, strict=True):
        ballots[landmark_of[image.id]].append((image, float(weight)))
    places = [_place(landmark, ballot) for landmark, ballot in ballots.items()]
    return sorted(places, key=lambda place: (-place.score, -place.best_similarity, place.landmark))


def _voters(
    ranked: Sequence[Ranked], landmark_of: Mapping[int, int], duplicate_group_of: Mapping[int, int]
) -> list[Ranked]:
    """The first VOTERS images that show a landmark, one of each near-duplicate group per landmark."""
    voters: dict[tuple[int, object], Ranked] = {}
    for image in ranked:
        if image.id in landmark_of:
            group = duplicate_group_of.get(image.id, ("alone", image.id))
            voters.setdefault((landmark_of[image.id], group), image)
        if len(voters) == VOTERS:
            break
    return list(voters.values())
