import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from retrieval import methods as registry
from retrieval.methods.base import Checkpoint
from retrieval.models import Evaluation
from tests.retrieval.evaluation.pictures import BLUE, RED, Colours, Corners, draw

METHODS = {"colours": Colours, "corners": Corners}


@pytest.fixture(autouse=True)
def _methods_without_weights(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "available", lambda: METHODS)
    monkeypatch.setattr(registry, "load", lambda name, *, checkpoint: METHODS[name]())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, (name, colour) in enumerate([("red", RED), ("red", RED), ("blue", BLUE), ("blue", BLUE)]):
        draw(tmp_path / "places" / name / f"{seed}.png", colour, seed=seed)
    return tmp_path / "places"


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture):
    """Runs the command with its descriptions kept apart, saving nothing; gives what it printed."""

    def run(*arguments: object, save: bool = False) -> str:
        kept = ["--cache", str(tmp_path / "kept"), *([] if save else ["--no-save"])]
        call_command("evaluate_methods", *map(str, arguments), *kept)
        return capsys.readouterr().out

    return run


def test_a_folder_prints_each_methods_figures_and_the_datasets_facts(folder: Path, evaluate):
    facts, headings, *rows = evaluate("folder", folder).splitlines()
    assert facts.startswith("places: 4 images, 4 queries; content ")
    named = ("mAP", "mP@1", "mP@5", "mP@10", "place top-1", "place top-3", "s/photo", "s/query")
    assert [heading for heading in named if heading not in headings] == []
    assert [row.split()[0] for row in rows] == ["Colours", "Colours"]
    assert rows[0].count("1.000 [1.000, 1.000]") == 6


def test_every_row_names_checkpoint_training_set_and_cropping(folder: Path, evaluate):
    _, headings, *rows = evaluate("folder", folder).splitlines()
    assert re.search(r"verified +expansion +cropped +checkpoint +training set$", headings)
    assert all(re.search(r" none +no +mean-colour +none$", row) for row in rows)


def test_a_method_may_be_named_by_its_file_and_names_stand_apart_or_joined(folder: Path, evaluate):
    printed = evaluate("folder", folder, "--methods", "pictures")  # the module of the last of METHODS
    assert printed.splitlines()[-1].startswith("Colours")
    assert len(evaluate("folder", folder, "--methods", "colours", "corners").splitlines()) == 4
    assert len(evaluate("folder", folder, "--methods", "colours,corners").splitlines()) == 4


def test_an_expansion_is_said_beside_the_figures_it_gave(folder: Path, evaluate):
    row = evaluate("folder", folder, "--methods", "colours", "--expansion", "alpha-qe").splitlines()[-1]
    assert re.search(r" 0 +alpha-qe +no ", row)


def test_a_checkpoint_that_does_not_state_its_training_set_is_not_measured(
    folder: Path, evaluate, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Colours, "checkpoint", Checkpoint("mean-colour", "none", 3, "", "MIT", "none"))
    monkeypatch.setattr(registry, "load", lambda name, *, checkpoint: pytest.fail("nothing is to be loaded"))
    with pytest.raises(CommandError, match="does not state its name and training set"):
        evaluate("folder", folder)


def test_out_writes_the_report_for_programs_and_for_readers(folder: Path, tmp_path: Path, evaluate):
    printed = evaluate("folder", folder, "--methods", "colours", "--out", tmp_path / "new")
    assert "report.json" in printed
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert report["dataset"]["images"] == 4
    assert report["methods"]["colours"]["mAP"] == 1
    page = (tmp_path / "new" / "report.html").read_text()
    assert page.count("<polyline") == 1
    assert page.count("data:image/jpeg;base64,") == 4 + 4 * 3
    assert page.count(">hit") + page.count(" hit</b>") == 4
    assert "mean-colour" in page
    assert "not cropped" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)  # it holds all that it shows


def test_queries_of_another_folder_measure_rejection_by_places_outside(
    folder: Path, tmp_path: Path, evaluate
):
    draw(tmp_path / "visitors" / "red" / "a.png", RED, seed=9)
    draw(tmp_path / "visitors" / "elsewhere" / "a.png", (120, 120, 120), seed=10)
    printed = evaluate("folder", folder, "--queries", tmp_path / "visitors", "--methods", "colours")
    assert "4 images, 1 queries, 1 photos of places outside" in printed
    assert "places outside told by similarity: AUROC 1.000" in printed


def test_distractors_join_the_database(folder: Path, tmp_path: Path, evaluate):
    for seed in range(3):
        draw(tmp_path / "more" / "deep" / f"{seed}.png", BLUE, seed=40 + seed)
    printed = evaluate("folder", folder, "--distractors", tmp_path / "more", "--methods", "colours")
    assert printed.startswith("places + 3 distractors: 7 images, 4 queries")


