from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import numpy as np
import pytest

from retrieval.methods import batching
from retrieval.methods.batching import Batches

UNREADABLE = 255


class Network:
    """Says how bright pictures are, refuses some, and remembers what it was asked; it can be held up."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.begun, self.may_go_on = Event(), Event()
        self.may_go_on.set()

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        self.asked.append(pictures.shape)
        self.begun.set()
        self.may_go_on.wait(10)
        if (pictures == UNREADABLE).any():
            raise RuntimeError("cannot be run")
        return pictures.mean(axis=(1, 2))


@contextmanager
def asked_while_one_runs(
    network: Network, pictures: list[np.ndarray], *, batches: Batches
) -> Iterator[list[Future[np.ndarray]]]:
    """What becomes of pictures that all wait until another one has been run."""
    network.may_go_on.clear()
    with ThreadPoolExecutor(len(pictures) + 1) as threads:
        threads.submit(batches, plain(0, height=1, width=1))
        assert network.begun.wait(10)
        answers = [threads.submit(batches, each) for each in pictures]
        while sum(map(len, batches._waiting.values())) < len(pictures):
            pass
        network.may_go_on.set()
        yield answers
    network.asked.pop(0)  # the one that held them up


def plain(value: int, *, height: int = 4, width: int = 6) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_a_picture_alone_runs_at_once():
    network = Network()
    assert Batches(network)(plain(7)).tolist() == [7, 7, 7]
    assert network.asked == [(1, 4, 6, 3)]


def test_those_who_ask_meanwhile_run_together_by_shape_and_each_has_its_own_answer():
    network = Network()
    pictures = [plain(value, width=6 if value % 2 else 8) for value in range(10)]
    with asked_while_one_runs(network, pictures, batches=Batches(network)) as answers:
        assert [answer.result(10)[0] for answer in answers] == list(range(10))
    assert sorted(network.asked) == [(5, 4, 6, 3), (5, 4, 8, 3)]


def test_no_batch_is_larger_than_a_gpu_holds(monkeypatch):
    monkeypatch.setattr(batching, "MOST_PIXELS", 3 * 4 * 6)
    network = Network()
    with asked_while_one_runs(network, [plain(1)] * 7, batches=Batches(network)) as answers:
        assert all(answer.result(10)[0] == 1 for answer in answers)
    assert sorted(shape[0] for shape in network.asked) == [1, 3, 3]


def test_a_picture_larger_than_a_whole_batch_runs_alone(monkeypatch):
    monkeypatch.setattr(batching, "MOST_PIXELS", 5)
    assert Batches(Network())(plain(3))[0] == 3


def test_one_that_cannot_be_run_takes_no_other_with_it():
    network = Network()
    pictures = [plain(1), plain(UNREADABLE), plain(2)]
    with asked_while_one_runs(network, pictures, batches=Batches(network)) as answers:
        assert answers[0].result(10)[0] == 1
        assert answers[2].result(10)[0] == 2
        with pytest.raises(RuntimeError, match="cannot be run"):
            answers[1].result(10)
