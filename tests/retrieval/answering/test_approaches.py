import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from retrieval import methods
from retrieval.answering import approaches
from retrieval.answering.approaches import CONSENSUS, UnknownVerifier, available, find
from retrieval.methods.base import Checkpoint, Description, Method
from retrieval.models import Query

METHODS = methods.available()
NAMES = {name: method.checkpoint.name for name, method in METHODS.items()}


def described_by(approach: approaches.Approach) -> list[str]:
    return [describer.name for describer in approach.describers]


def test_the_consensus_is_offered_first_and_then_each_method_that_ranks():
    offered = available()
    assert next(iter(offered)) == CONSENSUS
    assert offered.keys() == {CONSENSUS, "cnn_irwnha", "delf", "sir"}
    assert all(approach.name == name for name, approach in offered.items())
    assert all(approach.label and approach.summary and approach.paper for approach in offered.values())


@pytest.mark.parametrize(
    ("name", "verifier", "describers"),
    [
        ("sir", "", ["sir"]),
        ("cnn_irwnha", "", ["cnn_irwnha"]),
        ("delf", "", ["delf"]),
        (CONSENSUS, "", ["cnn_irwnha", "delf", "sir", "aliked"]),
        (CONSENSUS, "none", ["cnn_irwnha", "delf", "sir"]),
        (CONSENSUS, "delf", ["cnn_irwnha", "delf", "sir"]),
        ("sir", "delf", ["sir", "delf"]),
        ("sir", "lightglue", ["sir", "aliked"]),
        ("delf", "lightglue", ["delf", "aliked"]),
        ("delf", "none", ["delf"]),
    ],
)
def test_a_photo_is_described_by_who_ranks_and_by_who_finds_what_the_verifier_reads(
    name: str, verifier: str, describers: list[str]
):
    assert described_by(find(name, verifier=verifier)) == describers


def test_only_delf_and_the_consensus_look_closely_unless_asked_to():
    looks = {name: approach.close_look for name, approach in available().items()}
    assert {name: look.name for name, look in looks.items() if look} == {
        "delf": "delf",
        CONSENSUS: "lightglue",
    }
    assert {name for name, approach in available().items() if approach.verifies} == {"delf", CONSENSUS}


def test_a_verifier_may_be_chosen_for_any_approach_and_chosen_again():
    by_lightglue = find("sir", verifier="lightglue")
    assert (by_lightglue.close_look.name, by_lightglue.features.name) == ("lightglue", "aliked")
    back = by_lightglue.verified_by("none", among=METHODS)
    assert (back.close_look, back.features, back.verifies) == (None, None, False)
    assert back == find("sir")


def test_who_is_unknown_is_refused_and_the_known_ones_named():
    with pytest.raises(UnknownVerifier, match="no verifier 'surf'; there are: none, delf, lightglue"):
        find("sir", verifier="surf")
    with pytest.raises(methods.UnknownMethod, match="consensus"):
        find("surf")
    with pytest.raises(methods.UnknownMethod):
        find("aliked")  # it ranks nothing


@pytest.mark.parametrize("name", ["sir", "cnn_irwnha", "delf"])
def test_a_method_as_it_comes_keeps_its_checkpoint(name: str):
    assert find(name).checkpoint == METHODS[name].checkpoint


def test_the_facts_of_several_weights_stand_together():
    facts = find(CONSENSUS).checkpoint
    assert facts.name == " + ".join(NAMES[name] for name in ("cnn_irwnha", "delf", "sir", "aliked")) + (
        " by lightglue"
    )
    assert facts.dimensions == sum(
        METHODS[name].checkpoint.dimensions for name in ("cnn_irwnha", "delf", "sir")
    )
    assert set(METHODS["aliked"].checkpoint.files) < set(facts.files)
    assert "ALIKED n16" in facts.architecture
    assert "ALIKED + LightGlue" in facts.architecture


def test_whose_signals_differ_has_a_checkpoint_of_another_name():
    """A confidence is looked up by that name: two ways to answer under one would share it."""
    names = [
        find(name, verifier=verifier).checkpoint.name
        for name, verifier in [
            ("delf", ""), ("delf", "none"), ("delf", "lightglue"),
            (CONSENSUS, ""), (CONSENSUS, "none"), (CONSENSUS, "delf"),
            ("sir", ""), ("sir", "delf"), ("sir", "lightglue"),
        ]
    ]  # fmt: skip
    assert len(set(names)) == len(names)
    assert find("delf", verifier="delf").checkpoint == find("delf").checkpoint
    assert find("sir", verifier="none").checkpoint == find("sir").checkpoint
    assert find(CONSENSUS, verifier="lightglue").checkpoint == find(CONSENSUS).checkpoint


def test_every_name_fits_the_row_of_a_search():
    longest = Query._meta.get_field("version").max_length
    for name in available():
        for verifier in ("", "none", *approaches.CLOSE_LOOKS):
            assert len(find(name, verifier=verifier).checkpoint.name) <= longest


def test_a_checkpoint_that_serves_is_in_every_approach_that_asks_its_method():
    tuned = replace(METHODS["cnn_irwnha"].checkpoint, name="tuned")
    among = METHODS | {"cnn_irwnha": METHODS["cnn_irwnha"].running(tuned)}
    offered = available(among)
    assert offered["cnn_irwnha"].checkpoint.name == "tuned"
    assert offered[CONSENSUS].checkpoint.name.startswith("tuned + ")
    assert offered["sir"].checkpoint == METHODS["sir"].checkpoint


class Blank(Method):
    name, label, summary, paper = "blank", "Blank", "Sees nothing.", "none"
    checkpoint = Checkpoint("nothing", "none", 1, "none", "MIT", "none")

    def describe(self, image, *, box=None) -> Description: ...


def test_a_method_that_is_not_of_the_folder_answers_by_itself_too():
    alone = approaches.alone(Blank)
    assert (alone.name, alone.methods, alone.weights, alone.close_look) == ("blank", (Blank,), (1.0,), None)
    assert alone.checkpoint == Blank.checkpoint
    looking = approaches.alone(type("Looking", (Blank,), {"verifier": "lightglue"}))
    assert described_by(looking) == ["blank", "aliked"]


def test_what_is_loaded_describes_by_each_of_its_describers(quick_methods):
    loaded = find(CONSENSUS).load()
    assert loaded.verifier is not None
    assert loaded.verifier.features == "aliked"
    found = loaded.describe(np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8))
    assert found.keys() == {"cnn_irwnha", "delf", "sir", "aliked"}
    assert found["aliked"].vector.shape == (0,)
    assert found["aliked"].local is not None
    assert find("sir").load().verifier is None


def test_listing_approaches_imports_no_network_library():
    code = (
        "import sys; from retrieval.answering import approaches; approaches.available();"
        "print({'torch', 'openvino', 'tensorflow', 'keras', 'django', 'celery'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
