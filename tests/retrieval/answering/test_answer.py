"""The order of the stages, on a catalogue of made-up vectors."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from retrieval.answering import Answer, Label, answer, approaches
from retrieval.answering.approaches import EXPANSIONS, Approach, CloseLook, Loaded
from retrieval.answering.arrays import Arrays
from retrieval.methods.base import Checkpoint, Description, LocalFeatures, Method
from retrieval.ranking.confidence import Curve
from retrieval.ranking.signals import names
from retrieval.ranking.verification import AFFINE
from tests.retrieval.ranking.features import scattered, seen_from_elsewhere

CAVE, BRIDGE, TOWER, NOWHERE = 10, 20, 30, None
QUERY = 0.0  # its angle


class First(Method):
    name, label, summary, paper = "first", "First", "Made up.", "none"
    checkpoint = Checkpoint("first-1", "none", 2, "none", "MIT", "none")

    def describe(self, image, *, box=None) -> Description: ...


class Second(First):
    name = "second"


@dataclass(frozen=True)
class Shelf(Arrays):
    """A catalogue from which photos may have been withdrawn since their vectors were read."""

    withdrawn: frozenset[int] = field(default_factory=frozenset)

    def labels(self, images: Collection[int]) -> dict[int, Label]:
        return super().labels(set(images) - self.withdrawn)


def at_angles(*angles: float) -> np.ndarray:
    """Unit vectors, so that similarities are cosines of differences."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


def shelf(
    *photos: tuple[float, int | None],
    second: tuple[float, ...] | None = None,
    groups: tuple[int, ...] | None = None,
    local: tuple[LocalFeatures | None, ...] | None = None,
    withdrawn: Collection[int] = (),
) -> Shelf:
    """photos: the angle of each, and its landmark. second: their angles by another method."""
    angles = [angle for angle, _ in photos]
    return Shelf(
        {"first": at_angles(*angles), "second": at_angles(*(second or angles))},
        {"first": [one and one.to_bytes() for one in local or [None] * len(photos)]},
        [
            Label(landmark, group)
            for (_, landmark), group in zip(photos, groups or range(len(photos)), strict=True)
        ],
        withdrawn=frozenset(withdrawn),
    )


def made_up(*methods: type[Method], expansion: str = "", close_look: CloseLook | None = None) -> Loaded:
    methods = methods or (First,)
    weights = (1.0, 0.5)[: len(methods)]
    approach = Approach(
        "made-up", "Made up", "Made up.", "none", methods, weights, close_look, None, expansion
    )
    return Loaded(approach, {}, close_look.load() if close_look else None)


BY_DETAILS = CloseLook(
    "delf", "DELF", "first", depth=5, adaptive=True, load=lambda: replace(AFFINE, features="first")
)


def asked(
    catalogue: Shelf, approach: Loaded | None = None, *, local: LocalFeatures | None = None, **options
) -> Answer:
    [vector] = at_angles(QUERY)
    descriptions = {name: Description(vector, local) for name in ("first", "second")}
    return answer(descriptions, approach=approach or made_up(), catalogue=catalogue, **options)


def sure_of(
    signal: str, *, weight: float, constant: float = 0.0, verified: bool = False, methods=("first",)
) -> Curve:
    """A curve that looks at one signal alone."""
    columns = names(methods, verified=verified)
    weights = np.array([weight * (name == signal) for name in columns] + [constant])
    return Curve(columns, np.zeros(len(columns)), np.ones(len(columns)), weights)


def ids(found: Answer) -> list[int]:
    return [image.id for image in found.ranked]


def landmarks(found: Answer) -> list[int]:
    return [place.landmark for place in found.places]


STREET = shelf((0.1, CAVE), (0.9, BRIDGE), (0.2, CAVE), (0.5, BRIDGE), (1.4, TOWER))


