"""Pictures that come from several threads at once, run in batches of one shape: what a GPU wants."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

# Of a batch, together: five of 1024 x 768 or fifty of 320 x 240, which take a gigabyte on their way through an
# EfficientNet-Lite2 to stride 16. Larger ones keep no GPU busier.
MOST_PIXELS = 4_000_000

Shape = tuple[int, ...]


@dataclass(eq=False)
class _Asked:
    picture: np.ndarray
    answer: Future[np.ndarray] = field(default_factory=Future)


class Batches:
    """A network that takes many pictures, to be asked for one at a time by any number of threads.

    While a batch runs, those who ask gather; the next one runs all of its shape. Nobody waits for a batch to fill: a
    picture alone runs at once.
    """

    def __init__(self, run: Callable[[np.ndarray], np.ndarray]) -> None:
        """run: (N, H, W, C) -> (N, ...); called by one thread at a time."""
        self._run = run
        self._running, self._changing = Lock(), Lock()
        self._waiting: dict[Shape, list[_Asked]] = {}

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """(H, W, C) -> its part of what `run` gives; raises what `run` raises of this picture alone."""
        asked = _Asked(picture)
        with self._changing:
            self._waiting.setdefault(picture.shape, []).append(asked)
        with self._running:
            while not asked.answer.done():  # else it went with another's batch
                self._answer(self._next(picture.shape))
        return asked.answer.result()

    def _next(self, shape: Shape) -> list[_Asked]:
        """Those who have waited longest, no more than fit into a batch."""
        most = max(1, MOST_PIXELS // (shape[0] * shape[1]))
        with self._changing:
            waiting = self._waiting.pop(shape)
            if waiting[most:]:
                self._waiting[shape] = waiting[most:]
        return waiting[:most]

    def _answer(self, batch: list[_Asked]) -> None:
        try:
            outputs = self._run(np.stack([asked.picture for asked in batch]))
        except Exception as error:  # whatever it is belongs to whoever asked
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
            for asked in batch if len(batch) > 1 else ():  # one that cannot be run takes no other with it
                self._answer([asked])
        else:
            for asked, output in zip(batch, outputs, strict=True):
                asked.answer.set_result(output)
