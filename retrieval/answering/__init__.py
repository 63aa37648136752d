"""From descriptions to an answer: the one order of the stages, for a visitor's photo and for a benchmark's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from retrieval.answering.approaches import Loaded
from retrieval.methods.base import Description, LocalFeatures
from retrieval.ranking import Candidate, Ranked
from retrieval.ranking.confidence import IS, ONE_OF, Curve
from retrieval.ranking.expansion import (
    ALPHA,
    alpha_query_expansion,
    augment,
    each_others_nearest,
    superglobal,
)
from retrieval.ranking.fusion import fuse
from retrieval.ranking.reranking import rerank
from retrieval.ranking.signals import Shortlist, named_by, signals
from retrieval.ranking.verification import Verifier
from retrieval.ranking.voting import PlaceVote, vote

SHORTLIST = 100  # images taken from each method's ranking
PLACES = 10  # places that are weighed against each other
# The images that a query is expanded by, chosen on `choose`: of 10 and 20 with alpha 1 and 3.
BELIEVED, BELIEVED_ALPHA = 20, 1.0
NEIGHBOURS = 5  # that alpha-QE and augmentation take


@dataclass(frozen=True)
class Label:
    """What a database image shows, and the group of its near-duplicates."""

    landmark: int | None  # None: none that is asked for
    duplicates: object


class Catalogue(Protocol):
    """The database images: rows and an index behind a site, arrays behind a benchmark."""

    def nearest(self, vector: np.ndarray, *, method: str, k: int) -> list[Candidate]:
        """The k most similar, best first."""

    def vectors(self, images: Collection[int], *, method: str) -> dict[int, np.ndarray]:
        """Theirs by a method, (D,) each; an image that is gone in the meantime is left out."""

    def local_features(self, images: Collection[int], *, method: str) -> dict[int, LocalFeatures]:
        """Theirs by a method; an image that has none is left out."""

    def labels(self, images: Collection[int]) -> dict[int, Label]:
        """Theirs; an image that is gone in the meantime is left out."""

    def beside(self, landmark: int) -> Collection[int]:
        """The landmarks that stand within this one or hold it: a photo may rightly show both."""


@dataclass(frozen=True)
class Answer:
    """What was found: images and places, each best first."""

    ranked: list[Ranked]
    places: list[PlaceVote]
    signals: np.ndarray  # (P, S), of each place, as ranking.signals names them
    labels: dict[int, Label]  # of the images ranked
    known: float | None = None  # the probability that the catalogue holds the place; None: not calibrated
    verdict: str = ""  # one of confidence.VERDICTS; "": not calibrated


def answer(
    descriptions: Mapping[str, Description],
    *,
    approach: Loaded,
    catalogue: Catalogue,
    curve: Curve | None = None,
    k: int = SHORTLIST,
    box: float = 1.0,
    tell: Callable[[str], None] = lambda stage: None,
) -> Answer:
    """Rank the catalogue for a photo that its approach has described, and weigh the places that it may show.

    Each method's shortlist, their fusion, the close comparison, the vote and its confidence, and only then the
    expansion of the query, which would draw a stranger's photo towards the catalogue. k: images wanted. box: the
    share of the photo that was asked about. tell: hears "searching", "verifying", then "voting".
    """
    facts = approach.approach
    tell("searching")
    shortlists, labels = _shortlists(descriptions, approach=approach, catalogue=catalogue, k=k)
    landmark_of = {image: label.landmark for image, label in labels.items() if label.landmark is not None}
    fused = fuse([shortlist.candidates for shortlist in shortlists.values()], weights=facts.weights)

    tell("verifying")
    ranked = [Ranked(candidate.id, candidate.similarity) for candidate in fused]
    if approach.verifier and facts.close_look:
        features = facts.close_look.features
        ranked = rerank(
            descriptions[features].local,
            fused,
            verifier=approach.verifier,
            features=lambda images: catalogue.local_features(images, method=features),
            depth=facts.close_look.depth,
            landmark_of=landmark_of if facts.close_look.adaptive else None,
        )
    tell("voting")
    groups = {image: label.duplicates for image, label in labels.items()}
    places = vote(ranked, landmark_of=landmark_of, duplicate_group_of=groups)[:PLACES]
    measured = signals(
        places,
        shortlists=list(shortlists.values()),
        ranked=ranked,
        landmark_of=landmark_of,
        verified=approach.verifier is not None,
        box=box,
    )
    places = [
        replace(place, named_by=named_by(place.landmark, shortlists=shortlists, landmark_of=landmark_of))
        for place in places
    ]
    known, verdict = None, ""
    if curve:
        chances = curve.probabilities(measured)
        order = np.argsort(-chances, kind="stable")
        places = [replace(places[i], probability=float(chances[i])) for i in order]
        known, verdict = judge(places, curve=curve, catalogue=catalogue, verifier=approach.verifier)
        measured = measured[order]

    if facts.expansion:
        moved = {
            name: _expanded(facts.expansion, descriptions[name].vector, shortlist, name=name, catalogue=catalogue,
                            k=max(SHORTLIST, k), trust=_trust(places, shortlist, landmark_of))
            for name, shortlist in shortlists.items()
        }  # fmt: skip
        unseen = {c.id for ranking in moved.values() for c in ranking} - labels.keys()
        labels |= catalogue.labels(unseen)
        verified = {image.id: image.verification for image in ranked}
        rankings = [[c for c in ranking if c.id in labels] for ranking in moved.values()]
        again = fuse(rankings, weights=facts.weights)
        ranked = sorted(
            (Ranked(c.id, c.similarity, verified.get(c.id)) for c in again),
            key=lambda image: (-image.credible_inliers, -image.similarity, image.id),
        )
    return Answer(ranked, places, measured, labels, known, verdict)


def judge(
    places: Sequence[PlaceVote], *, curve: Curve, catalogue: Catalogue, verifier: Verifier | None
) -> tuple[float, str]:
    """How likely the catalogue holds the place, and the verdict. places: with their probabilities, likeliest first.

    However likely the first is, it is not answered alone where another has half its inliers or more, and credibly
    many: such a photo shows several places, or one that is filed under several.
    """
    if not places:
        return 0.0, curve.verdict(best=0.0, known=0.0)
    within = {places[0].landmark, *catalogue.beside(places[0].landmark)}
    best = sum(place.probability or 0.0 for place in places if place.landmark in within)
    known = sum(place.probability or 0.0 for place in places)
    verdict = curve.verdict(best=best, known=known)
    if verdict == IS and verifier:
        enough = max(verifier.least, (places[0].best_inliers or 0) / 2)
        if any((place.best_inliers or 0) >= enough for place in places if place.landmark not in within):
            verdict = ONE_OF
    return known, verdict


def _shortlists(
    descriptions: Mapping[str, Description], *, approach: Loaded, catalogue: Catalogue, k: int
) -> tuple[dict[str, Shortlist], dict[int, Label]]:
    """Each method's by its name, and the labels of all their images; those that are gone are in neither."""
    found = {
        method.name: catalogue.nearest(
            descriptions[method.name].vector, method=method.name, k=max(SHORTLIST, k)
        )
        for method in approach.approach.methods
    }
    labels = catalogue.labels({candidate.id for ranking in found.values() for candidate in ranking})
    shortlists = {}
    for name, ranking in found.items():
        vectors = catalogue.vectors([candidate.id for candidate in ranking], method=name)
        kept = [c for c in ranking if c.id in labels and c.id in vectors]
        dimensions = (len(kept), len(descriptions[name].vector))
        shortlists[name] = Shortlist(kept, np.array([vectors[c.id] for c in kept]).reshape(dimensions))
    return shortlists, labels


