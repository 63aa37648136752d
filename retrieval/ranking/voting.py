"""Images vote for the landmarks they show."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.ranking import Ranked
from retrieval.ranking.confidence import shares

# Chosen on the landmarks of the split `choose` (retrieval.evaluation.splits), for all methods at once.
VOTERS = 10
SHARPNESS = 3.0  # how fast a vote fades with similarity, in standard deviations of the shortlist's
INLIERS_PER_VOTE = 7  # credible inliers that weigh as much as the nearest image's vote
MISSED = 0.001  # against none: the odds of a place that a view does not show among its places


@dataclass(frozen=True)
class PlaceVote:
    """One landmark's share of the votes, and the evidence for it."""

    landmark: int
    score: float  # 0..1: its share of all the votes cast; no probability
    votes: int  # how many images voted for it
    best_similarity: float
    best_inliers: int | None  # None: no image of it was verified
    best_image: int  # the image that stands highest in the ranking
    named_by: tuple[str, ...] = ()  # the methods whose nearest image shows it
    probability: float | None = None  # None: not calibrated


def vote(
    ranked: Sequence[Ranked],
    *,
    landmark_of: Mapping[int, int],
    duplicate_group_of: Mapping[int, object] | None = None,
) -> list[PlaceVote]:
    """The landmarks that the first VOTERS images speak for, the largest share of the votes first.

    An image's vote is exp(SHARPNESS (s - s_max) / spread of the ranked similarities), which suits methods of
    any range of similarity, and one more for every INLIERS_PER_VOTE credible inliers.
    landmark_of: image id -> landmark; images that are not in it do not vote.
    duplicate_group_of: image id -> group; of a group, only the first image votes for a landmark.
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


def combine(views: Sequence[Sequence[PlaceVote]]) -> list[PlaceVote]:
    """The places that several photos of one thing show together, the likeliest first.

    Each view's odds of a place against none, p / (1 - the sum of all p), are taken by their logarithm, summed and
    divided by the root of the number of views: photos of one thing taken by one visitor err alike, so that n of
    them are worth less than n strangers. A place that a view lacks has the odds MISSED there. Where any view is
    not calibrated, nothing is, and the mean of the shares orders the places. Votes are summed, the best similarity
    and inliers are those of the best view; a method names a place that it names in most views.
    """
    of_view = [{place.landmark: place for place in view} for view in views]
    landmarks = list(dict.fromkeys(place.landmark for view in views for place in view))
    chances: list[float | None] = [None] * len(landmarks)
    if landmarks and all(place.probability is not None for view in views for place in view):
        logits = sum(_log_odds(landmarks, view) for view in of_view) / np.sqrt(len(views))
        chances = shares(logits).tolist()
    places = [
        _together([view[landmark] for view in of_view if landmark in view], of=len(views), probability=chance)
        for landmark, chance in zip(landmarks, chances, strict=True)
    ]
    return sorted(places, key=lambda place: (-(place.probability or 0), -place.score, place.landmark))


def _log_odds(landmarks: Sequence[int], view: Mapping[int, PlaceVote]) -> np.ndarray:
    """Of each landmark against none, (P,)."""
    none = max(1 - sum(place.probability or 0.0 for place in view.values()), 1e-6)
    odds = [(view[one].probability or 0.0) / none if one in view else MISSED for one in landmarks]
    return np.log(np.maximum(odds, 1e-6))


def _together(seen: Sequence[PlaceVote], *, of: int, probability: float | None) -> PlaceVote:
    """One landmark in all the views, `of` them, some of which show it."""
    best = max(seen, key=lambda place: (place.best_inliers or 0, place.best_similarity))
    verified = [place.best_inliers for place in seen if place.best_inliers is not None]
    named = [name for place in seen for name in place.named_by]
    return PlaceVote(
        landmark=best.landmark,
        score=sum(place.score for place in seen) / of,
        votes=sum(place.votes for place in seen),
        best_similarity=max(place.best_similarity for place in seen),
        best_inliers=max(verified, default=None),
        best_image=best.best_image,
        named_by=tuple(name for name in dict.fromkeys(named) if 2 * named.count(name) > of),
        probability=probability,
    )


def _voters(
    ranked: Sequence[Ranked], landmark_of: Mapping[int, int], duplicate_group_of: Mapping[int, object]
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


def _weights(voters: Sequence[Ranked], *, background: Sequence[float]) -> np.ndarray:
    """Each voter's weight, (V,), summing to 1."""
    similarities = np.array([image.similarity for image in voters])
    spread = float(np.std(background)) or 1.0
    inliers = np.array([image.credible_inliers for image in voters])
    weights = np.exp(SHARPNESS * (similarities - similarities.max()) / spread)
    weights += inliers / INLIERS_PER_VOTE
    return weights / weights.sum()


def _place(landmark: int, ballot: Sequence[tuple[Ranked, float]]) -> PlaceVote:
    images = [image for image, _ in ballot]
    verified = [image.inliers for image in images if image.inliers is not None]
    return PlaceVote(
        landmark=landmark,
        score=min(sum(weight for _, weight in ballot), 1.0),
        votes=len(ballot),
        best_similarity=max(image.similarity for image in images),
        best_inliers=max(verified, default=None),
        best_image=images[0].id,
    )
