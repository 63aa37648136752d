import pytest

from retrieval.methods import weights
from retrieval.methods.weights import MissingWeights, WeightsFile


@pytest.fixture
def known(monkeypatch, tmp_path):
    """One known weights file, `tiny`, wanted to hold b"abc"."""
    # SHA-256 of "abc": FIPS 180-2, appendix B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    monkeypatch.setitem(weights.FILES, "tiny", WeightsFile("tiny.pth", sha256=digest))
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    return tmp_path / "tiny.pth"


def test_weights_are_found_in_the_folder_of_the_environment(known):
    known.write_bytes(b"abc")
    assert weights.find("tiny") == known


def test_missing_weights_name_the_command_that_brings_them(known, monkeypatch):
    with pytest.raises(MissingWeights, match="manage.py fetch_weights tiny"):
        weights.find("tiny")
    packaged = WeightsFile("tiny.pth", sha256="", package="no_such_package_of_weights")
    monkeypatch.setitem(weights.FILES, "tiny", packaged)
    with pytest.raises(MissingWeights, match="make install"):
        weights.find("tiny")


def test_a_file_learned_here_is_checked_by_its_name(known):
    name = "cnn_irwnha-ba7816bf8f01cfea"
    (known.parent / f"{name}.npz").write_bytes(b"abc")
    assert weights.find(name).name == f"{name}.npz"
    (known.parent / f"{name}.npz").write_bytes(b"abd")
    with pytest.raises(MissingWeights, match="SHA-256"):
        weights.find(name)


def test_altered_weights_are_refused(known):
    known.write_bytes(b"abd")
    with pytest.raises(MissingWeights, match="SHA-256"):
        weights.find("tiny")


def test_an_absent_package_is_missing_weights_not_an_import_error(known, monkeypatch):
    monkeypatch.setitem(
        weights.FILES, "tiny", WeightsFile("tiny.pth", sha256="", package="no_such_package_of_weights")
    )
    with pytest.raises(MissingWeights):
        weights.find("tiny")


@pytest.mark.parametrize("name", weights.FILES)
def test_every_file_that_comes_with_the_project_or_its_packages_is_whole(name):
    if weights.FILES[name].bundled:
        assert weights.find(name).is_file()
