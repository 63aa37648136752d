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
    places that they show, and no more once one place is SETTLED and another was looked at; without it, all are.
    Images of fewer inliers than the verifier finds credible count as none, since unrelated pictures reach a few
    by chance. An image without local features is ranked by its similarity and keeps no verification.
    """
    found: dict[int, Verification] = {}
    if query is None:
        return _sorted(candidates, found)
    order = _in_turns(candidates, landmark_of) if landmark_of else [candidate.id for candidate in candidates]
    kept: dict[int, LocalFeatures] = {}
    for number, image in enumerate(order[:depth]):
        if number % AT_ONCE == 0:
            kept |= features(order[number : min(number + AT_ONCE, depth)])
        if image in kept and image not in found:
            found[image] = verifier(query, kept[image])
        if landmark_of and (first := winner(found, landmark_of, least=verifier.least)) is not None:
            # One look at the next place: a photo that shows both, or is filed under both, must not pass for one.
            if len({landmark_of.get(seen) for seen in found} - {first, None}):
                break
            rival = next((i for i in order if landmark_of.get(i) not in (first, None)), None)
            if rival is not None:
                found |= {i: verifier(query, local) for i, local in features([rival]).items()}
            if rival is None or winner(found, landmark_of, least=verifier.least) == first:
                break
    return _sorted(candidates, found)


def winner(found: Mapping[int, Verification], landmark_of: Mapping[int, int], *, least: int) -> int | None:
    """The one place with so many inliers, and no other with a credible few, that more looking changes nothing."""
    inliers: dict[int, int] = defaultdict(int)
    for image, verification in found.items():
        if image in landmark_of:
            inliers[landmark_of[image]] = max(inliers[landmark_of[image]], verification.inliers)
    credible = [landmark for landmark, count in inliers.items() if count >= least]
    return credible[0] if len(credible) == 1 and inliers[credible[0]] >= SETTLED * least else None


def _in_turns(candidates: Sequence[Candidate], landmark_of: Mapping[int, int]) -> list[int]:
    """The images in their order, but each place's after its first A_PLACE behind those of other places."""
    seen: dict[int, int] = defaultdict(int)
    turns = []
    for candidate in candidates:
        landmark = landmark_of.get(candidate.id)
        turns.append(0 if landmark is None else seen[landmark] // A_PLACE)
        if landmark is not None:
            seen[landmark] += 1
    return [c.id for _, c in sorted(zip(turns, candidates, strict=True), key=lambda pair: pair[0])]


def _sorted(candidates: Sequence[Candidate], found: Mapping[int, Verification]) -> list[Ranked]:
    ranked = [Ranked(c.id, c.similarity, found.get(c.id)) for c in candidates]
    return sorted(ranked, key=lambda image: (-image.credible_inliers, -image.similarity, image.id))
