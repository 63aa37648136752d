"""The photos found, as a page lays them out: by place, near-duplicates folded, some at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from places.models import Landmark

from .forms import FoundForm
from .models import Hit, Query

PHOTOS_AT_ONCE = 12
PHOTOS_OF_A_PLACE = 4  # before the others of the same place are folded


@dataclass(frozen=True)
class Found:
    """A photo, and those found that are nearly the same."""

    hit: Hit
    alike: tuple[Hit, ...]


@dataclass(frozen=True)
class OfPlace:
    """The photos of one place, the best first."""

    landmark: Landmark
    photos: tuple[Found, ...]

    @property
    def first(self) -> tuple[Found, ...]:
        return self.photos[:PHOTOS_OF_A_PLACE]

    @property
    def further(self) -> tuple[Found, ...]:
        return self.photos[PHOTOS_OF_A_PLACE:]


@dataclass(frozen=True)
class Part:
    """The places that appear at once, `number` from 1, and the address that shows the next part too, if any."""

    number: int
    places: tuple[OfPlace, ...]
    more: str  # the query of the address; "" where this is the last part or the next is there already
    remaining: int  # photos of places in later parts


@dataclass(frozen=True)
class FoundPhotos:
    """All of them: in parts of whole places, what they may be chosen by, and how many are gone."""

    form: FoundForm
    parts: tuple[Part, ...]
    chosen: int
    total: int
    withdrawn: int  # of those that the answer once held

    @property
    def is_narrowed(self) -> bool:
        return bool(self.form.wanted)


def found_photos(query: Query, *, hits: Sequence[Hit], wanted: Mapping[str, str]) -> FoundPhotos:
    """What is shown of these hits, the best first. wanted: the address's parameters."""
    form = FoundForm(wanted, hits=hits)
    chosen = form.chosen()
    parts = list(in_parts(by_place(chosen)))
    shown = min(_number(wanted.get("shown", "")), max(len(parts), 1))
    counts = [sum(len(place.photos) for place in part) for part in parts]
    return FoundPhotos(
        form=form,
        parts=tuple(
            Part(
                number=number,
                places=part,
                more=urlencode({**form.wanted, "shown": number + 1}) if shown == number < len(parts) else "",
                remaining=sum(counts[number:]),
            )
            for number, part in enumerate(islice(parts, shown), start=1)
        ),
        chosen=len(chosen),
        total=len(hits),
        withdrawn=max([query.found, *(hit.rank + 1 for hit in hits)]) - len(hits),
    )


def _number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def by_place(hits: Iterable[Hit]) -> list[OfPlace]:
    """The photos grouped, the place of the best first; of near-duplicates the best stands for the others."""
    places: dict[Landmark, dict[int, list[Hit]]] = {}
    for hit in hits:
        groups = places.setdefault(hit.image.landmark, {})
        groups.setdefault(hit.image.group, []).append(hit)
    return [
        OfPlace(landmark, tuple(Found(first, tuple(alike)) for first, *alike in groups.values()))
        for landmark, groups in places.items()
    ]


def in_parts(places: Iterable[OfPlace]) -> Iterable[tuple[OfPlace, ...]]:
    """Whole places, until PHOTOS_AT_ONCE stand open."""
    part: list[OfPlace] = []
    for place in places:
        part.append(place)
        if sum(len(each.first) for each in part) >= PHOTOS_AT_ONCE:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)
