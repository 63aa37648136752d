"""What was measured: its rows, the page that shows them, the API and the desk."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from retrieval import methods, methods_page, serving
from retrieval.evaluation.metrics import RECALL_LEVELS
from retrieval.models import Evaluation
from tests.factories import CuratorFactory

pytestmark = pytest.mark.django_db

PAGE = "/en/methods/"
NAMES = ("mAP", "mP@1", "mP@5", "mP@10")


def figures(value: float, *, setup: str = "all") -> dict:
    spread = [value - 0.1, value + 0.05]
    return {
        "setup": setup,
        "queries": 30,
        **dict.fromkeys(NAMES, value),
        "intervals": dict.fromkeys(NAMES, spread),
    }


def evaluation(value: float = 0.75, *, method: str = "sir", setups: tuple[str, ...] = ("all",), **fields):
    of_setups = {setup: figures(value - at / 10, setup=setup) for at, setup in enumerate(setups)}
    main = of_setups[setups[len(setups) // 2]]
    places = {"place_top1": 0.9, "place_top3": 1.0} if setups == ("all",) else {}
    return Evaluation.objects.create(
        **{
            "method": method,
            "checkpoint": methods.find(method).checkpoint.name,
            "training_set": "eleven other places",
            "dataset": "vietnam-landmarks, test split",
            "content_hash": "ab" * 32,
            "split": "test",
            "images": 160,
            "queries": 30,
            "cropped": False,
            "figures": main
            | places
            | {
                "intervals": main["intervals"] | {name: [0.85, 1.0] for name in places},
                "setups": of_setups,
                "seconds_per_query": 0.25,
                "precision_recall": {"recall": list(RECALL_LEVELS), "precision": [1.0] * len(RECALL_LEVELS)},
            },
        }
        | fields
    )


# Rows


def test_the_newest_of_each_method_and_checkpoint_on_each_dataset_counts():
    now = timezone.now()
    newer = evaluation(at=now)
    evaluation(at=now - timedelta(days=1))
    other_checkpoint = evaluation(checkpoint="tuned", at=now - timedelta(days=2))
    other_contents = evaluation(content_hash="cd" * 32, at=now - timedelta(days=3))
    assert list(Evaluation.objects.newest()) == [newer, other_checkpoint, other_contents]


@pytest.mark.parametrize(
    ("split", "counts"), [("", True), ("test", True), ("choose", False), ("train", False)]
)
def test_what_was_learned_or_chosen_on_is_not_reported(split: str, counts: bool):
    evaluation(split=split)
    assert Evaluation.objects.reportable().exists() == counts


# The page


def ranking_methods():
    """Those that answer by themselves."""
    return {name: method for name, method in methods.available().items() if method.ranks}


def test_without_measurements_the_page_says_so_and_names_the_command(client):
    page = client.get(PAGE).content.decode()
    assert "Nothing has been measured on this site yet" in page
    assert "manage.py evaluate_methods folder PATH --split test" in page
    assert "plot__row" not in page


def test_every_method_is_told_with_the_facts_of_its_checkpoint(client):
    page = client.get(PAGE).content.decode()
    for method in ranking_methods().values():
        for fact in (
            method.label,
            method.checkpoint.name,
            method.checkpoint.licence,
            method.checkpoint.paper,
        ):
            assert fact in page


def test_every_method_has_a_paragraph():
    assert methods_page.HOW_IT_WORKS.keys() >= ranking_methods().keys()


def test_figures_stand_with_interval_date_dataset_and_conditions(client):
    evaluation(0.75, at=datetime(2026, 3, 9, 5, tzinfo=UTC))
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", client.get(PAGE).content.decode()))
    for words in (
        "vietnam-landmarks, test split",
        "160 photos searched. The photos asked with were whole.",
        "0.750 [0.650; 0.800]",
        "0.900 [0.850; 1.000]",
        "9 Mar 2026",
        "eleven other places",
        "abababababab",
    ):
        assert words in page


def test_numbers_are_written_in_the_readers_way_but_the_plot_in_the_browsers(client):
    evaluation(0.75)
    page = client.get("/methods/").content.decode()
    assert "0,750" in page
    assert '<rect class="plot__span" x="650" y="4" width="150" height="12"/>' in page
    assert '<line class="plot__mark" x1="750" x2="750"' in page


def test_another_checkpoint_than_the_one_that_answers_is_marked(client):
    evaluation(0.75)
    assert "another checkpoint" not in client.get(PAGE).content.decode()
    evaluation(0.8, checkpoint="tuned")
    assert "another checkpoint" in client.get(PAGE).content.decode()


def test_methods_stand_in_the_order_of_the_picker_and_the_serving_checkpoint_first():
    evaluation(method="sir")
    evaluation(method="cnn_irwnha")
    evaluation(method="cnn_irwnha", checkpoint="tuned")
    (measured,) = methods_page.measured()
    assert [(line.label, line.is_current) for line in measured.lines] == [
        ("CNN-IRwNHA", True),
        ("CNN-IRwNHA", False),
        ("SIR", True),
    ]


def test_graded_figures_stand_from_easy_to_hard_and_medium_is_drawn():
    evaluation(0.9, setups=("easy", "medium", "hard"), dataset="roxford5k", split="", cropped=True)
    with translation.override("vi"):
        (measured,) = methods_page.measured()
    assert [line.setup for line in measured.lines] == ["dễ", "trung bình", "khó"]
    assert [round(line.figures[0][0], 3) for line in measured.lines if line.figures[0]] == [0.9, 0.8, 0.7]
    (drawn,) = measured.main_lines
    assert drawn.plot_value == 800
    assert drawn.figures[4:] == [None, None]
    assert measured.cropped


def test_a_method_that_is_no_longer_there_keeps_its_name(client):
    evaluation(0.75, checkpoint="old")
    Evaluation.objects.update(method="vlad")
    assert "vlad · another checkpoint" in client.get(PAGE).content.decode()


def test_only_the_last_measured_datasets_are_shown():
    for number in range(6):
        evaluation(dataset=f"set {number}", at=timezone.now() + timedelta(minutes=number))
    assert [one.dataset for one in methods_page.measured()] == ["set 5", "set 4", "set 3", "set 2"]


def test_others_figures_are_marked_as_theirs(client):
    page = client.get(PAGE).content.decode()
    theirs = page[page.index('id="theirs-title"') :]
    assert "These figures are not ours" in theirs
    for published in (
        "85.1",
        "68.7",
        "44.2",
        "58.6",
        "14.4",
        "82.1",
        "65.4",
        "40.1",
        "76.7",
        "55.2",
        "67.3",
        "61.5",
    ):
        assert f"<td>{published}</td>" in theirs


@pytest.mark.parametrize("page", ["/en/", "/en/places/"])
def test_every_page_leads_to_the_methods(client, page: str):
    assert f'href="{PAGE}"' in client.get(page).content.decode()


def test_the_picker_leads_to_the_methods(client):
    page = client.get("/en/").content.decode()
    assert f'<p class="methods__more"><a href="{PAGE}">' in page


# The API and the desk


def test_the_api_lists_evaluations_the_newest_first_with_their_conditions(client):
    evaluation(0.6, split="train", at=timezone.now() - timedelta(days=1))
    evaluation(0.75, method="delf")
    body = client.get("/api/v1/evaluations/").json()
    assert [(one["method"], one["split"], one["figures"]["mAP"]) for one in body["results"]] == [
        ("delf", "test", 0.75),
        ("sir", "train", 0.6),
    ]
    first = body["results"][0]
    assert (first["training_set"], first["cropped"], first["queries"]) == ("eleven other places", False, 30)
    assert client.get(f"/api/v1/evaluations/{first['id']}/").json() == first
    assert client.post("/api/v1/evaluations/", {}).status_code in (401, 403, 405)


def test_a_method_of_the_api_holds_the_last_evaluation_of_its_own_checkpoint(client):
    evaluation(0.9, split="train")
    evaluation(0.8, checkpoint="tuned")
    told = {one["name"]: one["evaluation"] for one in client.get("/api/v1/methods/").json()}
    assert told == dict.fromkeys(serving.offered())
    evaluation(0.75)
    told = {one["name"]: one["evaluation"] for one in client.get("/api/v1/methods/").json()}
    assert told["sir"]["figures"]["mAP"] == 0.75
    assert told["delf"] is None


def test_curators_read_evaluations_and_change_none(client):
    row = evaluation(0.75)
    client.force_login(CuratorFactory())
    assert (
        "0.750 [0.650, 0.800]"
        in client.get(reverse("admin:retrieval_evaluation_changelist")).content.decode()
    )
    address = reverse("admin:retrieval_evaluation_change", args=[row.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"method": "better"}).status_code == 403
    assert client.get(reverse("admin:retrieval_evaluation_add")).status_code == 403
