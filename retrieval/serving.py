"""Which checkpoint of each method answers visitors: the bundled one, unless a row says another."""

from __future__ import annotations

from dataclasses import fields

from django.db import transaction

from retrieval import methods
from retrieval.methods.base import Checkpoint, Method, Pooling

from .models import ServableCheckpoint


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


def load(name: str) -> Method:
    """The same with its weights, built once per process; raises UnknownMethod, MissingWeights, UnusableWeights."""
    return methods.load(name, checkpoint=find(name).checkpoint)


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
