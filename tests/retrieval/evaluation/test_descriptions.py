"""A remembered description is used again only where it would come out the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval import methods
from retrieval.evaluation import descriptions
from retrieval.evaluation.descriptions import Describer
from tests.retrieval.conftest import Quick
from tests.retrieval.evaluation.pictures import RED, draw


class Counting(Quick):
    described = 0

    def describe(self, image, *, box=None):
        type(self).described += 1
        return super().describe(image, box=box)


@pytest.fixture
def photo(tmp_path) -> Path:
    draw(tmp_path / "photo.jpg", RED, seed=0)
    return tmp_path / "photo.jpg"


@pytest.fixture
def describe(photo, tmp_path, monkeypatch):
    """Describes the photo as a run of its own would; gives whether the method had to."""
    monkeypatch.setattr(Counting, "described", 0)

    def run(checkpoint=None) -> bool:
        method = Counting(methods.find("sir", checkpoint=checkpoint))
        before = Counting.described
        Describer(method, cache_dir=tmp_path / "kept").describe(photo)
        return Counting.described > before

    return run


def test_the_second_run_remembers(describe):
    assert [describe(), describe()] == [True, False]


def test_other_bytes_are_described_anew(describe, photo):
    describe()
    photo.write_bytes(photo.read_bytes() + b" ")
    assert describe()


def test_another_checkpoint_or_other_weights_describe_anew(describe):
    bundled = methods.find("sir").checkpoint
    describe()
    assert describe(replace(bundled, name="another"))
    assert describe(replace(bundled, files=("efficientnet-lite2",)))


def test_changed_code_describes_anew(describe, monkeypatch):
    describe()
    monkeypatch.setattr(descriptions, "_reached", lambda source, reached: {Path(descriptions.__file__)})
    assert describe()


def test_the_code_of_a_method_is_its_file_and_what_that_imports_but_no_other_method():
    sources = descriptions._reached(Path(methods.__file__).parent / "gem.py", set())
    names = {path.name for path in sources}
    assert {"gem.py", "base.py", "backbones.py", "pooling.py", "cirtorch_network.py"} <= names
    assert not names & {"delf.py", "sir.py", "weights.py", "delf_gld.py"}