def test_images_and_places_come_nearest_first():
    found = asked(STREET)
    assert ids(found) == [0, 2, 3, 1, 4]
    assert [image.similarity for image in found.ranked] == pytest.approx(
        np.cos([0.1, 0.2, 0.5, 0.9, 1.4]), abs=1e-6
    )
    assert landmarks(found) == [CAVE, BRIDGE, TOWER]
    assert [place.votes for place in found.places] == [2, 2, 1]
    assert found.labels.keys() == {0, 1, 2, 3, 4}


def test_without_a_curve_nothing_is_said_of_probability():
    found = asked(STREET)
    assert (found.known, found.verdict) == (None, "")
    assert {place.probability for place in found.places} == {None}


def test_near_duplicates_vote_once():
    photos = (0.1, CAVE), (0.2, CAVE), (0.3, CAVE), (0.4, BRIDGE)
    assert [place.votes for place in asked(shelf(*photos)).places] == [3, 1]
    copies = asked(shelf(*photos, groups=(7, 7, 7, 8)))
    assert [place.votes for place in copies.places] == [1, 1]
    assert ids(copies) == [0, 1, 2, 3]


@pytest.mark.parametrize("expansion", ["", *EXPANSIONS])
def test_withdrawn_images_are_in_no_ranking_and_speak_for_no_place(expansion: str):
    photos = (0.05, TOWER), (0.1, CAVE), (0.2, CAVE), (0.4, BRIDGE)
    found = asked(shelf(*photos, withdrawn=[0]), made_up(expansion=expansion))
    assert sorted(ids(found)) == [1, 2, 3]
    assert landmarks(found) == [CAVE, BRIDGE]
    assert 0 not in found.labels


def test_distractors_are_ranked_and_vote_for_nothing():
    found = asked(shelf((0.05, NOWHERE), (0.1, NOWHERE), (0.3, CAVE)))
    assert ids(found) == [0, 1, 2]
    assert [(place.landmark, place.votes, place.score) for place in found.places] == [(CAVE, 1, 1)]
    assert found.places[0].named_by == ("first",)


@pytest.mark.parametrize("approach", [made_up(), made_up(First, Second), made_up(close_look=BY_DETAILS)])
@pytest.mark.parametrize("expansion", ["", *EXPANSIONS])
def test_an_empty_catalogue_gives_no_places_and_knows_nothing(expansion: str, approach: Loaded):
    approach = replace(approach, approach=replace(approach.approach, expansion=expansion))
    for catalogue in (shelf(), shelf((0.1, CAVE), withdrawn=[0])):
        plain = asked(catalogue, approach, local=scattered(50, seed=1))
        assert (plain.ranked, plain.places, plain.known, plain.verdict) == ([], [], None, "")
        columns = names([m.name for m in approach.approach.methods], verified=approach.verifier is not None)
        curve = Curve(columns, np.zeros(len(columns)), np.ones(len(columns)), np.ones(len(columns) + 1))
        found = asked(catalogue, approach, local=scattered(50, seed=1), curve=curve)
        assert (found.ranked, found.places, found.known, found.verdict) == ([], [], 0, "unknown")
        assert found.signals.shape == (0, len(columns))


def test_only_distractors_give_no_places_and_an_unknown_place():
    found = asked(shelf((0.1, NOWHERE)), curve=sure_of("share of votes", weight=5))
    assert (ids(found), found.places, found.known, found.verdict) == ([0], [], 0, "unknown")


def test_places_are_ordered_by_their_probability_once_there_is_one():
    catalogue = shelf((0.1, CAVE), (0.12, BRIDGE), (0.14, BRIDGE), (0.16, BRIDGE), (1.0, TOWER))
    assert landmarks(asked(catalogue)) == [BRIDGE, CAVE, TOWER]
    found = asked(catalogue, curve=sure_of("similarity by first", weight=50, constant=-40))
    assert landmarks(found) == [CAVE, BRIDGE, TOWER]
    chances = [place.probability for place in found.places]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(found.known)
    assert found.known < 1
    # The rows of the signals follow their places.
    assert found.signals[:, 0] == pytest.approx([place.best_similarity for place in found.places])


