"""The ways to answer that can be chosen: whose rankings, fused by which weights, verified by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np

from retrieval import methods
from retrieval.methods.base import Box, Checkpoint, Description, LocalFeatures, Method
from retrieval.ranking.verification import AFFINE, Verifier

CONSENSUS = "consensus"
# How a ranking is made once more after the confidence is taken; which is on was decided on unseen landmarks.
EXPANSIONS = ("believed", "alpha-qe", "augmentation", "superglobal")
UNVERIFIED = "none"  # chosen as a verifier: none at all
_loading = Lock()


@dataclass(frozen=True)
class CloseLook:
    """A verifier as it is offered; nothing is loaded until `load` is called."""

    name: str
    label: str
    features: str  # the method whose local features it reads
    depth: int  # images of a ranking that it looks at, at most
    adaptive: bool  # whether it stops once the answer is settled
    load: Callable[[], Verifier]


def _lightglue() -> Verifier:
    with _loading:
        return _build_lightglue()


@cache
def _build_lightglue() -> Verifier:
    from retrieval.methods.lightglue import LightGlue

    network = LightGlue()

    def matches(query: LocalFeatures, image: LocalFeatures) -> np.ndarray:
        return network.match(query, image).pairs

    # Of 721 pairs of pictures of other places one in 180 reaches 20 inliers by chance, of 616 of one place 36 %;
    # by a fundamental matrix, which asks less, as rare a chance takes 40, and 34 % reach it.
    return Verifier("lightglue", features="aliked", matches=matches, model="homography", least=20)


CLOSE_LOOKS = {
    look.name: look
    for look in (
        CloseLook("delf", "DELF", features="delf", depth=100, adaptive=False, load=lambda: AFFINE),
        CloseLook(
            "lightglue", "ALIKED + LightGlue", features="aliked", depth=8, adaptive=True, load=_lightglue
        ),
    )
}


class UnknownVerifier(LookupError):
    """No verifier has this name."""

    def __init__(self, name: str):
        super().__init__(f"no verifier {name!r}; there are: {', '.join([UNVERIFIED, *CLOSE_LOOKS])}")
        self.name = name


@dataclass(frozen=True)
class Approach:
    """One way to answer; what it names is not loaded."""

    do_not_call_in_templates = True

    name: str  # in URLs, forms and rows
    label: str  # what people read
    summary: str  # one English sentence for the picker
    paper: str
    methods: tuple[type[Method], ...]  # whose rankings are fused
    weights: tuple[float, ...]  # of each of them
    close_look: CloseLook | None
    features: type[Method] | None = None  # what finds the local features that the close look reads
    expansion: str = ""  # one of EXPANSIONS; "": none

    @property
    def describers(self) -> tuple[type[Method], ...]:
        """All that must describe a photo before it can be asked about or found."""
        more = () if self.features is None or self.features in self.methods else (self.features,)
        return (*self.methods, *more)

    @property
    def verifies(self) -> bool:
        return self.close_look is not None

    @property
    def checkpoint(self) -> Checkpoint:
        """The facts of all its weights together."""
        first, *others = self.describers
        verifier = self.close_look.name if self.close_look else ""
        own = verifier == first.verifier
        if not others and own:
            return first.checkpoint
        parts = [describer.checkpoint for describer in self.describers]
        by = f", verified by {self.close_look.label}" if self.close_look else ""
        return Checkpoint(
            name=" + ".join(part.name for part in parts) + f" by {verifier or UNVERIFIED}",
            architecture="; ".join(part.architecture for part in parts) + by,
            dimensions=sum(method.checkpoint.dimensions for method in self.methods),
            training_set=" | ".join(dict.fromkeys(part.training_set for part in parts)),
            licence="; ".join(dict.fromkeys(part.licence for part in parts)),
            paper=self.paper,
            files=tuple(file for part in parts for file in part.files),
        )

    def verified_by(self, name: str, *, among: Mapping[str, type[Method]]) -> Approach:
        """The same rankings under another verifier, or under UNVERIFIED none; raises UnknownVerifier."""
        if name == UNVERIFIED:
            return replace(self, close_look=None, features=None)
        if name not in CLOSE_LOOKS:
            raise UnknownVerifier(name)
        look = CLOSE_LOOKS[name]
        return replace(self, close_look=look, features=among[look.features])

    def load(self) -> Loaded:
        """With its weights, each method and network built once per process; raises MissingWeights, UnusableWeights."""
        return Loaded(
            self,
            {d.name: methods.load(d.name, checkpoint=d.checkpoint) for d in self.describers},
            self.close_look.load() if self.close_look else None,
        )


@dataclass(frozen=True)
class Loaded:
    """An approach ready to answer."""

    approach: Approach
    describers: Mapping[str, Method]
    verifier: Verifier | None

    def describe(self, image: np.ndarray, *, box: Box | None = None) -> dict[str, Description]:
        """By each of its describers, under its name."""
        return {name: describer.describe(image, box=box) for name, describer in self.describers.items()}


def available(among: Mapping[str, type[Method]] | None = None) -> dict[str, Approach]:
    """Every approach by name: the consensus, where all its methods are there, and each method by itself.

    among: the methods by name, each running the checkpoint that it should; by default the bundled ones.
    """
    among = methods.available() if among is None else among
    each = {method.name: alone(method, among=among) for method in among.values() if method.ranks}
    if not CONSENSUS_WEIGHTS.keys() <= each.keys():
        return each
    consensus = Approach(
        CONSENSUS,
        label="Consensus",
        summary="Asks all three methods, then compares the best photos closely, detail by detail; it best knows what it does not know.",
        paper="Cormack, Clarke & Büttcher, Reciprocal Rank Fusion, SIGIR 2009; "
        "Lindenberger et al., LightGlue, ICCV 2023.",
        methods=tuple(among[name] for name in CONSENSUS_WEIGHTS),
        weights=tuple(CONSENSUS_WEIGHTS.values()),
        close_look=None,
        expansion="believed",
    ).verified_by("lightglue", among=among)
    return {CONSENSUS: consensus, **each}


# Of the methods' rankings; chosen on the landmarks of the split `choose`.
CONSENSUS_WEIGHTS = {"cnn_irwnha": 1.0, "delf": 0.25, "sir": 0.1}


def alone(method: type[Method], *, among: Mapping[str, type[Method]] | None = None) -> Approach:
    """A method by itself, under the verifier that belongs to it."""
    among = {**methods.available(), method.name: method} if among is None else among
    approach = Approach(
        method.name, method.label, method.summary, method.paper, (method,), (1.0,), close_look=None
    )
    return approach.verified_by(method.verifier, among=among) if method.verifier else approach


def find(name: str, *, verifier: str = "", among: Mapping[str, type[Method]] | None = None) -> Approach:
    """The approach `name`, by its own verifier or another; raises UnknownMethod, UnknownVerifier."""
    among = methods.available() if among is None else among
    offered = available(among)
    if name not in offered:
        raise methods.UnknownMethod(name, known=offered)
    return offered[name].verified_by(verifier, among=among) if verifier else offered[name]
