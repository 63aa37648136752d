import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from places.models import LandmarkImage
from retrieval import index, methods
from retrieval.methods.base import Description, LocalFeatures
from retrieval.models import DescribeFailure, Descriptor, LocalFeatureSet
from tests.factories import THANKS, LandmarkFactory, LandmarkImageFactory, ProvinceFactory

pytestmark = pytest.mark.django_db

GEM = methods.find("cnn_irwnha")
DELF = methods.find("delf")


def direction(angle: float, method=GEM) -> np.ndarray:
    """A unit vector at an angle in the plane of the first two axes, so that similarities are cosines of differences."""
    vector = np.zeros(method.checkpoint.dimensions, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


def photo_at(angle: float, *, method=GEM, **row) -> LandmarkImage:
    image = LandmarkImageFactory(published=True, **row)
    assert index.put(image, method=method, description=Description(direction(angle, method)))
    return image


def many_photos(count: int, *, landmark) -> None:
    """Rows only, without files: enough of them to leave the exact search."""
    images = LandmarkImage.objects.bulk_create(
        LandmarkImage(
            landmark=landmark, state="published", original="o", photo="p", thumbnail="t", sha256=f"{landmark.pk}-{n}",
            perceptual_hash=n, width=1, height=1, **THANKS,
        )
        for n in range(count)
    )  # fmt: skip
    dice = np.random.default_rng(landmark.pk)
    vectors = dice.normal(size=(count, GEM.checkpoint.dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    Descriptor.objects.bulk_create(
        Descriptor(image=image, method=GEM.name, version=GEM.checkpoint.name, vector=vector)
        for image, vector in zip(images, vectors, strict=True)
    )


def test_the_nearest_photos_come_in_the_order_of_their_cosine():
    far, near, middle = photo_at(1.2), photo_at(0.1), photo_at(0.6)
    found = index.nearest(direction(0.0), method=GEM, k=10)
    assert [n.id for n in found] == [near.pk, middle.pk, far.pk]
    assert [n.similarity for n in found] == pytest.approx(np.cos([0.1, 0.6, 1.2]), abs=1e-6)


def test_equal_similarities_are_ordered_by_image():
    first, second = photo_at(0.3), photo_at(0.3)
    assert [n.id for n in index.nearest(direction(0), method=GEM, k=2)] == [first.pk, second.pk]


def test_methods_of_different_dimensions_share_the_table_without_meeting():
    image = photo_at(0.1)
    index.put(image, method=DELF, description=Description(direction(1.5, DELF)))
    assert [n.similarity for n in index.nearest(direction(0), method=GEM, k=5)] == pytest.approx(
        [np.cos(0.1)], abs=1e-6
    )
    assert len(index.nearest(direction(0, DELF), method=DELF, k=5)) == 1


def test_another_version_of_a_method_is_another_index():
    image = photo_at(0.1)
    Descriptor.objects.filter(image=image).update(version="an older checkpoint")
    assert index.nearest(direction(0), method=GEM, k=5) == []


def test_a_filter_returns_as_many_photos_as_there_are():
    hue, wanted = ProvinceFactory(), LandmarkFactory(category="bridge")
    for angle in (0.0, 0.1, 0.2):
        photo_at(angle)
    in_hue = photo_at(1.0, landmark=LandmarkFactory(province=hue))
    bridge = photo_at(1.1, landmark=wanted)
    assert [n.id for n in index.nearest(direction(0), method=GEM, k=5, province=hue)] == [in_hue.pk]
    assert [n.id for n in index.nearest(direction(0), method=GEM, k=5, category="bridge")] == [bridge.pk]
    assert index.nearest(direction(0), method=GEM, k=5, province=hue, category="bridge") == []


def test_describing_again_takes_the_place_of_the_first_description():
    image = photo_at(1.0)
    index.put(image, method=GEM, description=Description(direction(0.0)))
    assert index.nearest(direction(0), method=GEM, k=5)[0].similarity == pytest.approx(1, abs=1e-6)
    assert Descriptor.objects.count() == 1


def test_all_vectors_of_a_method_are_read_at_once_by_image(django_assert_num_queries):
    images = [photo_at(angle) for angle in (0.3, 0.1)]
    index.put(images[0], method=DELF, description=Description(direction(1.5, DELF)))
    with django_assert_num_queries(1):
        ids, vectors = index.vectors_of(GEM)
    assert ids.tolist() == [image.pk for image in images]
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, [direction(0.3), direction(0.1)])


def test_a_method_that_described_nothing_has_no_vectors():
    ids, vectors = index.vectors_of(GEM)
    assert (ids.shape, vectors.shape) == ((0,), (0, GEM.checkpoint.dimensions))


def test_a_withdrawn_photo_is_not_stored():
    image = LandmarkImageFactory()  # a candidate
    assert not index.put(image, method=GEM, description=Description(direction(0)))
    assert not Descriptor.objects.exists()


def test_a_description_clears_the_failure_before_it():
    image = LandmarkImageFactory(published=True)
    DescribeFailure.objects.create(image=image, method=GEM.name, version=GEM.checkpoint.name, reason="once")
    index.put(image, method=GEM, description=Description(direction(0)))
    assert not DescribeFailure.objects.exists()


def test_local_features_are_read_back_as_they_were_stored():
    dice = np.random.default_rng(0)
    descriptors = dice.normal(size=(5, DELF.checkpoint.local_dimensions)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    points = dice.uniform(0, 300, (5, 2)).astype(np.float32)
    local = LocalFeatures(
        points, np.ones(5, np.float32), np.arange(5, 0, -1, dtype=np.float32), descriptors, (320, 240)
    )
    image = LandmarkImageFactory(published=True)
    index.put(image, method=DELF, description=Description(direction(0, DELF), local))

    read = index.local_features([image.pk], method=DELF)[image.pk]
    assert np.abs(read.keypoints - points).max() < 0.5
    assert read.size == (320, 240)
    assert (read.descriptors * descriptors).sum(axis=1).min() > 0.999
    assert LocalFeatureSet.objects.get().count == 5


def test_local_features_are_stored_out_of_line_and_uncompressed():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute WHERE attrelid = 'retrieval_localfeatureset'::regclass "
            "AND attname = 'features'"
        )
        assert cursor.fetchone() == ("e",)


@pytest.mark.django_db(transaction=True)
def test_above_the_limit_the_hnsw_index_answers_and_a_filter_still_returns_all_its_rows(monkeypatch):
    monkeypatch.setattr(index, "EXACT_LIMIT", 50)
    crowd, rare = LandmarkFactory(), LandmarkFactory()
    many_photos(400, landmark=crowd)
    many_photos(3, landmark=rare)
    index.build_index(GEM)
    assert index.has_index(GEM)
    query = direction(0.4)

    exact = index._ordered(
        index.described_by(GEM).annotate(distance=index.CosineDistance("vector", query)), k=20
    )
    with CaptureQueriesContext(connection) as seen:
        found = index.nearest(query, method=GEM, k=20)
    assert any("halfvec" in statement["sql"] for statement in seen)
    assert len(found) == 20
    assert len({n.id for n in found} & {n.id for n in exact}) >= 18

    assert len(index.nearest(query, method=GEM, k=20, province=rare.province)) == 3
    assert len(index.nearest(query, method=GEM, k=100, province=crowd.province)) == 100

    monkeypatch.setattr(
        index, "EXACT_LIMIT", 2
    )  # of 403 rows 3 are rare, and more than are read for being few
    for rare_limit, is_read in ((3, True), (2, False)):
        monkeypatch.setattr(index, "RARE_LIMIT", rare_limit)
        with CaptureQueriesContext(connection) as seen:
            index.nearest(query, method=GEM, k=20, province=rare.province)
        assert any("halfvec" in statement["sql"] for statement in seen) != is_read

    index.drop_index(GEM)
    assert not index.has_index(GEM)


@pytest.mark.django_db(transaction=True)
def test_the_planner_uses_the_hnsw_index_for_the_search_above_the_limit():
    many_photos(300, landmark=LandmarkFactory())
    index.build_index(GEM)
    with CaptureQueriesContext(connection) as seen:
        index._approximate(index.described_by(GEM), direction(0.4), k=10)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute("EXPLAIN " + next(s["sql"] for s in seen if s["sql"].startswith("SELECT")))
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    assert index.index_name(GEM) in plan


def test_vectors_come_by_photo_and_one_that_is_gone_is_left_out():
    first, second = photo_at(0.3), photo_at(1.2)
    found = index.vectors([second.pk, first.pk, 10**9], method=GEM)
    assert found.keys() == {first.pk, second.pk}
    assert found[first.pk].dtype == np.float32
    assert np.array_equal(found[second.pk], direction(1.2))


def test_of_no_photos_there_are_no_vectors():
    assert index.vectors([], method=GEM) == {}


def test_a_method_that_ranks_nothing_stores_its_local_features_alone():
    image, aliked = LandmarkImageFactory(published=True), methods.find("aliked")
    none = np.zeros((0, aliked.checkpoint.local_dimensions), np.float32)
    empty = np.zeros(0, np.float32)
    local = LocalFeatures(np.zeros((0, 2), np.float32), empty, empty, none, (320, 240))
    assert index.put(image, method=aliked, description=Description(empty, local))
    assert not Descriptor.objects.exists()
    assert index.described_by(aliked).get().image == image
    assert index.local_features([image.pk], method=aliked)[image.pk].size == (320, 240)


# The catalogue that a search asks


def published(**filters) -> index.Published:
    return index.Published({method.name: method for method in (GEM, DELF)}, **filters)


def test_the_catalogue_is_asked_method_by_method():
    near, far = photo_at(0.1), photo_at(1.2)
    index.put(far, method=DELF, description=Description(direction(0.2, DELF)))
    by_gem = published().nearest(direction(0), method="cnn_irwnha", k=5)
    assert [candidate.id for candidate in by_gem] == [near.pk, far.pk]
    assert [c.id for c in published().nearest(direction(0, DELF), method="delf", k=5)] == [far.pk]
    assert np.array_equal(published().vectors([far.pk], method="delf")[far.pk], direction(0.2, DELF))
    assert published().local_features([near.pk, far.pk], method="delf") == {}


def test_the_catalogue_lets_pass_what_its_filters_do():
    hue = ProvinceFactory()
    in_hue = photo_at(1.0, landmark=LandmarkFactory(province=hue, category="bridge"))
    photo_at(0.1)
    photo_at(0.2, landmark=LandmarkFactory(province=hue))
    passing = published(province=hue, category="bridge")
    assert [c.id for c in passing.nearest(direction(0), method="cnn_irwnha", k=5)] == [in_hue.pk]
    assert passing.nearest(direction(0, DELF), method="delf", k=5) == []


def test_labels_say_the_landmark_and_the_group_of_near_duplicates(django_assert_num_queries):
    place = LandmarkFactory()
    first = LandmarkImageFactory(published=True, landmark=place)
    copy = LandmarkImageFactory(published=True, landmark=place, near_duplicate_of=first)
    other = LandmarkImageFactory(published=True)
    with django_assert_num_queries(1):
        labels = published().labels([first.pk, copy.pk, other.pk])
    assert {pk: label.landmark for pk, label in labels.items()} == {
        first.pk: place.pk,
        copy.pk: place.pk,
        other.pk: other.landmark_id,
    }
    assert labels[first.pk].duplicates == labels[copy.pk].duplicates != labels[other.pk].duplicates


def test_a_photo_that_was_withdrawn_has_no_label():
    image, candidate = photo_at(0.1), LandmarkImageFactory()
    LandmarkImage.objects.filter(pk=image.pk).update(
        state=LandmarkImage.State.REJECTED, photo="", thumbnail=""
    )
    assert published().labels([image.pk, candidate.pk, 0]) == {}
    assert published().labels([]) == {}