def test_places_alike_in_probability_stay_in_the_order_of_their_votes():
    found = asked(STREET, curve=sure_of("box", weight=1))
    assert landmarks(found) == landmarks(asked(STREET))
    assert [place.probability for place in found.places] == pytest.approx([0.25] * 3)
    assert (found.known, found.verdict) == (pytest.approx(0.75), "one_of")


@pytest.mark.parametrize(("constant", "verdict"), [(9, "one_of"), (-9, "unknown")])
def test_the_verdict_is_the_curves(constant: float, verdict: str):
    assert asked(STREET, curve=sure_of("box", weight=1, constant=constant)).verdict == verdict
    alone = asked(shelf((0.1, CAVE)), curve=sure_of("box", weight=1, constant=constant))
    assert alone.verdict == ("is" if constant > 0 else "unknown")


@pytest.mark.parametrize("expansion", EXPANSIONS)
def test_the_confidence_is_the_same_with_and_without_expansion(expansion: str):
    dice = np.random.default_rng(3)
    photos = [(float(angle), int(place)) for angle, place in zip(dice.uniform(-1, 1, 60), dice.integers(0, 9, 60), strict=True)]  # fmt: skip
    curve = sure_of("similarity by first", weight=9, constant=-8)
    plain = asked(shelf(*photos), curve=curve)
    moved = asked(shelf(*photos), made_up(expansion=expansion), curve=curve)
    assert (moved.places, moved.known, moved.verdict) == (plain.places, plain.known, plain.verdict)
    assert np.array_equal(moved.signals, plain.signals)
    assert sorted(ids(moved)) == sorted(ids(plain))


def test_a_believed_place_draws_the_query_towards_its_images():
    catalogue = shelf((0.3, CAVE), (0.5, CAVE), (0.8, CAVE), (-0.6, BRIDGE))
    assert ids(asked(catalogue)) == [0, 1, 3, 2]
    curve = sure_of("similarity by first", weight=60, constant=-50)
    found = asked(catalogue, made_up(expansion="believed"), curve=curve)
    assert landmarks(found) == [CAVE, BRIDGE]
    assert ids(found) == [0, 1, 2, 3]


def test_where_no_place_is_believed_the_query_stays_where_it_is():
    catalogue = shelf((0.3, CAVE), (0.5, CAVE), (0.8, CAVE), (-0.6, BRIDGE))
    curve = sure_of("box", weight=1, constant=-60)
    assert ids(asked(catalogue, made_up(expansion="believed"), curve=curve)) == [0, 1, 3, 2]


def test_several_rankings_are_fused_and_say_which_of_them_name_a_place():
    catalogue = shelf((0.1, CAVE), (0.2, BRIDGE), (0.3, TOWER), second=(1.0, 0.1, 0.2))
    found = asked(catalogue, made_up(First, Second))
    most = 1.5 / 61
    assert [(image.id, image.similarity) for image in found.ranked] == [
        (0, pytest.approx((1 / 61 + 0.5 / 63) / most)),
        (1, pytest.approx((1 / 62 + 0.5 / 61) / most)),
        (2, pytest.approx((1 / 63 + 0.5 / 62) / most)),
    ]
    named = {place.landmark: place.named_by for place in found.places}
    assert named == {CAVE: ("first",), BRIDGE: ("second",), TOWER: ()}
    assert found.signals.shape == (3, len(names(["first", "second"], verified=False)))


def test_the_box_is_told_to_the_signals():
    assert asked(STREET, box=0.25).signals[:, -1] == pytest.approx([np.log(0.25)] * 3)


def test_the_stages_are_told_in_their_order():
    told: list[str] = []
    asked(STREET, tell=told.append)
    assert told == ["searching", "verifying", "voting"]


