"""How a command's user names an approach: NAME, perhaps =CHECKPOINT, perhaps +VERIFIER."""

from collections.abc import Mapping, Sequence

from retrieval import methods
from retrieval.answering import approaches
from retrieval.answering.approaches import Approach
from retrieval.methods import UnknownCheckpoint
from retrieval.methods.base import Method

HELP = (
    "names, by default all; after = another checkpoint than the bundled one, after + another verifier "
    f"({', '.join([approaches.UNVERIFIED, *approaches.CLOSE_LOOKS])})"
)


def approach(asked: str, *, among: Mapping[str, type[Method]] | None = None) -> Approach:
    """The approach that is meant, nothing loaded.

    among: the methods by name, each running the checkpoint that it should; by default the bundled ones. A method may be named by its file too ("gem"). The checkpoint is taken by the one of the approach's methods
    that knows it. Raises UnknownMethod, UnknownCheckpoint, UnknownVerifier, MissingWeights.
    """
    name, _, verifier = asked.partition("+")
    name, _, checkpoint = name.partition("=")
    files = {each.__module__.rpartition(".")[2]: each.name for each in methods.available().values()}
    name = files.get(name, name)
    among = methods.available() if among is None else among
    if checkpoint:
        among = {**among, **_running(checkpoint, approaches.find(name, among=among).methods)}
    return approaches.find(name, verifier=verifier, among=among)


def _running(checkpoint: str, candidates: Sequence[type[Method]]) -> Mapping[str, type[Method]]:
    unknown = None
    for method in candidates:
        try:
            return {method.name: methods.find(method.name, checkpoint=checkpoint)}
        except UnknownCheckpoint as error:
            unknown = unknown or error
    assert unknown is not None
    raise unknown


def several(asked: Sequence[str] | None) -> list[str]:
    """The names given, whether apart or joined by commas; all that are offered where none is."""
    return [name for part in asked or [] for name in part.split(",") if name] or list(approaches.available())
