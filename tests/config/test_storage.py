import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from config.storage import DurableFileSystemStorage
from tests.config.test_settings import PRODUCTION, printed


def test_a_file_and_the_folders_that_lead_to_it_are_on_the_disk_when_it_is_saved(tmp_path, monkeypatch):
    synced: list[tuple[Path, int]] = []
    fsync = os.fsync

    def watched(opened: int) -> None:
        path = Path(f"/proc/self/fd/{opened}").readlink()
        synced.append((path, path.stat().st_size if path.is_file() else 0))
        fsync(opened)

    monkeypatch.setattr(os, "fsync", watched)
    store = DurableFileSystemStorage(location=tmp_path / "media")
    assert store.save("ab/cd/photo.jpg", ContentFile(b"a photo")) == "ab/cd/photo.jpg"
    root = tmp_path / "media"
    assert synced[0] == (root / "ab/cd/photo.jpg", 7)
    assert {path for path, _size in synced[1:]} == {root / "ab/cd", root / "ab", root, tmp_path}

    synced.clear()
    store.save("ab/cd/another.jpg", ContentFile(b"another"))
    assert [path for path, _size in synced] == [root / "ab/cd/another.jpg", root / "ab/cd"]


def test_a_name_that_is_taken_is_not_written_over(tmp_path):
    store = DurableFileSystemStorage(location=tmp_path)
    first = store.save("photo.jpg", ContentFile(b"one"))
    second = store.save("photo.jpg", ContentFile(b"two"))
    assert [store.open(name).read() for name in (first, second)] == [b"one", b"two"]


@pytest.mark.parametrize("settings", [{"DJANGO_SETTINGS_MODULE": "config.settings.local"}, PRODUCTION])
def test_photos_are_kept_so_wherever_they_lie_on_a_disk(settings, tmp_path):
    code = "print(*(settings.STORAGES[store]['BACKEND'] for store in ('default', 'private')))"
    given = {name: value for name, value in settings.items() if not name.startswith("S3_")}
    assert set(printed(code, **given, VAR_DIR=str(tmp_path))) == {"config.storage.DurableFileSystemStorage"}
