from pathlib import Path

import pytest

from retrieval.evaluation.datasets import Dataset, DatasetError, QueryTruth, from_folder
from retrieval.evaluation.datasets.base import box_of
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth
from retrieval.methods.base import Box
from tests.retrieval.evaluation.pictures import BLUE, RED, draw


def asked(box: Box | None = None) -> QueryTruth:
    return QueryTruth(Path("q.jpg"), Truth(ok=frozenset({0})), box)


def test_one_query_with_a_box_makes_a_dataset_cropped():
    assert not Dataset("whole", (Path("a"),), (asked(),), CLASSIC).cropped
    assert Dataset("cropped", (Path("a"),), (asked(), asked(Box(0, 0, 2, 2))), CLASSIC).cropped


def test_medium_stands_for_the_three_setups():
    assert Dataset("graded", (), (), REVISITED).main_setup.name == "medium"
    assert Dataset("plain", (), (), CLASSIC).main_setup.name == "all"


def test_distractors_are_searched_and_show_no_place(tmp_path: Path):
    for seed, place in enumerate(["red", "red", "blue", "blue"]):
        draw(tmp_path / "places" / place / f"{seed}.png", RED if place == "red" else BLUE, seed=seed)
    before = from_folder(tmp_path / "places")
    after = before.with_distractors([draw(tmp_path / "more.png", RED, seed=9)])
    assert after.images == (*before.images, tmp_path / "more.png")
    assert after.landmarks == (*before.landmarks, "")
    assert after.duplicate_groups[-1] not in before.duplicate_groups
    assert after.queries == before.queries
    assert after.content_hash != before.content_hash
    assert after.name == "places + 1 distractors"


def test_photos_of_places_outside_are_part_of_the_contents(tmp_path: Path):
    photo = draw(tmp_path / "a.png", RED, seed=1)
    query = QueryTruth(photo, Truth(ok=frozenset({0})))
    assert (
        Dataset("d", (photo,), (query,), CLASSIC).content_hash
        != Dataset("d", (photo,), (query,), CLASSIC, outside=(photo,)).content_hash
    )


def test_a_box_is_read_to_the_nearest_pixel_and_has_an_area():
    assert box_of([1.4, 2.6, 30, 40]) == Box(1, 3, 30, 40)
    with pytest.raises(ValueError, match="no area"):
        box_of([5, 5, 5, 9])


def test_a_photo_that_is_gone_is_named(tmp_path: Path):
    with pytest.raises(DatasetError, match="gone.jpg"):
        _ = Dataset("d", (tmp_path / "gone.jpg",), (), CLASSIC).content_hash
