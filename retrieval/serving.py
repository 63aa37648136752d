"""Which checkpoint of each method answers visitors: the bundled one, unless a row says another."""

from __future__ import annotations

import logging
from dataclasses import fields

from django.db import transaction

from retrieval import methods
from retrieval.answering import approaches, bundled
from retrieval.answering.approaches import Approach
from retrieval.answering.bundled import Calibrated
from retrieval.methods.base import Checkpoint, Method, Pooling
from retrieval.methods.weights import MissingWeights, UnusableWeights
from retrieval.ranking.confidence import Curve

from .models import Calibration, ServableCheckpoint

logger = logging.getLogger(__name__)


def available() -> dict[str, type[Method]]:
    """Every method by name, running the checkpoint that serves; nothing is loaded."""
    others = {row.method: row for row in ServableCheckpoint.objects.filter(serving=True)}
    return {
        name: method.running(checkpoint_of(others[name])) if name in others else method
        for name, method in methods.available().items()
    }


def find(name: str) -> type[Method]:
    """The method `name`, running the checkpoint that serves; raises UnknownMethod."""
    return available().get(name) or methods.find(name)


def offered() -> dict[str, Approach]:
    """Every way to answer by name, the consensus first, running the checkpoints that serve."""
    return approaches.available(available())


def approach(name: str, *, verifier: str = "") -> Approach:
    """One of them, by its own verifier or another; raises UnknownMethod, UnknownVerifier."""
    return approaches.find(name, verifier=verifier, among=available())


def calibrated(approach: Approach) -> Calibrated | None:
    """How sure an approach may be: as it was calibrated here, else as it came with the project, else None."""
    version = approach.checkpoint.name
    if row := Calibration.objects.filter(method=approach.name, version=version).first():
        return Calibrated(row.method, row.version, Curve.from_json(row.curve), row.figures, row.learned_from)
    return bundled.calibrations().get((approach.name, version))


def load(name: str) -> Method:
    """The same with its weights, built once per process; raises UnknownMethod, MissingWeights, UnusableWeights."""
    return methods.load(name, checkpoint=find(name).checkpoint)


def load_offered() -> None:
    """Load all that answers, so that no search of this process waits for it; what cannot be is said by its first search."""
    for approach in offered().values():
        try:
            approach.load()
        except (MissingWeights, UnusableWeights) as error:
            logger.warning("%s is not loaded: %s", approach.name, error)


def checkpoint_of(row: ServableCheckpoint) -> Checkpoint:
    """The facts that a row keeps; one that Checkpoint has no longer is passed over."""
    known = {field.name for field in fields(Checkpoint)}
    facts = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.facts.items()
        if name in known
    }
    if facts.get("pooling"):
        facts["pooling"] = Pooling(**facts["pooling"])
    return Checkpoint(**facts)


@transaction.atomic
def serve(row: ServableCheckpoint) -> None:
    """Answer by this checkpoint from the next search on."""
    serve_bundled(row.method)
    ServableCheckpoint.objects.filter(pk=row.pk).update(serving=True)


def serve_bundled(method: str) -> None:
    """Go back to the checkpoint that came with the project; what another described stays for another day."""
    ServableCheckpoint.objects.filter(method=method, serving=True).update(serving=False)
