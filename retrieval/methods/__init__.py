"""The registry of methods: every Method subclass of a module in this folder, found by looking."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from threading import RLock

from retrieval.methods.base import Method

# Holds networks, never a method, and needs torch to be imported: who only lists methods must not pay for it.
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
    modules = (
        import_module(f"{__name__}.{found.name}")
        for found in iter_modules(__path__)
        if found.name != _NETWORKS
    )
    classes = (value for module in modules for value in vars(module).values() if isinstance(value, type))
    return {cls.name: cls for cls in classes if issubclass(cls, Method) and cls is not Method}


def find(name: str) -> type[Method]:
    """The class of the method `name`, nothing loaded; raises UnknownMethod."""
    try:
        return available()[name]
    except KeyError:
        raise UnknownMethod(name) from None


def load(name: str) -> Method:
    """The method `name` with its weights, built once per process; raises UnknownMethod, MissingWeights."""
    with _loading:
        return _build(find(name))


@cache
def _build(method: type[Method]) -> Method:
    return method()
