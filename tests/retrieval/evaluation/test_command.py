import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from retrieval import methods as registry
from retrieval.management.commands import evaluate_methods
from tests.retrieval.evaluation.pictures import BLUE, RED, Colours, Corners, draw

METHODS = {"colours": Colours, "corners": Corners}


@pytest.fixture(autouse=True)
def _methods_without_weights(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evaluate_methods, "available", lambda: METHODS)
    monkeypatch.setattr(evaluate_methods, "load", lambda name: METHODS[name]())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, (name, colour) in enumerate([("red", RED), ("red", RED), ("blue", BLUE), ("blue", BLUE)]):
        draw(tmp_path / "places" / name / f"{seed}.png", colour, seed=seed)
    return tmp_path / "places"


def test_a_folder_prints_each_methods_figures_and_the_datasets_facts(
    folder: Path, capsys: pytest.CaptureFixture
):
    call_command("evaluate_methods", "folder", str(folder))
    facts, headings, *rows = capsys.readouterr().out.splitlines()
    assert facts.startswith("places: 4 images, 4 queries; content ")
    assert [heading in headings for heading in ("mAP", "P@1", "place top-1", "s/photo", "ms/query")] == [
        True
    ] * 5
    assert [row.split()[0] for row in rows] == ["Colours", "Colours"]
    assert rows[0].count("1.000 [1.000, 1.000]") == 3
    assert rows[0].rstrip().endswith("mean-colour")


def test_out_writes_the_report(folder: Path, tmp_path: Path):
    call_command(
        "evaluate_methods", "folder", str(folder), "--methods", "colours", "--out", str(tmp_path / "new")
    )
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert report["dataset"]["images"] == 4
    assert [method["method"] for method in report["methods"]] == ["colours"]


def test_queries_of_another_folder_are_counted_with_those_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    draw(tmp_path / "visitors" / "red" / "a.png", RED, seed=9)
    draw(tmp_path / "visitors" / "elsewhere" / "a.png", RED, seed=10)
    call_command("evaluate_methods", "folder", str(folder), "--queries", str(tmp_path / "visitors"))
    assert "4 images, 1 queries, 1 photos left out" in capsys.readouterr().out


def test_a_ground_truth_file_prints_every_setup(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    names = [str(path.relative_to(folder)) for path in sorted(folder.glob("*/*.png"))]
    gnd = [{"bbx": [0, 0, 50, 50], "easy": [1], "hard": [2], "junk": [0]}]
    (tmp_path / "gnd.json").write_text(json.dumps({"imlist": names, "qimlist": names[:1], "gnd": gnd}))
    call_command(
        "evaluate_methods",
        "json",
        str(tmp_path / "gnd.json"),
        "--images",
        str(folder),
        "--methods",
        "colours",
    )
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split()[1] for row in rows] == ["easy", "medium", "hard"]


def test_a_missing_folder_and_a_missing_file_end_with_one_clear_line(tmp_path: Path):
    with pytest.raises(CommandError, match="no such folder"):
        call_command("evaluate_methods", "folder", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("evaluate_methods", "json", str(tmp_path / "none.json"), "--images", str(tmp_path))


def test_an_unknown_method_is_refused_before_anything_is_described(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    known = Colours()
    monkeypatch.setattr(
        evaluate_methods, "load", lambda name: known if name == "colours" else registry.load(name)
    )
    with pytest.raises(CommandError, match="no method 'vlad'"):
        call_command("evaluate_methods", "folder", str(folder), "--methods", "colours,vlad")
    assert known.described == []
