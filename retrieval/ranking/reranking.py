"""A ranking compared closely: in its order, no longer than it takes to settle the answer."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from retrieval.methods.base import LocalFeatures
from retrieval.ranking import Candidate, Ranked
from retrieval.ranking.verification import Verification, Verifier

AT_ONCE = 8  # images whose local features are read together
SETTLED = (
    3  # times the least credible inliers: with so many, and no other place credible, an answer is settled
)
A_PLACE = 4  # images of one place compared before those of other places have had their turn


def rerank(
    query: LocalFeatures | None,
    candidates: Sequence[Candidate],
    *,
    verifier: Verifier,
    features: Callable[[Collection[int]], Mapping[int, LocalFeatures]],
    depth: int,
    landmark_of: Mapping[int, int] | None = None,
) -> list[Ranked]:
    """The candidates by geometric verification and then by similarity, best first.

    The first `depth` are verified. With landmark_of, image id -> landmark, those are verified in turns of the
    places that they show, and no more once one place is SETTLED; without it, all are. Images of fewer inliers
    than the verifier finds credible count as none, since unrelated pictures reach a few by chance. An image
    without local features is ranked by its similarity and keeps no verification.
    """
    found: dict[int, Verification] = {}
    if query is not None:
        order = _in_turns(candidates, landmark_of) if landmark_of else [c.id for c in candidates]
        order = order[:depth]
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            kept = features(some)
            for image in some:
                if image in kept:
                    found[image] = verifier(query, kept[image])
                    if landmark_of and settled(found, landmark_of, least=verifier.least):
                        return _sorted(candidates, found)
    return _sorted(candidates, found)


def settled(found: Mapping[int, Verification], landmark_of: Mapping[int, int], *, least: int) -> bool:
    """Whether one place has so many inliers that more looking would not change the answer."""
    inliers: dict[int | None, int] = defaultdict(int)
    for image, verification in found.items():
        landmark = landmark_of.get(image)
        inliers[landmark] = max(inliers[landmark], verification.inliers)
    credible = [count for count in inliers.values() if count >= least]
    return len(credible) == 1 and credible[0] >= SETTLED * least


def _in_turns(candidates: Sequence[Candidate], landmark_of: Mapping[int, int]) -> list[int]:
    """The images in their order, but each place's after its first A_PLACE behind those of other places."""
    seen: dict[int | None, int] = defaultdict(int)
    turns = []
    for candidate in candidates:
        landmark = landmark_of.get(candidate.id)
        turns.append(seen[landmark] // A_PLACE)
        seen[landmark] += 1
    return [c.id for _, c in sorted(zip(turns, candidates, strict=True), key=lambda pair: pair[0])]


def _sorted(candidates: Sequence[Candidate], found: Mapping[int, Verification]) -> list[Ranked]:
    ranked = [Ranked(c.id, c.similarity, found.get(c.id)) for c in candidates]
    return sorted(ranked, key=lambda image: (-image.credible_inliers, -image.similarity, image.id))
