"""Descriptions in, an order out, and from the order a place: the same calls for a visitor and for a benchmark."""

from dataclasses import dataclass, field

from retrieval.ranking.verification import Verification


@dataclass(frozen=True)
class Candidate:
    """A database image and how near it is: a cosine, or a fused score; high = near."""

    id: int
    similarity: float


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

    @property
    def credible_inliers(self) -> int:
        """The inliers that are evidence."""
        return 0 if self.verification is None else self.verification.credible_inliers
