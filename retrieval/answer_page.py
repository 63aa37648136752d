"""What the page of an answer says: the sentence of its verdict, what speaks for each place, what may help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from retrieval import methods
from retrieval.answering import approaches
from retrieval.ranking.hints import Code

from .found_photos import found_photos
from .hint_words import WORDS
from .models import LookAlike, Query, RankedPlace
from .models.queries import NAMED_AT_MOST

PLACES_AT_ONCE = 5
EVEN = 0.5  # the probability at which a place is as likely known as not
LIKELY_ENOUGH = 0.1  # a probability at which a place is named beside others
NAMED_WHERE_UNSURE = 3
COMPARED_FOR_LOOKS = 3  # places among which look-alikes are sought

Verdict = Query.Verdict


@dataclass(frozen=True)
class Hint:
    """What may help a search, in the reader's language, with a box to try: fractions of the photo, or None."""

    code: str
    text: str
    box: tuple[float, float, float, float] | None
    path: str = ""  # the box as SVG draws it, in pixels of the photo

    @property
    def edges(self) -> list[tuple[str, float]]:
        """The box as a form sends it."""
        return list(zip(("left", "top", "right", "bottom"), self.box or (), strict=False))


def label_of(name: str) -> str:
    """What people call a method; its bare name where it is no longer there."""
    approach = approaches.available().get(name)
    return _(approach.label) if approach else name


def stages(query: Query) -> list[tuple[str, str]]:
    """The stages of a search by its method, each with what people call it."""
    try:
        verifies = approaches.find(query.method, verifier=query.verifier).verifies
    except (methods.UnknownMethod, approaches.UnknownVerifier):  # of a method that was offered once
        verifies = True
    passed_over = set() if verifies else {Query.Stage.VERIFYING}
    return [(name, label) for name, label in Query.Stage.choices if name not in passed_over]


def answer(query: Query, *, wanted: Mapping[str, str]) -> dict:
    """What the templates show of a search that is done. wanted: which photos, as the page's address says it."""
    places, hits = query.weighed_places(), [hit for hit in query.hits.all() if hit.image.thumbnail]
    _name_methods(query, places)
    named = candidates(query, places)
    rest = [place for place in places if place not in named]
    nearest = PLACES_AT_ONCE - 1
    return {
        "best": places[0] if places else None,
        "candidates": named if query.verdict == Verdict.ONE_OF else [],
        "others": rest[:nearest],
        "others_start": len(named) + 1,
        "further_places": rest[nearest:],
        "found": found_photos(query, hits=hits, wanted=wanted),
        "sentence": sentence(query, places),
        "short": short(query, places),
        "hints": hints(query),
        "lookalikes": LookAlike.objects.between(of_best(places)) if len(places) > 1 else [],
        "views": views(query),
        "timings": [(label, query.seconds[name]) for name, label in stages(query) if name in query.seconds],
    }


def of_best(places: Sequence[RankedPlace]) -> list[int]:
    """The landmarks among which look-alikes are told apart."""
    return [place.landmark_id for place in places[:COMPARED_FOR_LOOKS]]


def candidates(query: Query, places: Sequence[RankedPlace]) -> list[RankedPlace]:
    """The places that the answer names; none where it says that the catalogue lacks the place."""
    if query.verdict == Verdict.UNKNOWN:
        return []
    if query.verdict == Verdict.ONE_OF:
        likely = [place for place in places if (place.probability or 0) >= LIKELY_ENOUGH]
        return likely[:NAMED_AT_MOST] if len(likely) > 1 else list(places[:NAMED_WHERE_UNSURE])
    return list(places[:1])


def sentence(query: Query, places: Sequence[RankedPlace]) -> str:
    """The answer as one sentence."""
    if query.verdict == Verdict.UNKNOWN:
        # The threshold that keeps strangers out may lie high: what is likelier known than not is not denied flatly. Nor
        # is anything while photos that might show it cannot be found yet.
        if (query.known or 0) >= EVEN or any(
            kept["code"] == Code.CATALOGUE_INCOMPLETE for kept in query.hints
        ):
            return _("We cannot be sure that our catalogue holds this place")
        return _("This place is not in our catalogue")
    named = [place.landmark.name for place in candidates(query, places)]
    if not named:
        return _("Nothing like it in our catalogue")
    if query.verdict == Verdict.IS:
        return _("This is {place}").format(place=named[0])
    if query.verdict == Verdict.ONE_OF:
        return _("It may be {places}").format(places=either(named))
    return _("Closest match: {place}").format(place=named[0])


def short(query: Query, places: Sequence[RankedPlace]) -> str:
    """The answer in as few words as a title or a list has room for."""
    if query.verdict == Verdict.UNKNOWN or not places:
        return _("Not in our catalogue")
    if query.verdict == Verdict.ONE_OF:
        return _("{places}?").format(places=either([p.landmark.name for p in candidates(query, places)]))
    return places[0].landmark.name


def either(names: Sequence[str]) -> str:
    """One of these: "X, Y or Z"."""
    if len(names) < 2:
        return "".join(names)
    return _("{others} or {last}").format(others=", ".join(names[:-1]), last=names[-1])


def likelihood(probability: float) -> str:
    """A probability in words."""
    for least, words in (
        (0.95, _("almost certain")),
        (0.8, _("very likely")),
        (0.5, _("likely")),
        (0.2, _("possible")),
    ):
        if probability >= least:
            return words
    return _("unlikely")


def hints(query: Query) -> list[Hint]:
    """What may help, the most helpful first; what this release has no words for is left out."""
    return [_hint(query, **kept) for kept in query.hints if kept["code"] in WORDS]


def _hint(query: Query, *, code: str, box: list[float] | None) -> Hint:
    if box is None:
        return Hint(code, str(WORDS[code]), None)
    left, right = (round(x * query.width) for x in box[::2])
    top, bottom = (round(y * query.height) for y in box[1::2])
    return Hint(code, str(WORDS[code]), tuple(box), f"M{left} {top}H{right}V{bottom}H{left}z")


def views(query: Query) -> list[Query]:
    """All photos of a search of several, the first one first, each with its `best` photo found; else none."""
    further = list(query.views.all())
    if not further:
        return []
    for view in (query, *further):
        view.best = next((hit for hit in view.hits.all() if hit.image.thumbnail), None)
    return [query, *further]


def _name_methods(query: Query, places: Sequence[RankedPlace]) -> None:
    """Give each place the `namers`, what people call the methods that name it, and of how many `asked`; and its
    `likelihood`."""
    try:
        asked = {m.name: m.label for m in approaches.find(query.method, verifier=query.verifier).methods}
    except (methods.UnknownMethod, approaches.UnknownVerifier):
        asked = {}
    for place in places:
        place.asked = len(asked)
        place.namers = [asked[name] for name in place.named_by if name in asked]
        place.likelihood = "" if place.probability is None else likelihood(place.probability)
