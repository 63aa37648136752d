"""The registry of methods: every Method subclass of a module in this folder, found by looking."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock

from retrieval.methods.base import Method

# Holds networks, never a method, and needs torch to be imported: a process that only lists methods must not pay for it.
_NETWORKS = "backbones"
_loading = RLock()


class UnknownMethod(LookupError):
    """No method has this name."""

    def __init__(self, name: str):
        super().__init__(f"no method {name!r}; there are: {', '.join(sorted(available()))}")
        self.name = name


@cache
def available() -> dict[str, type[Method]]:
    """Every method by name, without building one: no weights are read and no network library is imported."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__) if found.name != _NETWORKS)
    classes = (value for module in modules for value in vars(module).values() if isinstance(value, type))
    return {cls.name: cls for cls in classes if issubclass(cls, Method) and cls is not Method}


def load(name: str) -> Method:
    """The method `name` with its weights, built at the first call of a process and kept; raises UnknownMethod, MissingWeights."""
    if name not in available():
        raise UnknownMethod(name)
    with _loading:
        return _build(name)


@cache
def _build(name: str) -> Method:
    return available()[name]()
