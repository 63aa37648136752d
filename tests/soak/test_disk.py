"""The small disk is full when it is said to be, and has room again."""

import os

import psutil
import pytest

from tests.soak.disk import SmallDisk


@pytest.fixture
def disk(tmp_path):
    with SmallDisk(tmp_path / "photos", processes=lambda: [psutil.Process()]) as disk:
        yield disk


def test_a_full_disk_takes_no_photo_and_an_emptied_one_does(disk):
    photo = disk.folder / "photo"
    disk.fill()
    try:
        with pytest.raises(OSError, match="No space left|File too large"):
            photo.write_bytes(os.urandom(4096))
    finally:
        disk.empty()
    photo.write_bytes(os.urandom(4096))
    assert photo.stat().st_size == 4096
