from dataclasses import asdict, fields, replace

import pytest
from django.db import IntegrityError, transaction

from retrieval import methods, serving
from retrieval.methods.base import Checkpoint, Pooling
from retrieval.methods.weights import MissingWeights
from retrieval.models import ServableCheckpoint

pytestmark = pytest.mark.django_db


def checkpoint_row(name: str = "another", *, method: str = "cnn_irwnha", **fields) -> ServableCheckpoint:
    facts = asdict(replace(methods.find(method).checkpoint, name=name))
    return ServableCheckpoint.objects.create(method=method, name=name, facts=facts, **fields)


def serving_names() -> dict[str, str]:
    return {name: method.checkpoint.name for name, method in serving.available().items()}


BUNDLED = {name: method.checkpoint.name for name, method in methods.available().items()}


def test_without_a_row_that_serves_every_method_runs_its_bundled_checkpoint():
    checkpoint_row()
    assert serving_names() == BUNDLED
    assert serving.find("cnn_irwnha") is methods.find("cnn_irwnha")


def test_the_checkpoint_that_serves_takes_its_methods_place_alone():
    serving.serve(checkpoint_row())
    assert serving_names() == BUNDLED | {"cnn_irwnha": "another"}
    assert serving.find("cnn_irwnha").checkpoint.name == "another"
    assert issubclass(serving.find("cnn_irwnha"), methods.find("cnn_irwnha"))


def test_the_weights_of_what_serves_are_loaded(quick_methods):
    assert serving.load("cnn_irwnha").checkpoint == methods.find("cnn_irwnha").checkpoint
    serving.serve(checkpoint_row())
    assert serving.load("cnn_irwnha").checkpoint.name == "another"


def test_an_unknown_method_is_refused():
    with pytest.raises(methods.UnknownMethod):
        serving.find("surf")


def test_who_begins_to_serve_relieves_who_did():
    first, second = checkpoint_row("first"), checkpoint_row("second")
    of_another = checkpoint_row("third", method="delf", serving=True)
    serving.serve(first)
    serving.serve(second)
    assert list(ServableCheckpoint.objects.filter(serving=True)) == [second, of_another]
    serving.serve(second)
    assert serving.find("cnn_irwnha").checkpoint.name == "second"


def test_going_back_to_the_bundled_one_keeps_the_row_and_other_methods():
    checkpoint_row("third", method="delf", serving=True)
    serving.serve(row := checkpoint_row())
    serving.serve_bundled("cnn_irwnha")
    assert serving_names() == BUNDLED | {"delf": "third"}
    row.refresh_from_db()
    assert not row.serving


def test_of_one_method_the_database_lets_no_two_serve():
    checkpoint_row("first", serving=True)
    with (
        pytest.raises(IntegrityError, match="one_checkpoint_of_a_method_serves_at_a_time"),
        transaction.atomic(),
    ):
        checkpoint_row("second", serving=True)
    checkpoint_row("third", method="delf", serving=True)


def test_a_row_gives_back_every_fact_of_its_checkpoint():
    whole = Checkpoint(
        name="another",
        architecture="a network",
        dimensions=7,
        training_set="drawn photos",
        licence="MIT",
        paper="https://example.org/paper",
        local_dimensions=5,
        files=("first", "second"),
        input="at most 512 pixels",
        mean=(0.1, 0.2, 0.3),
        std=(0.4, 0.5, 0.6),
        pooling=Pooling("rmac", p=2.5, levels=4, clusters=32, whitening=True),
    )
    for facts in (whole, whole.pooling):
        left_alone = [one.name for one in fields(facts) if getattr(facts, one.name) == one.default]
        assert left_alone == []
    row = ServableCheckpoint.objects.create(method="sir", name=whole.name, facts=asdict(whole))
    row.refresh_from_db()
    assert serving.checkpoint_of(row) == whole


@pytest.mark.parametrize("method", list(BUNDLED))
def test_bundled_checkpoints_survive_a_row_too(method):
    row = checkpoint_row(BUNDLED[method], method=method)
    row.refresh_from_db()
    assert serving.checkpoint_of(row) == methods.find(method).checkpoint


def test_a_fact_of_an_older_release_does_not_keep_the_row_from_serving():
    row = checkpoint_row("older")
    row.facts["of an older release"] = 7
    row.save()
    serving.serve(row)
    assert serving.find("cnn_irwnha").checkpoint.name == "older"


@pytest.mark.usefixtures("quick_methods")
def test_all_that_answers_is_loaded_and_what_lacks_its_weights_hinders_no_other(monkeypatch, caplog):
    loaded: list[str] = []

    def load(name: str, *, checkpoint=None) -> object:
        if name == "delf":
            raise MissingWeights("delf", "absent")
        loaded.append(name)
        return methods.find(name)

    monkeypatch.setattr(methods, "load", load)
    serving.load_offered()
    assert {"sir", "cnn_irwnha"} <= set(loaded)
    assert "delf is not loaded" in caplog.text