def _trust(places: Sequence[PlaceVote], shortlist: Shortlist, landmark_of: Mapping[int, int]) -> np.ndarray:
    """How far each image of a shortlist is believed to show what was asked for: (N,), 0..1."""
    of_place = {p.landmark: p.score if p.probability is None else p.probability for p in places}
    return np.array([of_place.get(landmark_of.get(c.id, -1), 0.0) for c in shortlist.candidates])


def _expanded(
    expansion: str,
    query: np.ndarray,
    shortlist: Shortlist,
    *,
    name: str,
    catalogue: Catalogue,
    k: int,
    trust: np.ndarray,
) -> list[Candidate]:
    """A method's ranking once more, by an expansion of the query or of the images."""
    vectors = shortlist.vectors
    if not len(vectors):
        return []
    if expansion == "believed":
        near = slice(BELIEVED)
        moved = alpha_query_expansion(query, vectors[near], alpha=BELIEVED_ALPHA, trust=trust[near])
        return catalogue.nearest(moved, method=name, k=k)
    if expansion == "alpha-qe":
        moved = alpha_query_expansion(query, vectors[:NEIGHBOURS], alpha=ALPHA)
        return catalogue.nearest(moved, method=name, k=k)
    if expansion == "augmentation":
        scores = augment(vectors, each_others_nearest(vectors, n=NEIGHBOURS)) @ query
    else:
        scores = superglobal(query, vectors)
    order = np.argsort(-scores, kind="stable")
    return [Candidate(shortlist.candidates[i].id, float(scores[i])) for i in order]
