from pathlib import Path

import pytest

from retrieval.methods import weights
from retrieval.training import attention, fine_tuning
from tests.retrieval.training.small import SmallTrunk

TRUNK = "efficientnet-lite2"


@pytest.fixture
def small_trunk(monkeypatch):
    """A trunk of few weights in the published one's place; what was learned is still found where it lies."""
    find = weights.find
    monkeypatch.setattr(weights, "find", lambda name: Path(name) if name == TRUNK else find(name))
    for module in (fine_tuning, attention):
        monkeypatch.setattr(module, "efficientnet_lite2", lambda path: SmallTrunk())