@pytest.mark.parametrize(("k", "images"), [(10, 100), (120, 120), (500, 150)])
def test_a_hundred_images_are_ranked_or_as_many_as_are_wanted(k: int, images: int):
    catalogue = shelf(*((n / 100, n % 7) for n in range(150)))
    assert len(asked(catalogue, k=k).ranked) == images
    assert len(asked(catalogue, made_up(expansion="believed"), k=k).ranked) == images


def test_no_more_than_ten_places_are_weighed():
    found = asked(shelf(*((n / 100, n) for n in range(40))))
    assert len(found.places) == len(found.signals) == 10


SEEN = scattered(200, seed=1)
SAME = seen_from_elsewhere(SEEN, linear=((0.7, 0.1), (-0.1, 0.7)), shift=(90, 60))
OTHERS = [scattered(200, seed=seed) for seed in (2, 3, 4)]


@pytest.fixture
def details() -> Shelf:
    """The photo of the same thing is the third by similarity; the last has no local features."""
    return shelf(
        (0.1, CAVE), (0.2, TOWER), (0.6, BRIDGE), (0.7, CAVE), (0.9, TOWER),
        local=(OTHERS[0], OTHERS[1], SAME, OTHERS[2], None),
    )  # fmt: skip


@pytest.mark.parametrize("expansion", ["", *EXPANSIONS])
def test_the_close_look_brings_the_same_thing_to_the_front_and_its_place_with_it(
    details: Shelf, expansion: str
):
    found = asked(details, made_up(close_look=BY_DETAILS, expansion=expansion), local=SEEN)
    assert ids(found)[0] == 2
    assert found.ranked[0].inliers > 150
    assert landmarks(found)[0] == BRIDGE
    assert found.places[0].best_inliers == found.ranked[0].inliers
    assert found.places[0].named_by == ()  # no ranking of its own puts it first
    assert found.signals.shape[1] == len(names(["first"], verified=True))


def test_once_an_answer_is_settled_the_rest_is_not_looked_at(details: Shelf):
    found = asked(details, made_up(close_look=BY_DETAILS), local=SEEN)
    assert {image.id for image in found.ranked if image.inliers is not None} == {0, 1, 2}
    every = asked(details, made_up(close_look=replace(BY_DETAILS, adaptive=False)), local=SEEN)
    assert {image.id for image in every.ranked if image.inliers is not None} == {0, 1, 2, 3}
    two = asked(details, made_up(close_look=replace(BY_DETAILS, depth=2)), local=SEEN)
    assert ids(two) == [0, 1, 2, 3, 4]
    assert {image.id for image in two.ranked if image.inliers is not None} == {0, 1}


def test_a_photo_without_local_features_is_answered_unverified(details: Shelf):
    found = asked(details, made_up(close_look=BY_DETAILS))
    assert ids(found) == [0, 1, 2, 3, 4]
    assert {image.inliers for image in found.ranked} == {None}
    assert found.signals.shape[1] == len(names(["first"], verified=True))


@pytest.mark.parametrize("verifier", ["", "none", "delf", "lightglue"])
@pytest.mark.parametrize("name", approaches.available())
def test_every_approach_measures_as_many_signals_as_it_names(quick_methods, name: str, verifier: str):
    loaded = approaches.find(name, verifier=verifier).load()
    pictures = np.random.default_rng(1).integers(0, 256, (3, 60, 80, 3), np.uint8)
    described = [loaded.describe(picture) for picture in pictures]
    catalogue = Arrays(
        {m.name: np.stack([one[m.name].vector for one in described]) for m in loaded.approach.methods},
        {d: [one[d].local and one[d].local.to_bytes() for one in described] for d in loaded.describers},
        [Label(place, place) for place in range(3)],
    )
    found = answer(described[1], approach=loaded, catalogue=catalogue)
    assert ids(found)[0] == landmarks(found)[0] == 1
    columns = names([m.name for m in loaded.approach.methods], verified=loaded.approach.verifies)
    assert found.signals.shape == (3, len(columns))
