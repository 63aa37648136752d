"""What an answer knows of each of its places, in numbers from which a confidence can be learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.ranking import Candidate, Ranked
from retrieval.ranking.voting import PlaceVote

BY_METHOD = ("similarity", "margin", "distinction", "support", "count")
CLOSELY = ("inliers", "second inliers", "margin of inliers")
STRANGERS = 5  # images of other places that tell how near anything comes to an image
NEAREST = 3  # images of a place that speak for it


@dataclass(frozen=True)
class Shortlist:
    """One method's ranking of the images nearest to a query, and their vectors."""

    candidates: Sequence[Candidate]  # N, their similarities cosines, best first
    vectors: np.ndarray  # (N, D), L2-normalised, row by row


def names(methods: Sequence[str], *, verified: bool) -> tuple[str, ...]:
    """Of the columns of `signals`, for shortlists of these methods."""
    each = [f"{what} by {method}" for method in methods for what in BY_METHOD]
    return (*each, "share of votes", "agreement", *(CLOSELY if verified else ()), "box")


def signals(
    places: Sequence[PlaceVote],
    *,
    shortlists: Sequence[Shortlist],
    ranked: Sequence[Ranked],
    landmark_of: Mapping[int, int],
    verified: bool,
    box: float = 1.0,
) -> np.ndarray:
    """(P, S) float64, a row per place, a column per one of `names`.

    By each method: how similar the place's nearest image is; how much nearer than any of another place; how much
    nearer than images of other places come to it, which tells a common sight from a rare one; how similar its
    NEAREST are on average; and how many images the shortlist has of it, by the logarithm of 1 more. A place that a
    shortlist lacks stands at its end. Then its share of the votes; the share of the methods whose nearest image
    shows it; by the logarithm of 1 more the inliers of its two best images among the `ranked`, and how much
    that of the best surpasses any other place's; and the logarithm of the share of the photo that was asked
    about, of all places alike.
    """
    landmarks = [place.landmark for place in places]
    columns: list[np.ndarray] = []
    for shortlist in shortlists:
        columns += list(_by_method(landmarks, shortlist, landmark_of).T)
    firsts = [_first(shortlist.candidates, landmark_of) for shortlist in shortlists]
    columns.append(np.array([place.score for place in places]))
    columns.append(np.array([np.mean([first == landmark for first in firsts]) for landmark in landmarks]))
    if verified:
        columns += list(_closely(landmarks, ranked, landmark_of).T)
    columns.append(np.full(len(places), np.log(max(box, 1e-4))))
    return np.stack(columns, axis=1).astype(np.float64).reshape(len(places), len(columns))


def named_by(
    landmark: int, *, shortlists: Mapping[str, Shortlist], landmark_of: Mapping[int, int]
) -> tuple[str, ...]:
    """The methods, by name, whose nearest image shows the landmark."""
    return tuple(
        name
        for name, shortlist in shortlists.items()
        if _first(shortlist.candidates, landmark_of) == landmark
    )


def _first(candidates: Sequence[Candidate], landmark_of: Mapping[int, int]) -> int | None:
    return next((landmark_of[one.id] for one in candidates if one.id in landmark_of), None)


def _by_method(landmarks: Sequence[int], shortlist: Shortlist, landmark_of: Mapping[int, int]) -> np.ndarray:
    """(P, 5), a column per one of BY_METHOD."""
    similarities = np.array([one.similarity for one in shortlist.candidates])
    shown = np.array([landmark_of.get(one.id, -1) for one in shortlist.candidates])
    lowest = float(similarities.min()) if len(similarities) else 0.0
    columns = np.zeros((len(landmarks), 4))  # similarity, distinction, support, count
    columns[:, [0, 2]] = lowest
    for row, landmark in enumerate(landmarks):
        own = np.flatnonzero(shown == landmark)
        if len(own):
            near, others = own[:NEAREST], shortlist.vectors[shown != landmark]
            strange = shortlist.vectors[near] @ others.T if len(others) else np.zeros((len(near), 1))
            usual = np.sort(strange, axis=1)[:, -STRANGERS:].mean(axis=1)
            columns[row] = (
                similarities[own[0]],
                (similarities[near] - usual).max(),
                similarities[near].mean(),
                np.log1p(len(own)),
            )
    return np.insert(columns, 1, columns[:, 0] - _of_others(columns[:, 0]), axis=1)


def _closely(
    landmarks: Sequence[int], ranked: Sequence[Ranked], landmark_of: Mapping[int, int]
) -> np.ndarray:
    """(P, 3), a column per one of CLOSELY."""
    counts: dict[int, list[int]] = {landmark: [0, 0] for landmark in landmarks}
    for image in ranked:
        landmark = landmark_of.get(image.id)
        if image.inliers is not None and landmark in counts:
            counts[landmark] = sorted([*counts[landmark], image.inliers])[-2:]
    second, best = np.log1p([counts[landmark] for landmark in landmarks]).reshape(-1, 2).T
    return np.stack([best, second, best - _of_others(best)], axis=1)


def _of_others(values: np.ndarray) -> np.ndarray:
    """For each value the highest of the others, (P,); 0 where there is no other."""
    if len(values) < 2:
        return np.zeros(len(values))
    order = np.argsort(-values)
    others = np.full(len(values), values[order[0]])
    others[order[0]] = values[order[1]]
    return others
