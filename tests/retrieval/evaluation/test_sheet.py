import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from retrieval.evaluation import benchmark, sheet
from retrieval.evaluation.datasets import DatasetError, from_folder
from retrieval.evaluation.metrics import RECALL_LEVELS
from retrieval.methods.base import Box
from tests.retrieval.evaluation.pictures import BLUE, RED, Colours, alone, draw


@pytest.fixture
def report(tmp_path: Path) -> benchmark.MethodReport:
    """Eight queries, one of them blue among the red."""
    for seed in range(4):
        draw(tmp_path / "places" / "red" / f"{seed}.png", RED, seed=seed)
        draw(tmp_path / "places" / "blue" / f"{seed}.png", BLUE, seed=10 + seed)
    draw(tmp_path / "places" / "red" / "stray.png", BLUE, seed=30)
    return benchmark.run(from_folder(tmp_path / "places"), alone(Colours()))


def pixels(address: str) -> np.ndarray:
    head, _, data = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_the_best_and_the_worst_queries_stand_each_in_its_order(report: benchmark.MethodReport):
    found = sheet.sheet(report, each=3)
    best = [row.report.average_precision for row in found.best]
    worst = [row.report.average_precision for row in found.worst]
    assert (len(best), len(worst)) == (3, 3)
    assert best == sorted(best, reverse=True)
    assert worst == sorted(worst)
    assert min(best) >= max(worst)
    assert found.worst[0].report.query.path.name == "stray.png"


def test_no_query_stands_among_the_best_and_the_worst(report: benchmark.MethodReport):
    found = sheet.sheet(report, each=7)
    assert (len(found.best), len(found.worst)) == (7, 2)


def test_a_row_shows_the_query_and_its_first_results_as_small_pictures(report: benchmark.MethodReport):
    row = sheet.sheet(report, each=1).best[0]
    assert len(row.first) == 8
    assert max(pixels(row.photo).shape[:2]) == sheet.THUMBNAIL
    assert all(max(pixels(photo).shape[:2]) == sheet.THUMBNAIL for _, photo in row.first)


def test_a_querys_box_is_drawn_on_it(tmp_path: Path):
    photo = draw(tmp_path / "a.png", BLUE, seed=1)
    plain, boxed = pixels(sheet.thumbnail(photo)), pixels(sheet.thumbnail(photo, Box(24, 16, 72, 48)))
    scale = sheet.THUMBNAIL / 96
    row, column = round(16 * scale), round(48 * scale)  # on the box's upper edge
    assert boxed[row, column, 0] > plain[row, column, 0] + 100
    assert abs(int(boxed[row - 12, column, 0]) - int(plain[row - 12, column, 0])) < 30


def test_a_photo_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="broken.png"):
        sheet.thumbnail(tmp_path / "broken.png")


def test_a_curve_runs_from_recall_nought_to_one_with_precision_upwards():
    precision = [1.0] * 11 + [0.0] * 10
    points = sheet.points(precision).split()
    assert len(points) == len(RECALL_LEVELS)
    assert (points[0], points[10], points[11], points[-1]) == ("0,0", "240,0", "264,320", "480,320")


def test_every_method_with_figures_has_a_curve_named_with_its_checkpoint(report: benchmark.MethodReport):
    (curve,) = sheet.curves([report])
    assert (curve.label, curve.checkpoint) == ("Colours", "mean-colour")
