"""The confidences that come with the project, learned for its bundled checkpoints."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.ranking.confidence import Curve

FOLDER = Path(__file__).parent / "learned"


@dataclass(frozen=True)
class Calibrated:
    """A curve with how well it does on photos that it was not learned from, and what taught it."""

    method: str
    version: str
    curve: Curve
    figures: dict[str, Any]
    learned_from: str


@cache
def calibrations() -> dict[tuple[str, str], Calibrated]:
    """All of them, by the approach's name and its checkpoint's."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {
        (kept["method"], kept["version"]): Calibrated(
            kept["method"],
            kept["version"],
            Curve.from_json(kept["curve"]),
            kept["figures"],
            kept["learned_from"],
        )
        for kept in found
    }
