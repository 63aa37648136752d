import numpy as np
import pytest
from PIL import Image

from retrieval.evaluation.datasets import DatasetError
from retrieval.methods import engine, weights
from retrieval.methods.gem import MultiScaleGem, pool_scales
from retrieval.methods.whitening import l2
from retrieval.training.fine_tuning import describe, new_tail
from retrieval.training.maps import SMALL, VIEWS, Maps, altered
from tests.retrieval.methods.drawn import scene


@pytest.fixture
def seen(monkeypatch):
    """The pictures that the network was given; its map holds each cell's mean colours, forty times."""
    pictures = []

    def network(picture):
        pictures.append(picture)
        height, width = (side // 16 for side in picture.shape[:2])
        cells = picture[: height * 16, : width * 16].reshape(height, 16, width, 16, 3).mean((1, 3))
        return np.tile(cells.transpose(2, 0, 1), (40, 1, 1)).astype(np.float32)

    monkeypatch.setattr(weights, "find", lambda name: None)
    monkeypatch.setattr(engine, "build", lambda build, *, identity: network)
    return pictures


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "street.png"
    Image.fromarray(scene(3)).save(path)
    return path


def test_a_photo_has_a_map_for_each_of_the_methods_scales(seen, photo, tmp_path):
    maps = Maps(tmp_path / "maps").of(photo)
    assert [one.shape for one in maps] == [(120, 30, 40), (120, 22, 28), (120, 16, 20)]
    assert {one.dtype for one in maps} == {np.dtype(np.float16)}


def test_maps_are_computed_once_and_then_read(seen, photo, tmp_path):
    first = Maps(tmp_path / "maps").of(photo)
    assert len(seen) == 3
    again = Maps(tmp_path / "maps").of(photo)
    assert len(seen) == 3
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_the_same_photo_by_another_name_is_not_computed_again(seen, photo, tmp_path):
    copy = tmp_path / "copy.png"
    copy.write_bytes(photo.read_bytes())
    maps = Maps(tmp_path / "maps")
    maps.of(photo)
    maps.of(copy)
    assert len(seen) == 3


def test_a_seeds_altered_views_are_always_alike_and_differ_from_view_to_view(seen, photo, tmp_path):
    here, elsewhere = (
        [Maps(tmp_path / folder, seed=5).of(photo, view=view)[0] for view in range(VIEWS)]
        for folder in ("here", "elsewhere")
    )
    assert all(np.array_equal(one, other) for one, other in zip(here, elsewhere, strict=True))
    assert len({view.tobytes() for view in here}) == VIEWS


def test_another_seed_alters_otherwise_and_leaves_the_photo_itself(seen, photo, tmp_path):
    one, other = (Maps(tmp_path / "maps", seed=seed) for seed in (0, 1))
    assert np.array_equal(one.of(photo)[0], other.of(photo)[0])
    assert len(seen) == 3
    assert one.of(photo, view=1)[0].tobytes() != other.of(photo, view=1)[0].tobytes()


def test_a_photo_whose_maps_were_not_finished_is_computed_anew(seen, photo, tmp_path, monkeypatch):
    def stop(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(np, "savez", stop)
        with pytest.raises(KeyboardInterrupt):
            Maps(tmp_path / "maps").of(photo)
    assert len(Maps(tmp_path / "maps").of(photo)) == 3
    assert len(seen) == 6


def test_a_photo_that_cannot_be_read_is_named(seen, tmp_path):
    maps = Maps(tmp_path / "maps")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"broken\.jpg"):
        maps.of(tmp_path / "broken.jpg")
    with pytest.raises(DatasetError, match=r"gone\.jpg"):
        maps.of(tmp_path / "gone.jpg")


def test_an_altered_picture_keeps_its_sides_and_most_of_its_shape():
    ramp = np.tile(np.linspace(40, 215, 480)[None, :, None], (360, 1, 3)).astype(np.uint8)
    for seed in range(30):
        picture = altered(ramp, rng=np.random.default_rng(seed))
        height, width = picture.shape[:2]
        assert picture.dtype == np.uint8
        assert np.exp(-0.31) * 4 / 3 < width / height < np.exp(0.31) * 4 / 3
        assert picture[:, : width // 3].mean() < picture[:, -width // 3 :].mean()


def test_most_altered_pictures_are_small_as_the_web_keeps_them():
    longest = [max(altered(scene(1), rng=np.random.default_rng(seed)).shape) for seed in range(30)]
    assert 15 < sum(SMALL[0] <= side <= SMALL[1] for side in longest) <= 30


@pytest.mark.weights
def test_the_untrained_tail_makes_of_the_maps_what_the_method_makes_of_the_photo(photo, tmp_path):
    kept = Maps(tmp_path / "maps").of(photo)
    tail = new_tail()
    ours = l2(pool_scales([describe(tail, cells).detach().numpy() for cells in kept]))
    methods, _ = MultiScaleGem()(scene(3))
    assert ours @ methods == pytest.approx(1, abs=2e-3)
