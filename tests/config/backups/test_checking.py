"""What is cut short, changed, or of somebody else is not taken for a backup."""

import hashlib
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.backups import BackupError, checking, making, manifest, restoring
from tests.factories import LandmarkImageFactory

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def made(kept) -> making.Made:
    LandmarkImageFactory(published=True)
    return making.make(kept)


def copied(kept: Path, to: Path, damage: Callable[[Path], object]) -> Path:
    shutil.copytree(kept, to)
    damage(to)
    return to


def backup_in(folder: Path) -> Path:
    return folder / manifest.names(folder)[-1]


def a_photo_in(folder: Path) -> Path:
    return max(folder.glob("files/*/*/*"), key=lambda path: path.stat().st_size)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def told_otherwise(folder: Path, **other: object) -> None:
    """The manifest changed, and its seal made to fit, as somebody would who knows how."""
    place = backup_in(folder)
    body = json.dumps(json.loads((place / "manifest.json").read_text()) | other)
    (place / "manifest.json").write_text(body)
    (place / "manifest.sha256").write_text(hashlib.sha256(body.encode()).hexdigest())


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: cut_short(backup_in(folder) / "database.dump"), "database.dump has .* bytes and not"),
    (lambda folder: changed(backup_in(folder) / "database.dump"), "database.dump was changed"),
    (lambda folder: (backup_in(folder) / "database.dump").unlink(), "database.dump is missing"),
    (lambda folder: cut_short(backup_in(folder) / "files.jsonl"), "files.jsonl has .* bytes and not"),
    (lambda folder: cut_short(a_photo_in(folder)), "has .* bytes and not"),
    (lambda folder: changed(a_photo_in(folder)), "holds something else than it did"),
    (lambda folder: a_photo_in(folder).unlink(), "is missing"),
    (lambda folder: changed(backup_in(folder) / "manifest.json"), "manifest.json was changed"),
    (lambda folder: (backup_in(folder) / "manifest.sha256").unlink(), "manifest.sha256 is missing"),
    (lambda folder: told_otherwise(folder, format="another site's"), "no backup of this platform, but"),
    (lambda folder: told_otherwise(folder, version=99), "another version of this command"),
    (lambda folder: told_otherwise(folder, surprise=1), "cannot be understood"),
    (lambda folder: (backup_in(folder) / "manifest.json").unlink(), "holds no whole backup"),
    (lambda folder: shutil.rmtree(folder), "is no folder of backups"),
]


def test_every_damage_is_found_and_named_and_neither_verified_nor_brought_back(made, kept, tmp_path):
    checking.check(manifest.find(kept))
    for number, (damage, words) in enumerate(DAMAGES):
        spoilt = copied(kept, tmp_path / f"spoilt-{number}", damage)
        with pytest.raises(CommandError, match=words):
            call_command("backup", spoilt, "--verify", stdout=StringIO())
        with pytest.raises(CommandError, match=words):
            call_command("restore", spoilt, "--replace", stdout=StringIO())


def test_the_seal_that_was_printed_tells_a_forged_backup_from_the_true_one(made, kept):
    said = StringIO()
    call_command("backup", kept, "--verify", "--seal", made.seal, stdout=said)
    assert f"is whole: {sum(made.manifest.rows.values())} rows" in said.getvalue()
    told_otherwise(kept, made_at="2020-01-01T00:00:00+00:00")
    checking.check(manifest.find(kept))
    with pytest.raises(BackupError, match="is not the backup with the seal"):
        manifest.find(kept, seal=made.seal)


def test_a_backup_of_newer_code_is_refused_and_the_unknown_migration_named(made, kept):
    told_otherwise(kept, migrations={"places": ["0999_tomorrow"]})
    with pytest.raises(BackupError, match="places.0999_tomorrow"):
        restoring.allow(manifest.find(kept), replace=True)


def test_where_the_photos_have_no_room_nothing_is_brought_back(made, kept, monkeypatch):
    monkeypatch.setattr(restoring, "free_bytes", lambda folder: 10)
    with pytest.raises(BackupError, match="There is room for 10 bytes"):
        restoring.allow(manifest.find(kept), replace=True)


def test_a_name_that_the_folder_has_not_is_answered_with_those_it_has(made, kept):
    with pytest.raises(BackupError, match=made.folder.name):
        manifest.find(kept, name="20200101T000000Z")
