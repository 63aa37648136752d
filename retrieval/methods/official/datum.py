"""Arrays in the files of tensorflow/models' DELF: its DatumProto, a protocol buffer, read without its library.

Source of the format: research/delf/delf/protos/datum.proto: field 1 the shape, field 2 the values, each a message
whose field 1 is repeated: int64 and float.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from retrieval.methods.weights import UnusableWeights

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # how a field is written
_WIDTHS = {_DOUBLE: 8, _FLOAT: 4}


def read_datum(path: Path) -> np.ndarray:
    """The file's array, float32; raises UnusableWeights where it is absent or holds none."""
    try:
        message = dict(_fields(path.read_bytes()))
        shape = [size for _, value in _fields(message[1]) for size in _varints(value)]
        values = b"".join(value for _, value in _fields(message[2]))
        return np.frombuffer(values, "<f4").reshape(shape).astype(np.float32)
    except FileNotFoundError as error:
        raise UnusableWeights(path, "absent") from error
    except (KeyError, IndexError, ValueError) as error:
        raise UnusableWeights(path, "not an array of DELF's, or incomplete") from error


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field's number and its bytes, be it packed or a single value."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            _, end = _varint(message, at)
        elif kind == _BYTES:
            length, at = _varint(message, at)
            end = at + length
        else:
            end = at + _WIDTHS[kind]
        if end > len(message):
            raise ValueError("cut off")
        yield key >> 3, message[at:end]
        at = end


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a byte, seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1
