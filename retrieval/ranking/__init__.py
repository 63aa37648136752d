"""Descriptions in, an order out: the same call for a visitor's photo and for a benchmark's query."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.methods.base import Description, LocalFeatures
from retrieval.ranking.verification import Verification
from retrieval.ranking.verification import verify as verify_pair

CREDIBLE_INLIERS = 12  # one picture in 200 of other places reaches it by chance; one in 60 reaches 10


@dataclass(frozen=True)
class Candidate:
    """A shortlisted database image."""

    id: int
    similarity: float  # cosine, high = near
    local: LocalFeatures | None = None


@dataclass(frozen=True)
class Ranked:
    """A database image in its final place."""

    id: int
    similarity: float
    verification: Verification | None = field(default=None, compare=False)  # None: not verified

    @property
    def inliers(self) -> int | None:
        """How many matches survived verification; None: not verified."""
        return None if self.verification is None else self.verification.inliers


def rerank(query: Description, candidates: Sequence[Candidate], *, verify: bool) -> list[Ranked]:
    """The candidates, best first: by similarity alone, or by geometric verification and then similarity.

    With verify, images of fewer than CREDIBLE_INLIERS inliers count as none, since unrelated pictures reach
    a few by chance. A picture without local features is ranked by similarity and keeps no verification.
    """
    ranked = [
        Ranked(candidate.id, candidate.similarity, _verified(query, candidate) if verify else None)
        for candidate in candidates
    ]
    return sorted(ranked, key=lambda image: (-credible_inliers(image), -image.similarity, image.id))


def credible_inliers(image: Ranked) -> int:
    """The inliers that count as evidence: none below CREDIBLE_INLIERS."""
    return image.inliers if image.inliers is not None and image.inliers >= CREDIBLE_INLIERS else 0


def _verified(query: Description, candidate: Candidate) -> Verification | None:
    if query.local is None or candidate.local is None:
        return None
    return verify_pair(query.local, candidate.local)
