"""Which landmarks to learn on, which to choose on and which to report on: never the same ones."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping

# Half to learn on, a quarter to choose on, a quarter to report on.
SPLITS = ("train", "choose", "test")
_DEAL = ("train", "test", "train", "choose")


def deal(kinds: Mapping[str, str], *, overlaps: Mapping[str, set[str]]) -> dict[str, str]:
    """Landmark -> its split, the same on every machine.

    kinds: landmark -> what it is ("building", "scene", or "" for all), so that each split holds some of each.
    overlaps: landmark -> landmarks that show the same ground; they go together, lest a test see what was
    learned. Within a kind the order is that of SHA-256, which favours no one.
    """
    by_kind: dict[str, list[list[str]]] = defaultdict(list)
    for together in _connected(kinds, overlaps):
        by_kind[kinds[together[0]]].append(together)
    ordered = [
        together
        for kind in sorted(by_kind)
        for together in sorted(by_kind[kind], key=lambda names: hashlib.sha256(names[0].encode()).hexdigest())
    ]
    return {name: _DEAL[turn % len(_DEAL)] for turn, together in enumerate(ordered) for name in together}


def _connected(kinds: Mapping[str, str], overlaps: Mapping[str, set[str]]) -> list[list[str]]:
    """The landmarks in groups that overlap, directly or through others, each sorted."""
    groups, seen = [], set[str]()
    for name in sorted(kinds):
        if name not in seen:
            group, to_visit = {name}, [name]
            while to_visit:
                beside = overlaps.get(to_visit.pop(), set()) & kinds.keys() - group
                group |= beside
                to_visit += beside
            seen |= group
            groups.append(sorted(group))
    return groups
