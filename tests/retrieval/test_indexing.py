from concurrent.futures.process import BrokenProcessPool
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from places import curation
from places.models import LandmarkImage
from retrieval import index, indexing, methods
from retrieval.management.commands import describe_images
from retrieval.methods import engine
from retrieval.models import DescribeFailure, Descriptor, LocalFeatureSet
from tests.factories import LandmarkImageFactory
from tests.retrieval.conftest import Quick

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_methods")]

NAMES = set(methods.available())
RANKING = {name for name, method in methods.available().items() if method.ranks}


def break_file(image: LandmarkImage) -> None:
    with image.original.storage.open(image.original.name, "wb") as file:
        file.write(b"no picture")


def test_a_photo_is_described_by_every_method_and_then_nothing_is_missing():
    image = LandmarkImageFactory(published=True)
    assert set(indexing.missing_by_any()) == {image}
    assert indexing.describe_image(image)
    assert set(Descriptor.objects.values_list("method", flat=True)) == RANKING
    assert set(LocalFeatureSet.objects.values_list("method", flat=True)) == {"aliked", "delf"}
    assert not indexing.missing_by_any().exists()


def test_only_published_photos_are_missing():
    LandmarkImageFactory()
    assert not indexing.missing_by_any().exists()


def test_a_photo_of_an_older_checkpoint_is_missing_again():
    image = LandmarkImageFactory(published=True)
    indexing.describe_image(image)
    Descriptor.objects.filter(method="sir").update(version="older")
    assert list(index.missing(methods.find("sir"))) == [image]
    assert not index.missing(methods.find("delf")).exists()


def test_an_unreadable_photo_is_recorded_with_its_reason_and_stops_nothing():
    broken, whole = LandmarkImageFactory(published=True), LandmarkImageFactory(published=True)
    break_file(broken)
    heard: list[bool] = []
    assert indexing.describe_missing(done=heard.append) == 2
    assert heard == [False, True]
    failures = DescribeFailure.objects.all()
    assert {failure.method for failure in failures} == NAMES
    assert all(failure.image == broken and "image" in failure.reason for failure in failures)
    assert Descriptor.objects.filter(image=whole).count() == len(RANKING)
    assert not indexing.missing_by_any().exists()


def test_what_failed_can_be_tried_again():
    image = LandmarkImageFactory(published=True)
    DescribeFailure.objects.create(
        image=image, method="sir", version=methods.find("sir").checkpoint.name, reason="no memory"
    )
    assert not index.missing(methods.find("sir")).exists()
    indexing.forget_failures(["sir"])
    assert index.missing(methods.find("sir")).exists()


def test_coverage_counts_what_is_described_missing_and_failed():
    done, broken = LandmarkImageFactory(published=True), LandmarkImageFactory(published=True)
    break_file(broken)
    indexing.describe_image(done, names=["sir"])
    indexing.describe_image(broken, names=["sir"])
    by_name = {line.method.name: line for line in indexing.coverage()}
    assert (by_name["sir"].described, by_name["sir"].failed, by_name["sir"].missing) == (1, 1, 0)
    assert (by_name["delf"].described, by_name["delf"].failed, by_name["delf"].missing) == (0, 0, 2)


def test_a_withdrawn_photo_is_forgotten():
    image = LandmarkImageFactory(published=True)
    indexing.describe_image(image)
    curation.reject([image], reason="not the place")
    assert not Descriptor.objects.exists()
    assert not LocalFeatureSet.objects.exists()


def test_the_command_describes_what_is_missing_and_says_how_much(capsys):
    LandmarkImageFactory.create_batch(2, published=True)
    call_command("describe_images", limit=1)
    assert "1 photos described" in capsys.readouterr().out
    call_command("describe_images", dry_run=True)
    assert "1 photos lack" in capsys.readouterr().out
    call_command("describe_images")
    assert Descriptor.objects.count() == 2 * len(RANKING)
    assert not indexing.missing_by_any().exists()


@pytest.mark.parametrize(("photos", "processes"), [(1, 0), (39, 1), (100, 4)])
def test_the_command_starts_no_process_for_few_photos(photos, processes, monkeypatch):
    told = {}
    monkeypatch.setattr(indexing, "describe_missing", lambda **options: told.update(options) or 0)
    monkeypatch.setattr(indexing, "missing_by_any", lambda _names: range_of(photos))
    call_command("describe_images", processes=4)
    assert told["processes"] == processes


@pytest.mark.parametrize(("at_once", "processes"), [(1, 16), (8, 4)])
def test_the_command_starts_a_process_for_each_core_or_for_several_where_a_gpu_does_the_most(
    at_once, processes, monkeypatch
):
    told = {}
    monkeypatch.setattr(indexing, "describe_missing", lambda **options: told.update(options) or 0)
    monkeypatch.setattr(indexing, "missing_by_any", lambda _names: range_of(1000))
    monkeypatch.setattr(describe_images, "CORES", 16)
    monkeypatch.setattr(engine, "at_once", lambda: at_once)
    call_command("describe_images")
    assert told["processes"] == processes


def range_of(count: int) -> mock.Mock:
    return mock.Mock(count=lambda: count)


def test_the_command_says_what_to_do_where_a_process_ended_in_the_middle(monkeypatch):
    def breaks(**_options):
        raise BrokenProcessPool

    LandmarkImageFactory(published=True)
    monkeypatch.setattr(indexing, "describe_missing", breaks)
    with pytest.raises(CommandError, match="begin again, with fewer --processes"):
        call_command("describe_images")


def test_what_is_found_in_a_smaller_copy_is_told_in_the_photos_own_pixels(monkeypatch):
    image = LandmarkImageFactory(published=True, size=(2600, 1300))
    seen = []

    class Looking(Quick):
        def describe(self, pixels, *, box=None):
            seen.append(pixels.shape)
            return super().describe(pixels, box=box)

    monkeypatch.setattr(
        methods, "load", lambda name, *, checkpoint=None: Looking(methods.find(name, checkpoint=checkpoint))
    )
    indexing.describe_image(image, names=["delf"])
    assert seen == [(650, 1300, 3)]
    [local] = index.local_features([image.pk], method=methods.find("delf")).values()
    assert local.size == (2600, 1300)
    assert local.keypoints.max() > 1300


def test_the_command_names_the_methods_there_are_where_one_is_unknown():
    with pytest.raises(CommandError, match="cnn_irwnha"):
        call_command("describe_images", methods="surf")
