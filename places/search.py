"""Places by words, as travellers type them: any accents or none, either language, old provinces, slips of the finger.

Every word must be met: by a name, a province of today or of before July 2025, the kind of place, or what is told of
it. PostgreSQL compares; the columns `words` and `about` hold names and descriptions without accents, and follow every
edit by themselves. There is no trigram index: it could serve a word that names the place, but not one that names the
place or its province or its kind, and the sights of a country are few enough to be read.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, reduce

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, Exists, F, FloatField, OuterRef, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat, Greatest, Lower
from django.utils import translation

from .models import Landmark, LandmarkImage, LandmarkQuerySet

LONGEST = 100  # letters of a text that are read
MOST_WORDS = 10

# What a word is worth where it is met, at most 1; a slip so much of how alike it is to a word that is met.
NAME, NAME_BEGINS, KIND, TOLD, SLIP = 1.0, 0.9, 0.7, 0.5, 0.8
FORMER, PROVINCE, PROVINCE_BEGINS = 0.8, 0.75, 0.7
LEAST_OF_A_WORD, LEAST_ON_AVERAGE = 0.36, 0.56  # below these it is another word, and another place
SHORTEST_SLIP = 3  # letters; of shorter words every other looks like a slip
# What is added where the words stand together, and for accents that are right.
WHOLE_NAME, OF_PROVINCE, NAME_OPENS, TOLD_TOGETHER, IN_A_ROW, ACCENTS = 1.0, 0.45, 0.4, 0.3, 0.2, 0.15

SAME = NAME + WHOLE_NAME  # the relevance from which what was typed is one of the names

ALIKE = 0.3  # what a name must share with a text to be proposed in its place
NEAR = 0.09  # degrees, some 10 km

NAMES = ("words", "former_province__words", "province__words")

# Words that tell no place from another, as long as others stand beside them.
_NOISE = re.compile(
    r"\b(?:the|of|in|at|near|and|city|province|vi[eệ]t ?nam|th[aà]nh ph[oố]|tp|t[iỉ]nh|ở|tại|gần|và)\b"
)
_SPELT = Lower(
    Concat(
        "name_vi",
        Value(" "),
        "name_en",
        Value(" "),
        Cast("other_names", TextField()),
        output_field=TextField(),
    )
)
_PICTURED = Exists(LandmarkImage.objects.published().filter(landmark=OuterRef("pk")))
# What people call a kind of place besides our labels for it.
_ALSO = {
    Landmark.Category.PAGODA: "temple wat",
    Landmark.Category.TEMPLE: "pagoda shrine",
    Landmark.Category.CHURCH: "cathedral basilica",
    Landmark.Category.TOMB: "mausoleum",
    Landmark.Category.STREET: "old town",
    Landmark.Category.THEATRE: "opera",
    Landmark.Category.CAVE: "grotto",
    Landmark.Category.WATERFALL: "falls",
    Landmark.Category.ISLAND: "islands archipelago",
    Landmark.Category.MOUNTAIN: "mount hill peak",
}


@dataclass(frozen=True)
class Word:
    """One word of a text: as it is typed, in small letters, and without its accents."""

    typed: str
    plain: str
    is_last: bool

    @property
    def whole(self) -> str:
        """The pattern of this very word."""
        return rf"\m{self.plain}\M"

    @property
    def begun(self) -> str:
        """The pattern of what may be meant: the beginning of a word, or several written as one ("sapa")."""
        if len(self.plain) < 3 and not self.is_last:
            return self.whole
        return rf"\m{_glued(self.plain) if len(self.plain) > 3 else self.plain}"


def search(text: str, *, among: LandmarkQuerySet | None = None) -> LandmarkQuerySet:
    """The places that a text may mean, each with its `relevance`, the likeliest first; none for a text of no words.

    Slips are forgiven only where nothing in the catalogue is spelt as it is typed.
    """
    everywhere = Landmark.objects.standing()
    words = _words(text)
    if not words:
        return everywhere.none()
    forgiving = not _search(text, words, among=everywhere, forgiving=False).exists()
    return _search(text, words, among=everywhere if among is None else among, forgiving=forgiving)


def _search(text: str, words: list[Word], *, among: LandmarkQuerySet, forgiving: bool) -> LandmarkQuerySet:
    worth = {f"word_{number}": _worth(word, forgiving=forgiving) for number, word in enumerate(words)}
    average = reduce(operator.add, map(F, worth)) / Value(float(len(words)))
    met = Q(**{f"{name}__gte": LEAST_OF_A_WORD for name in worth}, average__gte=LEAST_ON_AVERAGE)
    all_words = _words(text, with_noise=True)
    return (
        among.alias(**worth, spelt=_SPELT, pictured=_PICTURED)
        .alias(average=average)
        .filter(met | Q(about__regex=rf"\m{_phrase(words)}\M"))
        .annotate(relevance=F("average") + _together(all_words) + _accents(all_words))
        .order_by("-relevance", "-pictured", "slug")
    )


def named(text: str, *, among: LandmarkQuerySet | None = None) -> LandmarkQuerySet:
    """The places one of whose names holds the text as it is typed, accents or not."""
    among = Landmark.objects.standing() if among is None else among
    readings = _readings(text)
    return among.filter(words__regex=rf"\m({readings})\M") if readings else among.none()


def meant_by(text: str) -> LandmarkQuerySet:
    """The places that a text limits a search to: those of the provinces it names, else what it names and what is near.

    Where it names none as it is typed, those that `search` finds.
    """
    if not (readings := _readings(text)):
        return Landmark.objects.none()
    landmarks = Landmark.objects.standing()
    of_province = Q(province__words__regex=f";({readings});")
    of_province |= Q(former_province__words__regex=f";({readings});")
    if (within := landmarks.filter(of_province)).exists():
        return within
    if places := list(named(text)):
        return landmarks.filter(reduce(operator.or_, map(_around, places)))
    return search(text)


def alike(text: str, *, among: LandmarkQuerySet, most: int = 3) -> LandmarkQuerySet:
    """Places whose names are spelt most like a text that finds nothing."""
    phrase = _phrase(_words(text))
    likeness = TrigramWordSimilarity(phrase, "words")
    found = among.annotate(likeness=likeness).filter(likeness__gte=ALIKE)
    return found.order_by("-likeness", "slug")[:most] if phrase else Landmark.objects.none()


def _words(text: str, *, with_noise: bool = False) -> list[Word]:
    text = unicodedata.normalize("NFC", text[:LONGEST]).lower()
    said = text if with_noise else _NOISE.sub(" ", text)
    typed = re.findall(r"[^\W_]+", said) or re.findall(r"[^\W_]+", text)
    typed = typed[:MOST_WORDS]
    return [
        Word(word, plain, is_last=number == len(typed))
        for number, word in enumerate(typed, start=1)
        if (plain := _plain(word))
    ]


def _plain(word: str) -> str:
    """As the database's `plain_names` writes it."""
    letters = unicodedata.normalize("NFD", word.replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isalnum())


