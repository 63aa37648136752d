import gzip
import hashlib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from retrieval.methods import weights
from retrieval.methods.weights import MissingWeights, WeightsFile
from tests.retrieval.test_fetching import WEIGHTS, serving

SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path) -> Path:
    """WEIGHTS_DIR, which does not exist yet."""
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setattr(weights, "FILES", {"ours": weights.FILES["sir"]})
    return tmp_path / "weights"


def known(monkeypatch, name: str = "theirs", **facts: str) -> None:
    """One more file of weights, called NAME.bin."""
    monkeypatch.setitem(weights.FILES, name, WeightsFile(f"{name}.bin", **facts))


def run(capsys, *arguments: str) -> str:
    call_command("fetch_weights", *arguments)
    return capsys.readouterr().out


def test_weights_come_from_their_author_and_are_then_found(monkeypatch, capsys, folder):
    with serving() as author:
        known(monkeypatch, sha256=SHA256[:7], address=author.address)
        assert run(capsys, "theirs") == f"theirs is in place: {folder / 'theirs.bin'}\n"
        assert run(capsys, "theirs") == f"theirs is there: {folder / 'theirs.bin'}\n"
    assert weights.find("theirs").read_bytes() == WEIGHTS
    assert len(author.asked) == 1


def test_an_md5_is_checked_where_the_author_publishes_no_more(monkeypatch, folder):
    with serving() as author:
        known(monkeypatch, md5=hashlib.md5(WEIGHTS).hexdigest(), address=author.address)
        call_command("fetch_weights", "theirs")
    path = weights.find("theirs")
    path.write_bytes(WEIGHTS[:-1])
    with pytest.raises(MissingWeights, match="another MD5 .* run: manage.py fetch_weights theirs"):
        weights.find("theirs")


def test_without_a_published_digest_the_one_of_the_fetched_file_is_kept(monkeypatch, folder):
    content = gzip.compress(WEIGHTS)
    with serving(content) as author:
        known(monkeypatch, address=author.address)
        call_command("fetch_weights", "theirs")
    record = folder / "theirs.bin.sha256"
    assert record.read_text() == hashlib.sha256(content).hexdigest() + "\n"
    assert weights.find("theirs").read_bytes() == content
    (folder / "theirs.bin").write_bytes(content[:-1])
    with pytest.raises(MissingWeights, match="has changed since it was fetched"):
        weights.find("theirs")


def test_without_a_published_digest_an_archive_must_still_be_whole(monkeypatch, folder):
    with serving(b"<html>Log in to this network</html>") as portal:
        known(monkeypatch, address=portal.address)
        with pytest.raises(CommandError, match="is not a whole gzip archive, so it was not kept"):
            call_command("fetch_weights", "theirs")
    assert list(folder.iterdir()) == []


def test_a_file_that_somebody_put_there_counts_once_the_command_has_seen_it(monkeypatch, capsys, folder):
    known(monkeypatch, address="http://127.0.0.1:1/theirs.bin")
    folder.mkdir()
    path = folder / "theirs.bin"
    path.write_bytes(gzip.compress(WEIGHTS))
    with pytest.raises(MissingWeights, match="fetch_weights theirs"):
        weights.find("theirs")
    assert run(capsys, "theirs") == f"theirs is there: {path}\n"
    assert weights.find("theirs") == path


def test_an_altered_file_is_fetched_again(monkeypatch, folder):
    folder.mkdir()
    (folder / "theirs.bin").write_bytes(WEIGHTS[:-1])
    with serving() as author:
        known(monkeypatch, sha256=SHA256, address=author.address)
        call_command("fetch_weights", "theirs")
    assert weights.find("theirs").read_bytes() == WEIGHTS


def test_a_wrong_digest_is_one_sentence_and_the_file_is_not_kept(monkeypatch, folder):
    with serving() as author:
        known(monkeypatch, sha256="0" * 64, address=author.address)
        said = (
            r"^theirs: http://.*: the file has another SHA-256 than the published file, so it was not kept\.$"
        )
        with pytest.raises(CommandError, match=said):
            call_command("fetch_weights", "theirs")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("source", ["theirs.bin", "."])
def test_a_file_already_there_is_taken_from_where_it_is(monkeypatch, tmp_path, source):
    known(monkeypatch, sha256=SHA256, address="http://127.0.0.1:1/theirs.bin")
    (tmp_path / "theirs.bin").write_bytes(WEIGHTS)
    call_command("fetch_weights", "theirs", "--from", str(tmp_path / source))
    assert weights.find("theirs").read_bytes() == WEIGHTS
    assert (tmp_path / "theirs.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["thiers"], "no weights thiers; there are: ours, theirs"),
        (["theirs", "--from", "nowhere"], "nowhere does not exist"),
        (["theirs", "--from", "."], "there is no theirs.bin in"),
        (["theirs", "ours", "--from", "one.bin"], "one.bin is one file"),
        (["theirs", "--from", "one.bin"], "one.bin: the file has another SHA-256"),
        (["theirs"], "127.0.0.1 cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_said(monkeypatch, tmp_path, arguments, said):
    known(monkeypatch, sha256=SHA256, address="http://127.0.0.1:1/theirs.bin")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.bin").write_bytes(b"another")
    with pytest.raises(CommandError, match=said):
        call_command("fetch_weights", *arguments)


def test_all_fetches_what_it_can_and_names_what_it_cannot(monkeypatch, capsys):
    with serving() as author:
        known(monkeypatch, "unreachable", sha256=SHA256, address="http://127.0.0.1:1/unreachable.bin")
        known(monkeypatch, "theirs", sha256=SHA256, address=author.address)
        with pytest.raises(CommandError, match=r"^unreachable: 127\.0\.0\.1 cannot be reached"):
            call_command("fetch_weights", "--all")
    assert weights.find("theirs").is_file()
    assert "ours" not in capsys.readouterr().out


def test_a_dry_run_writes_nothing(monkeypatch, capsys, folder):
    known(monkeypatch, sha256=SHA256, address="http://127.0.0.1:1/theirs.bin")
    said = run(capsys, "--all", "--dry-run")
    assert said == f"theirs would come from http://127.0.0.1:1/theirs.bin to {folder / 'theirs.bin'}\n"
    assert not folder.exists()


def test_without_a_name_every_file_is_listed_with_where_it_stands(monkeypatch, capsys, folder):
    known(monkeypatch, "absent", sha256=SHA256, address="http://127.0.0.1:1/absent.bin")
    known(monkeypatch, "whole", sha256=SHA256)
    known(monkeypatch, "altered", sha256=SHA256)
    folder.mkdir()
    (folder / "whole.bin").write_bytes(WEIGHTS)
    (folder / "altered.bin").write_bytes(b"")
    states = dict(line.split(maxsplit=1) for line in run(capsys).splitlines())
    assert states == {
        "ours": "comes with the project",
        "absent": "not fetched, from http://127.0.0.1:1/absent.bin",
        "whole": f"there: {folder / 'whole.bin'}",
        "altered": f"unusable: {folder / 'altered.bin'} has another SHA-256 than the published file",
    }


def test_every_file_that_is_not_bundled_has_an_address(monkeypatch):
    monkeypatch.undo()
    for name, file in weights.FILES.items():
        assert file.bundled or file.address.endswith(f"/{file.filename}"), name
