from pathlib import Path

import pytest

from retrieval.evaluation.datasets import DatasetError, from_folder, photos_in
from retrieval.evaluation.metrics import Truth
from retrieval.evaluation.splits import SPLITS, deal
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
    assert (dataset.left_out, dataset.outside) == (0, (visitors / "elsewhere" / "a.png",))
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


def test_a_place_that_overlaps_one_of_the_catalogue_is_no_stranger(folder: Path, tmp_path: Path):
    visitors = tmp_path / "visitors"
    draw(visitors / "lung_cu" / "a.png", BLUE, seed=9)
    draw(visitors / "part_of_hoi_an" / "a.png", BLUE, seed=10)
    (visitors / "images.csv").write_text(
        "path,landmark,overlaps_with\npart_of_hoi_an/a.png,part_of_hoi_an,hoi_an\n"
    )
    dataset = from_folder(folder, queries=visitors)
    assert (dataset.outside, dataset.left_out) == ((), 1)


# Parts of the landmarks


@pytest.fixture
def dealt(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Four landmarks of two photos, and the split that each is dealt to."""
    root = tmp_path / "dealt"
    for seed, name in enumerate("abcd"):
        for number in range(2):
            draw(root / name / f"{number}.png", RED, seed=10 * seed + number)
    (root / "images.csv").write_text(
        "path,near_duplicate_group\n"
        + "".join(f"{name}/{number}.png,{name}{number}\n" for name in "abcd" for number in (0, 1))
    )
    return root, deal(dict.fromkeys("abcd", ""), overlaps={})


def test_a_split_asks_and_searches_its_own_landmarks_alone(dealt: tuple[Path, dict[str, str]]):
    root, split_of = dealt
    for split in SPLITS:
        dataset = from_folder(root, split=split)
        expected = {name for name, its_split in split_of.items() if its_split == split}
        assert set(dataset.landmarks) == {query.landmark for query in dataset.queries} == expected
        assert (dataset.split, dataset.left_out) == (split, 0)
        for query in dataset.queries:
            (found,) = query.truth.ok
            assert dataset.images[found].parent == query.path.parent
            assert dataset.images[found] != query.path


def test_against_all_the_split_asks_and_every_landmark_is_searched(dealt: tuple[Path, dict[str, str]]):
    root, split_of = dealt
    dataset = from_folder(root, split="test", against_all=True)
    assert len(dataset.images) == 8
    assert [split_of[query.landmark or ""] for query in dataset.queries] == ["test", "test"]
    for query in dataset.queries:
        (junk,) = query.truth.junk
        assert dataset.images[junk] == query.path
    assert dataset.content_hash != from_folder(root, split="test").content_hash


def test_a_visitors_photo_of_another_split_neither_asks_nor_is_a_stranger(
    dealt: tuple[Path, dict[str, str]], tmp_path: Path
):
    root, _ = dealt
    visitors = tmp_path / "visitors"
    for name in (*"abcd", "elsewhere"):
        draw(visitors / name / "v.png", RED, seed=99)
    dataset = from_folder(root, queries=visitors, split="test")
    assert [query.landmark for query in dataset.queries] == ["c"]
    assert [path.parent.name for path in dataset.outside] == ["elsewhere"]


def test_kinds_and_overlaps_of_the_table_decide_the_split(dealt: tuple[Path, dict[str, str]]):
    root, _ = dealt
    (root / "landmarks.csv").write_text("landmark,kind,overlaps_with\na,scene,\nb,scene,a\nc,building,\n")
    overlapping = deal(
        {"a": "scene", "b": "scene", "c": "building", "d": ""}, overlaps={"a": {"b"}, "b": {"a"}}
    )
    assert overlapping["a"] == overlapping["b"] == "train"
    assert set(from_folder(root, split="train", against_all=True).landmarks) == set("abcd")
    asked = {query.landmark for query in from_folder(root, split="train").queries}
    # a and b are each other's junk, which takes no positive from either.
    assert asked == {name for name, split in overlapping.items() if split == "train"}


def test_an_unknown_split_is_refused(folder: Path):
    with pytest.raises(DatasetError, match="no split 'all'; there are: train, choose, test"):
        from_folder(folder, split="all")


def test_photos_are_found_however_deep_and_none_is_an_error(folder: Path, tmp_path: Path):
    assert len(photos_in(tmp_path)) == 8
    with pytest.raises(DatasetError, match="no photos"):
        photos_in(folder / "missing")


# The real ones


@pytest.mark.shared_data
def test_the_vietnamese_landmarks_load_with_visitors_as_queries(shared_data: Path):
    catalogue = shared_data / "vietnam-landmarks"
    assert len(from_folder(catalogue).queries) == 636
    dataset = from_folder(catalogue, queries=shared_data / "visitor-photos")
    assert len(dataset.queries) == 14 * 30
    assert len(dataset.outside) == 3 * 30
    assert (
        dataset.left_out == 30
    )  # the Golden Bridge, inside Ba Na Hills: neither a place asked for nor a stranger


@pytest.mark.shared_data
def test_the_stated_near_duplicates_are_those_found_by_looks(shared_data: Path, tmp_path: Path):
    for place in (shared_data / "vietnam-landmarks").iterdir():
        if place.is_dir():
            (tmp_path / place.name).symlink_to(place)
    stated, found = from_folder(shared_data / "vietnam-landmarks"), from_folder(tmp_path)
    assert found.duplicate_groups == stated.duplicate_groups
