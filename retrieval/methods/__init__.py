"""The registry of methods: every Method subclass of a module in this folder, found by looking."""

from collections.abc import Collection
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from threading import Lock

from retrieval.methods import weights
from retrieval.methods.base import Checkpoint, Method

# Holds networks, never a method, and needs torch to be imported: who only lists methods must not pay for it.
_NETWORKS = {"aliked_network", "backbones", "lightglue_network", "pooling"}
# One for each class: a search waits for what it needs, not for all that another thread loads.
_loading: dict[type[Method], Lock] = {}


class UnknownMethod(LookupError):
    """No method has this name."""

    def __init__(self, name: str, *, known: Collection[str] | None = None):
        names = ", ".join(sorted(available() if known is None else known))
        super().__init__(f"no method {name!r}; there are: {names}")
        self.name = name


@cache
def available() -> dict[str, type[Method]]:
    """Every method by name, without building one: no weights are read and no network library is imported."""
    modules = (
        import_module(f"{__name__}.{found.name}")
        for found in iter_modules(__path__)
        if found.name not in _NETWORKS
    )
    classes = (value for module in modules for value in vars(module).values() if isinstance(value, type))
    return {cls.name: cls for cls in classes if issubclass(cls, Method) and cls is not Method}


class UnknownCheckpoint(LookupError):
    """A method has no checkpoint of this name."""

    def __init__(self, name: str, method: type[Method]):
        known = ", ".join(one.name for one in (method.checkpoint, *method.official))
        super().__init__(f"{method.label} has no checkpoint {name!r}; there are: {known}")
        self.name = name


def find(name: str, *, checkpoint: str | Checkpoint | None = None) -> type[Method]:
    """The class of the method `name`, nothing loaded; raises UnknownMethod, UnknownCheckpoint.

    checkpoint: the name of one of its official ones or of weights learned here ("cnn_irwnha-" and sixteen
    digits), or the facts of any; None is the bundled one.
    """
    try:
        method = available()[name]
    except KeyError:
        raise UnknownMethod(name) from None
    if isinstance(checkpoint, str):
        known = {one.name: one for one in (method.checkpoint, *method.official)}
        if checkpoint in known:
            checkpoint = known[checkpoint]
        elif weights.is_learned(checkpoint) and checkpoint.startswith(f"{name}-"):
            checkpoint = method.with_learned(checkpoint)
        else:
            raise UnknownCheckpoint(checkpoint, method)
    return method.running(checkpoint) if checkpoint else method


def load(name: str, *, checkpoint: str | Checkpoint | None = None) -> Method:
    """The method `name` with its weights, built once per process and checkpoint.

    Raises UnknownMethod, UnknownCheckpoint, MissingWeights, UnusableWeights.
    """
    method = find(name, checkpoint=checkpoint)
    with _loading.setdefault(method, Lock()):
        return _build(method)


@cache
def _build(method: type[Method]) -> Method:
    return method()
