import csv

import pytest

from retrieval.evaluation.datasets import DatasetError
from retrieval.evaluation.splits import SPLITS
from retrieval.training.photos import Photos, read_photos
from tests.retrieval.evaluation.pictures import BLUE, GREEN, RED, draw


def table(path, *rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def folder(tmp_path):
    """Two photos of each of two places abroad; nothing says what kind of places they are."""
    for seed in range(4):
        draw(tmp_path / "abroad" / ("bridge" if seed < 2 else "tower") / f"{seed}.png", RED, seed=seed)
    return tmp_path / "abroad"


@pytest.fixture
def dealt(tmp_path):
    """Two photos of each of four landmarks that are dealt among the splits."""
    landmarks = ("citadel", "lake", "market", "pagoda")
    for seed, landmark in enumerate(landmarks * 2):
        draw(tmp_path / "here" / landmark / f"{seed}.png", BLUE if seed % 2 else GREEN, seed=seed)
    table(tmp_path / "here" / "landmarks.csv", ["landmark", "kind"], *([name, ""] for name in landmarks))
    return tmp_path / "here"


def test_of_a_folder_that_says_what_its_landmarks_are_only_the_splits_are_read(dealt):
    read = {split: set(read_photos([dealt], split=split).landmarks) for split in SPLITS}
    assert [len(read[split]) for split in ("train", "choose", "test")] == [2, 1, 1]
    assert set.union(*read.values()) == {"citadel", "lake", "market", "pagoda"}


def test_a_folder_that_does_not_say_so_counts_whole_whatever_the_split(dealt, folder):
    for split in SPLITS:
        photos = read_photos([dealt, folder], split=split)
        assert photos.landmarks[-4:] == ("bridge", "bridge", "tower", "tower")
        assert set(photos.landmarks[:-4]) == set(read_photos([dealt], split=split).landmarks)


def test_photos_come_in_the_order_in_which_their_folders_are_named(dealt, folder):
    one, other = read_photos([folder]), read_photos([dealt])
    assert read_photos([folder, dealt]).paths == one.paths + other.paths
    assert read_photos([dealt, folder]).paths == other.paths + one.paths
    assert len(read_photos([dealt, folder])) == 12


def test_near_duplicates_of_different_folders_are_never_of_one_group(dealt, folder):
    for root in (dealt, folder):
        twins = [path.relative_to(root) for path in sorted(root.glob("*/*.png"))[:2]]
        table(root / "images.csv", ["path", "near_duplicate_group"], *([twin, 1] for twin in twins))
    assert read_photos([dealt]).duplicate_groups == (0, 0, 1, 2, 3, 4, 5, 6)
    assert read_photos([folder]).duplicate_groups == (0, 0, 1, 2)
    assert read_photos([dealt, folder]).duplicate_groups == (0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9)


def test_a_folder_that_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(DatasetError, match="nowhere: no such folder"):
        read_photos([folder, tmp_path / "nowhere"])


def test_the_content_hash_is_of_bytes_and_places_not_of_where_they_lie(tmp_path):
    for name in ("here", "there", "other"):
        (tmp_path / name / "bridge").mkdir(parents=True)
        (tmp_path / name / "bridge" / "1.jpg").write_bytes(b"other" if name == "other" else b"same")

    def hash_of(folder: str, landmark: str = "bridge") -> str:
        return Photos((tmp_path / folder / "bridge" / "1.jpg",), (landmark,), (0,)).content_hash

    assert hash_of("here") == hash_of("there")
    assert len({hash_of("here"), hash_of("other"), hash_of("here", "lake")}) == 3