def test_a_ground_truth_file_prints_every_setup_and_that_queries_were_cropped(
    folder: Path, tmp_path: Path, evaluate
):
    names = [str(path.relative_to(folder)) for path in sorted(folder.glob("*/*.png"))]
    gnd = [{"bbx": [0, 0, 50, 50], "easy": [1], "hard": [2], "junk": [0]}]
    truth = tmp_path / "gnd.json"
    truth.write_text(json.dumps({"imlist": names, "qimlist": names[:1], "gnd": gnd}))
    rows = evaluate("json", truth, "--images", folder, "--methods", "colours").splitlines()[2:]
    assert [row.split()[1] for row in rows] == ["easy", "medium", "hard"]
    assert all(re.search(r" yes +mean-colour", row) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["roxford5k", "--gnd", "gnd.pkl"], "roxford5k needs --images DIR: the folder with the photographs of Oxford5k"),
        (["rparis6k", "--gnd", "gnd.pkl"], "rparis6k needs --images DIR: the folder with the photographs of Paris6k"),
        (["oxford5k", "--gnd", "truth"], "oxford5k needs --images DIR"),
        (["json", "gnd.json"], "json needs --images DIR"),
        (["roxford5k", "--images", "photos"], "roxford5k needs --gnd: its ground truth"),
        (["paris6k", "--images", "photos"], "paris6k needs --gnd: the folder of its text files"),
        (["json", "--images", "photos"], "json needs a PATH"),
        (["folder"], "folder needs a PATH"),
        (["json", "gnd.json", "--split", "test"], "--split is for the catalogue or a folder of landmarks."),
        (["folder", "x", "--verify", "-1"], "--verify counts photos"),
        (["folder", "x", "--methods", "colours,colours+none"], "names a method twice"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_is_missing_or_does_not_go_together_is_said_in_one_sentence(evaluate, arguments, sentence: str):
    with pytest.raises(CommandError, match=re.escape(sentence)) as refused:
        evaluate(*arguments)
    assert "\n" not in str(refused.value)
    assert str(refused.value).count(". ") == 0


def test_a_missing_folder_and_a_missing_file_end_with_one_clear_line(tmp_path: Path, evaluate):
    with pytest.raises(CommandError, match="no such folder"):
        evaluate("folder", tmp_path / "none")
    with pytest.raises(CommandError, match="No such file"):
        evaluate("json", tmp_path / "none.json", "--images", tmp_path)


@pytest.mark.parametrize("wrong", ["colours,vlad", "colours,corners=vlad", "colours,corners+vlad"])
def test_an_unknown_method_or_checkpoint_is_refused_before_anything_is_described(
    folder: Path, evaluate, monkeypatch: pytest.MonkeyPatch, wrong: str
):
    monkeypatch.setattr(registry, "load", lambda name, *, checkpoint: pytest.fail("nothing is to be loaded"))
    with pytest.raises(CommandError, match="'vlad'"):
        evaluate("folder", folder, "--methods", wrong)


def test_a_photo_that_fails_is_named_what_was_finished_stands_and_a_rerun_goes_on(
    folder: Path, tmp_path: Path, evaluate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    class Chokes(Corners):
        at = 2

        def describe(self, image, *, box=None):
            if len(self.described) == self.at:
                raise ValueError("too much")
            return super().describe(image, box=box)

    monkeypatch.setitem(METHODS, "corners", Chokes)
    with pytest.raises(CommandError, match=r"places/red/0.png: too much\. .*run again to go on"):
        evaluate("folder", folder, "--out", tmp_path / "new")
    assert "1.000 [1.000, 1.000]" in capsys.readouterr().out
    assert list(json.loads((tmp_path / "new" / "report.json").read_text())["methods"]) == ["colours"]

    resumed = Chokes()
    resumed.at = None
    monkeypatch.setattr(registry, "load", lambda name, *, checkpoint: resumed)
    evaluate("folder", folder, "--methods", "corners")
    assert len(resumed.described) == 2


# Rows


@pytest.mark.django_db
def test_each_method_leaves_a_row_with_its_conditions(folder: Path, evaluate):
    assert "Saved" in evaluate("folder", folder, save=True)
    row = Evaluation.objects.get(method="colours")
    assert (row.checkpoint, row.training_set, row.dataset) == ("mean-colour", "none", "places")
    assert (row.images, row.queries, row.cropped, row.split) == (4, 4, False, "")
    assert len(row.content_hash) == 64
    assert row.figures["mAP"] == 1
    assert row.figures["precision_recall"]["precision"][0] == 1
    assert Evaluation.objects.count() == 2


@pytest.mark.django_db
def test_no_save_leaves_none(folder: Path, evaluate):
    evaluate("folder", folder)
    assert not Evaluation.objects.exists()


def test_without_a_database_the_figures_are_printed_and_written_all_the_same(
    folder: Path, tmp_path: Path, evaluate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    def away(*_args, **_kwargs):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(Evaluation.objects, "record", away)
    arguments = ["folder", str(folder), "--out", str(tmp_path / "new"), "--cache", str(tmp_path / "kept")]
    call_command("evaluate_methods", *arguments)
    printed = capsys.readouterr()
    assert "1.000 [1.000, 1.000]" in printed.out
    assert (tmp_path / "new" / "report.json").exists()
    assert "not saved" in printed.err
    assert printed.err.count("\n") == 1
