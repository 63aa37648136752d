import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from retrieval import methods
from retrieval.methods.base import Method


def test_every_method_of_the_folder_is_found_by_its_name():
    assert {"sir", "delf", "cnn_irwnha"} <= set(methods.available())
    assert all(issubclass(cls, Method) and cls.name == name for name, cls in methods.available().items())


def test_listing_methods_imports_no_network_library():
    heavy = {"torch", "openvino", "tensorflow", "keras", "cv2", "django", "celery"}
    code = (
        f"import sys; from retrieval import methods; methods.available(); print({heavy!r} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"


def test_an_unknown_method_is_refused_and_the_known_ones_named():
    with pytest.raises(methods.UnknownMethod, match="cnn_irwnha"):
        methods.load("sift")


def test_a_method_is_built_once_per_process(monkeypatch):
    built = []

    class Counted(Method):
        name = "counted"

        def __init__(self):
            built.append(self)

        def describe(self, image, *, box=None): ...

    monkeypatch.setitem(methods.available(), "counted", Counted)
    assert methods.load("counted") is methods.load("counted")
    assert len(built) == 1


@pytest.mark.parametrize("cls", methods.available().values(), ids=lambda cls: cls.name)
def test_a_methods_facts_are_filled_in(cls):
    facts = cls.checkpoint
    assert all(
        [cls.label, cls.summary, cls.paper, facts.name, facts.architecture, facts.training_set, facts.licence]
    )
    assert facts.paper.startswith("https://")
    assert (0 < facts.dimensions <= 1024) if cls.ranks else facts.dimensions == 0
    assert facts.local_dimensions > 0 or (cls.ranks and not cls.verifier)


@pytest.mark.parametrize("name", ["aliked"])
def test_a_method_that_ranks_nothing_is_found_like_any_other(name):
    assert methods.find(name).ranks is False


def test_who_needs_one_method_does_not_wait_for_another_that_is_being_built(monkeypatch):
    may_end = Event()

    def build(method: type[Method]) -> str:
        if method.name == "delf":
            may_end.wait(10)
        return method.name

    monkeypatch.setattr(methods, "_build", build)
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(methods.load, "delf")
        assert methods.load("sir") == "sir"
        assert not slow.done()
        may_end.set()
        assert slow.result(10) == "delf"
