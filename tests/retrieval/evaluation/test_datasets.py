import json
import pickle
import re
from pathlib import Path

import pytest

from retrieval.evaluation.datasets import DatasetError, from_folder, from_json
from retrieval.evaluation.metrics import CLASSIC, REVISITED, Truth
from retrieval.methods.base import Box
from tests.retrieval.evaluation.pictures import BLUE, GREEN, RED, draw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images 0-2 of chua-cau, 3-4 of hoi-an that overlaps it, 5-6 of lung-cu, 7 of a place with one photo."""
    root = tmp_path / "places"
    seed = 0
    for name, count, colour in (
        ("chua_cau", 3, RED),
        ("hoi_an", 2, GREEN),
        ("lung_cu", 2, BLUE),
        ("once", 1, RED),
    ):
        for number in range(count):
            draw(root / name / f"{number}.png", colour, seed=(seed := seed + 1))
    (root / "landmarks.csv").write_text("landmark,overlaps_with\nchua_cau,hoi_an\nlung_cu,\n")
    (root / "images.csv").write_text(
        "path,near_duplicate_group\nchua_cau/0.png,1\nchua_cau/1.png,1\nchua_cau/2.png,2\nlung_cu/0.png,3\n"
    )
    return root


def truth_of(root: Path, query: str, **options: Path) -> Truth:
    return {str(q.path.relative_to(root)): q.truth for q in from_folder(root, **options).queries}[query]


# Folders


def test_every_photo_asks_for_the_others_of_its_landmark(folder: Path):
    assert truth_of(folder, "lung_cu/0.png") == Truth(ok=frozenset({6}), junk=frozenset({5}))


def test_near_duplicates_and_overlapping_landmarks_are_junk(folder: Path):
    assert truth_of(folder, "chua_cau/0.png") == Truth(ok=frozenset({2}), junk=frozenset({0, 1, 3, 4}))


def test_an_overlap_told_once_holds_both_ways(folder: Path):
    assert truth_of(folder, "hoi_an/0.png") == Truth(ok=frozenset({4}), junk=frozenset({0, 1, 2, 3}))


def test_a_landmark_of_one_photo_asks_nothing_and_is_counted(folder: Path):
    dataset = from_folder(folder)
    assert len(dataset.images) == 8
    assert len(dataset.queries) == 7
    assert dataset.left_out == 1


def test_landmarks_are_slugs_and_an_images_csv_may_name_them(folder: Path):
    assert set(from_folder(folder).landmarks) == {"chua-cau", "hoi-an", "lung-cu", "once"}
    (folder / "images.csv").write_text("path,landmark\nonce/0.png,lung_cu\n")
    assert from_folder(folder).left_out == 0


def test_without_stated_groups_near_duplicates_are_found_by_looks(folder: Path):
    (folder / "images.csv").unlink()
    (folder / "lung_cu" / "copy.png").write_bytes((folder / "lung_cu" / "0.png").read_bytes())
    assert truth_of(folder, "lung_cu/0.png") == Truth(ok=frozenset({6}), junk=frozenset({5, 7}))


def test_another_folders_photos_ask_those_of_known_landmarks_only(folder: Path, tmp_path: Path):
    visitors = tmp_path / "visitors"
    for name in ("lung_cu", "hoi_an", "elsewhere"):
        draw(visitors / name / "a.png", BLUE, seed=9)
    dataset = from_folder(folder, queries=visitors)
    assert dataset.name == "visitors in places"
    assert dataset.left_out == 1
    truths = {query.landmark: query.truth for query in dataset.queries}
    assert truths == {
        "lung-cu": Truth(ok=frozenset({5, 6})),
        "hoi-an": Truth(ok=frozenset({3, 4}), junk=frozenset({0, 1, 2})),
    }


def test_overlaps_told_beside_the_queries_count_too(folder: Path, tmp_path: Path):
    visitors = tmp_path / "visitors"
    draw(visitors / "lung_cu" / "a.png", BLUE, seed=9)
    (visitors / "images.csv").write_text("path,landmark,overlaps_with\nlung_cu/a.png,lung_cu,once\n")
    assert from_folder(folder, queries=visitors).queries[0].truth.junk == {7}


def test_a_changed_photo_or_truth_changes_the_content_hash(folder: Path):
    first = from_folder(folder).content_hash
    assert from_folder(folder).content_hash == first
    (folder / "landmarks.csv").unlink()
    second = from_folder(folder).content_hash
    draw(folder / "lung_cu" / "0.png", GREEN, seed=77)
    assert len({first, second, from_folder(folder).content_hash}) == 3


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("images.csv", "path\nlung_cu/none.png\n", "1 photos missing, the first .*none.png"),
        ("images.csv", "file\nlung_cu/0.png\n", "no column path"),
        ("landmarks.csv", "name\nlung_cu\n", "no column landmark"),
    ],
)
def test_a_wrong_table_is_refused_with_its_name_and_reason(folder: Path, file: str, text: str, reason: str):
    (folder / file).write_text(text)
    with pytest.raises(DatasetError, match=f"{file}: {reason}"):
        from_folder(folder)


def test_a_table_in_another_encoding_is_refused(folder: Path):
    (folder / "landmarks.csv").write_bytes("landmark\nchùa\n".encode("utf-16"))
    with pytest.raises(DatasetError, match="landmarks.csv"):
        from_folder(folder)


def test_a_missing_and_an_empty_folder_are_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="no such folder"):
        from_folder(tmp_path / "none")
    with pytest.raises(DatasetError, match="no photos"):
        from_folder(tmp_path)


def test_queries_of_unknown_landmarks_alone_are_refused(folder: Path, tmp_path: Path):
    draw(tmp_path / "visitors" / "elsewhere" / "a.png", BLUE, seed=9)
    with pytest.raises(DatasetError, match="no photo has another of its landmark"):
        from_folder(folder, queries=tmp_path / "visitors")


# Ground-truth files

PLAIN = {
    "imlist": ["a", "b.png"],
    "qimlist": ["q"],
    "gnd": [{"bbx": [1.4, 2.6, 30, 40], "ok": [0], "junk": [1]}],
}


def write(path: Path, content: object) -> Path:
    path.write_bytes(pickle.dumps(content) if path.suffix == ".pkl" else json.dumps(content).encode())
    return path


@pytest.mark.parametrize("suffix", [".json", ".pkl"])
def test_a_ground_truth_gives_its_images_queries_and_boxes(tmp_path: Path, suffix: str):
    dataset = from_json(write(tmp_path / f"gnd{suffix}", PLAIN), images=Path("photos"))
    assert dataset.images == (Path("photos/a.jpg"), Path("photos/b.png"))
    assert dataset.setups == CLASSIC
    (query,) = dataset.queries
    assert query.path == Path("photos/q.jpg")
    assert query.box == Box(1, 3, 30, 40)
    assert query.truth == Truth(ok=frozenset({0}), junk=frozenset({1}))


def test_graded_truth_brings_the_revisited_setups(tmp_path: Path):
    graded = PLAIN | {"gnd": [{"easy": [0], "hard": [1], "junk": []}]}
    dataset = from_json(write(tmp_path / "gnd.json", graded), images=tmp_path)
    assert dataset.setups == REVISITED
    assert dataset.queries[0].box is None
    assert dataset.queries[0].truth == Truth(easy=frozenset({0}), hard=frozenset({1}))


def test_the_good_of_oxford5k_are_positives_too(tmp_path: Path):
    content = PLAIN | {"gnd": [{"good": [0], "ok": [1], "junk": []}]}
    dataset = from_json(write(tmp_path / "gnd.json", content), images=tmp_path)
    assert dataset.queries[0].truth.ok == {0, 1}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        PLAIN | {"imlist": None},
        PLAIN | {"qimlist": ["q", "r"]},
        PLAIN | {"gnd": [7]},
        PLAIN | {"gnd": [{"ok": [2]}]},
        PLAIN | {"gnd": [{"ok": [-1]}]},
        PLAIN | {"gnd": [{"ok": ["first"]}]},
        PLAIN | {"gnd": [{"ok": [0], "bbx": [1, 2, 3]}]},
        PLAIN | {"gnd": [{"ok": [0], "bbx": [9, 9, 9, 20]}]},
        PLAIN | {"qimlist": [], "gnd": []},
    ],
    ids=lambda content: str(content)[-50:],
)
def test_a_ground_truth_that_does_not_fit_together_is_refused(tmp_path: Path, content: object):
    with pytest.raises(DatasetError, match=re.escape(str(tmp_path / "gnd.json"))):
        from_json(write(tmp_path / "gnd.json", content), images=tmp_path)


@pytest.mark.parametrize(("name", "data"), [("gnd.json", b"{"), ("gnd.pkl", b"\x80\x03}q"), ("gnd.pkl", b"")])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, data: bytes):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match="not a readable ground truth"):
        from_json(tmp_path / name, images=tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="No such file"):
        from_json(tmp_path / "gnd.json", images=tmp_path)


def test_a_pickle_that_would_run_code_is_refused_before_it_does(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    with pytest.raises(DatasetError, match="only plain lists and numbers"):
        from_json(write(tmp_path / "gnd.pkl", Trap()), images=tmp_path)
    assert not (tmp_path / "sprung").exists()


# The real ones


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "images"), [("roxford5k", 4993), ("rparis6k", 6322)])
def test_the_official_ground_truths_load(shared_data: Path, name: str, images: int):
    dataset = from_json(shared_data / f"gnd_{name}.pkl", images=shared_data)
    assert len(dataset.images) == images
    assert len(dataset.queries) == 70
    assert dataset.setups == REVISITED
    assert all(query.box is not None for query in dataset.queries)


@pytest.mark.shared_data
def test_the_vietnamese_landmarks_load_with_visitors_as_queries(shared_data: Path):
    catalogue = shared_data / "vietnam-landmarks"
    assert len(from_folder(catalogue).queries) == 636
    dataset = from_folder(catalogue, queries=shared_data / "visitor-photos")
    assert len(dataset.queries) == 14 * 30
    assert dataset.left_out == 4 * 30


@pytest.mark.shared_data
def test_the_stated_near_duplicates_are_those_found_by_looks(shared_data: Path, tmp_path: Path):
    for place in (shared_data / "vietnam-landmarks").iterdir():
        if place.is_dir():
            (tmp_path / place.name).symlink_to(place)
    stated, found = from_folder(shared_data / "vietnam-landmarks"), from_folder(tmp_path)
    assert found.duplicate_groups == stated.duplicate_groups
