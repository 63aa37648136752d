from pathlib import Path

import pytest

from retrieval.evaluation.datasets import Dataset, DatasetError, from_text_files
from retrieval.evaluation.metrics import CLASSIC, Truth
from retrieval.methods.base import Box

NAMES = ("all_souls_000013", "all_souls_000026", "radcliffe_000001", "radcliffe_000002", "worcester_000001")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """One query of Oxford5k's kind; the photos lie at two depths, and nobody reads them."""
    for number, name in enumerate(NAMES):
        photo = tmp_path / "photos" / ("deeper" if number % 2 else "") / f"{name}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.touch()
    folder = tmp_path / "truth"
    folder.mkdir()
    (folder / "all_souls_1_query.txt").write_text("oxc1_all_souls_000013 136.5 34.1 648.5 955.7\n")
    (folder / "all_souls_1_good.txt").write_text("all_souls_000013\n")
    (folder / "all_souls_1_ok.txt").write_text("all_souls_000026\n")
    (folder / "all_souls_1_junk.txt").write_text("radcliffe_000001\n")
    return folder


def read(truth: Path) -> Dataset:
    return from_text_files(truth, images=truth.parent / "photos", name="oxford5k")


def names(dataset: Dataset, indices: frozenset[int]) -> set[str]:
    return {dataset.images[index].stem for index in indices}


def test_a_query_is_its_photo_without_oxfords_prefix_and_its_box(truth: Path):
    dataset = read(truth)
    assert (dataset.name, dataset.setups, len(dataset.images)) == ("oxford5k", CLASSIC, 5)
    (query,) = dataset.queries
    assert query.path == truth.parent / "photos" / "all_souls_000013.jpg"
    assert query.box == Box(136, 34, 648, 956)
    assert dataset.cropped


def test_good_and_ok_are_positives_the_query_among_them_and_junk_is_junk(truth: Path):
    dataset = read(truth)
    (query,) = dataset.queries
    assert names(dataset, query.truth.ok) == {"all_souls_000013", "all_souls_000026"}
    assert names(dataset, query.truth.junk) == {"radcliffe_000001"}


def test_photos_listed_as_corrupt_are_left_out_of_the_database_and_the_truth(truth: Path):
    (truth / "corrupt.txt").write_text("radcliffe_000001.jpg\n")
    dataset = read(truth)
    assert len(dataset.images) == 4
    assert dataset.queries[0].truth == Truth(ok=dataset.queries[0].truth.ok)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("all_souls_1_ok.txt", "all_souls_999999", "1 photos are not in .*, the first all_souls_999999"),
        ("all_souls_1_query.txt", "oxc1_bodleian_000001 1 2 3 4", "its photo bodleian_000001 is not in"),
        ("all_souls_1_query.txt", "oxc1_all_souls_000013 1 2 3", "not a photo and the four numbers"),
        ("all_souls_1_query.txt", "oxc1_all_souls_000013 9 2 3 4", "has no area"),
        ("all_souls_1_query.txt", "", "not a photo and the four numbers"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_reason(truth: Path, file: str, text: str, reason: str):
    (truth / file).write_text(text)
    with pytest.raises(DatasetError, match=f"{file}: .*{reason}"):
        read(truth)


def test_a_missing_list_and_a_folder_without_queries_are_refused(truth: Path):
    (truth / "all_souls_1_junk.txt").unlink()
    with pytest.raises(DatasetError, match="all_souls_1_junk.txt"):
        read(truth)
    (truth / "all_souls_1_query.txt").unlink()
    with pytest.raises(DatasetError, match="no files NAME_query.txt"):
        read(truth)
