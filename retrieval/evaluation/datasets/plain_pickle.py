"""Reads a pickle that somebody published, and runs nothing that stands in it."""

import codecs
import pickle
from pathlib import Path
from typing import Any

import numpy as np


class UnsafePickle(pickle.UnpicklingError):
    """A pickle that asks for something which could run code."""


def _latin_bytes(text: str, encoding: str) -> bytes:
    """How protocols 0 to 2 write bytes: as text, by this one encoding."""
    if encoding not in ("latin1", "latin-1"):
        raise UnsafePickle(f"bytes in the encoding {encoding}")
    return codecs.latin_1_encode(text)[0]


def _plain_dtype(*arguments: Any) -> np.dtype:
    """numpy's own, but never one of objects."""
    dtype = np.dtype(*arguments)
    if dtype.hasobject:
        raise UnsafePickle("an array of objects")
    return dtype


# By their own words: numpy moved these between versions, and gives no public name to them.
_NUMPY: dict[tuple[str, str], Any] = {
    ("multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("multiarray", "scalar"): np.float64(0).__reduce__()[0],
    ("numeric", "_frombuffer"): np.empty(1).__reduce_ex__(5)[0],
}
ALLOWED: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _latin_bytes,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _plain_dtype,
    **{
        (f"numpy.{core}.{module}", name): value
        for core in ("core", "_core")  # before numpy 2.0, and since
        for (module, name), value in _NUMPY.items()
    },
}


class _PlainUnpickler(pickle.Unpickler):
    """Lists, dictionaries, numbers and strings need no import; of what does, numpy's arrays are allowed."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise UnsafePickle(
                f"the pickle asks for {module}.{name}; only plain lists, numbers and arrays are read"
            ) from None


def load_plain(path: Path) -> Any:
    """The plain containers, numbers, strings and numpy arrays of a pickle; UnsafePickle for any other thing.

    A damaged pickle raises whatever its bytes lead to.
    """
    with path.open("rb") as file:
        return _PlainUnpickler(file, encoding="latin1").load()
