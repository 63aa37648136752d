import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from retrieval.evaluation.datasets.plain_pickle import UnsafePickle, load_plain


def pickled(path: Path, content: object, protocol: int = pickle.DEFAULT_PROTOCOL) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_containers_numbers_and_arrays_are_read_whatever_the_protocol(tmp_path: Path, protocol: int):
    content = {"list": [1, 2.5, "Hu\u1ebf", None, b"x"], "array": np.arange(4), "number": np.float32(2)}
    read = load_plain(pickled(tmp_path / "a.pkl", content, protocol))
    assert read["list"] == content["list"]
    assert read["array"].tolist() == [0, 1, 2, 3]
    assert read["number"] == 2


def test_a_pickle_of_python_2_with_its_byte_strings_is_read(tmp_path: Path):
    (tmp_path / "old.pkl").write_bytes(b"(dp0\nS'imlist'\np1\n(lp2\nS'all_souls_000013'\np3\nas.")
    assert load_plain(tmp_path / "old.pkl") == {"imlist": ["all_souls_000013"]}


class Runs:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "content",
    [
        Runs(os.system, ("true",)),
        Runs(eval, ("1",)),
        Runs(getattr, (1, "real")),
        Runs(np.load, ("a.npy",)),
        OrderedDict(),
        np.array([{}], dtype=object),
        np.dtype,
    ],
    ids=["system", "eval", "getattr", "numpy.load", "another container", "objects", "a class"],
)
def test_whatever_else_a_pickle_asks_for_is_refused(tmp_path: Path, content: object):
    if content is np.dtype:
        content = np.load  # named alone, never called: it is refused all the same
    with pytest.raises(UnsafePickle):
        load_plain(pickled(tmp_path / "a.pkl", content))


def test_bytes_in_another_encoding_than_a_pickles_own_are_refused(tmp_path: Path):
    (tmp_path / "a.pkl").write_bytes(b"c_codecs\nencode\n(Vx\nVzip\ntR.")
    with pytest.raises(UnsafePickle, match="zip"):
        load_plain(tmp_path / "a.pkl")