def plain(name: str) -> str:
    """A name as `words` holds it: without accents, in small letters, only a space between two words."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).lower())
    return " ".join(filter(None, map(_plain, words)))


def _phrase(words: list[Word]) -> str:
    return " ".join(word.plain for word in words)


def _glued(phrase: str) -> str:
    """The pattern of a phrase with its words written as one or apart: people write "Dalat", and "Sa pa"."""
    return " ?".join(phrase.replace(" ", ""))


def _readings(text: str) -> str:
    """The pattern of a text with and without what tells no place from another."""
    readings = {_glued(_phrase(_words(text, with_noise=noisy))) for noisy in (True, False)}
    return "|".join(sorted(readings - {""}))


def _worth(word: Word, *, forgiving: bool) -> Case:
    """How well one word is met by a landmark, 0..1."""
    begins_province = Q(former_province__words__regex=word.begun) | Q(province__words__regex=word.begun)
    met = [
        When(words__regex=word.whole, then=Value(NAME)),
        When(words__regex=word.begun, then=Value(NAME_BEGINS)),
        When(former_province__words__regex=word.whole, then=Value(FORMER)),
        When(province__words__regex=word.whole, then=Value(PROVINCE)),
        When(begins_province, then=Value(PROVINCE_BEGINS)),
        When(_kinds(word.plain), then=Value(KIND)),
        When(about__regex=word.whole, then=Value(TOLD)),
    ]
    slip: Combinable = Value(0.0)
    if forgiving and len(word.plain) >= SHORTEST_SLIP:
        likeness = [TrigramWordSimilarity(word.plain, names) for names in NAMES]
        slip = Value(SLIP) * Greatest(*likeness, output_field=FloatField())
    return Case(*met, default=slip, output_field=FloatField())


def _together(words: list[Word]) -> Case:
    """What is added for words that stand together."""
    phrase = _glued(_phrase(words))
    row = rf"\m{phrase}\M"
    return Case(
        When(words__regex=f";{phrase};", then=Value(WHOLE_NAME)),
        When(words__regex=rf";{phrase}\M", then=Value(NAME_OPENS)),
        When(Q(province__words__regex=row) | Q(former_province__words__regex=row), then=Value(OF_PROVINCE)),
        When(words__regex=row, then=Value(IN_A_ROW)),
        When(about__regex=row, then=Value(TOLD_TOGETHER)),
        default=Value(0.0),
        output_field=FloatField(),
    )


def _accents(words: list[Word]) -> Combinable:
    """What is added for words that a name spells with the very accents that were typed."""
    right = [
        Case(When(spelt__regex=rf"\m{word.typed}\M", then=Value(ACCENTS / len(words))), default=Value(0.0))
        for word in words
        if word.typed != word.plain
    ]
    return reduce(operator.add, right, Value(0.0))


def _around(landmark: Landmark) -> Q:
    """The place itself and those near it."""
    if landmark.latitude is None:
        return Q(pk=landmark.pk)
    north, east = landmark.latitude, landmark.longitude
    near = Q(latitude__range=(north - NEAR, north + NEAR), longitude__range=(east - NEAR, east + NEAR))
    return Q(pk=landmark.pk) | near


def _kinds(word: str) -> Q:
    """Of the kinds and the UNESCO titles that have the word among their names."""
    of_kind, of_title = _words_of_kinds()
    return Q(category__in=of_kind.get(word, ())) | Q(unesco__in=of_title.get(word, ()))


@cache
def _words_of_kinds() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Each word that names kinds of places, and those that name UNESCO titles, with what they name."""
    found: tuple[dict, dict] = {}, {}
    for named, choices in zip(found, (Landmark.Category, Landmark.Unesco), strict=True):
        for choice in choices:
            names = [_ALSO.get(choice, "")]
            for language in ("vi", "en"):
                with translation.override(language):
                    names.append(str(choice.label))
            for word in {word.plain for word in _words(" ".join(names))}:
                named.setdefault(word, []).append(choice.value)
    return found
