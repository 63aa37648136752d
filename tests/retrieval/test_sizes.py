from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from places import finishing
from retrieval import index, methods, sizes
from retrieval.methods.base import Description
from tests.factories import LandmarkImageFactory

pytestmark = pytest.mark.django_db

GEM = methods.find("cnn_irwnha")


def test_a_photos_files_rows_and_vectors_are_measured_one_by_one():
    photos = [LandmarkImageFactory(published=True, size=(1000, 700)) for _ in range(2)]
    vector = np.full(GEM.checkpoint.dimensions, GEM.checkpoint.dimensions**-0.5, np.float32)
    for photo in photos:
        index.put(photo, method=GEM, description=Description(vector))
    finishing.make_renditions(photos[0])
    photos[0].refresh_from_db()
    by_name = {size.what: size for size in sizes.measure(sample=10)}
    assert by_name["original"].bytes == sum(photo.original.size for photo in photos) / 2
    assert by_name["thumbnail"].of == 2
    assert by_name["rendition 960 AVIF"].of == 1
    described = by_name[f"cnn_irwnha ({GEM.checkpoint.name})"]
    assert described.of == 2
    assert 4 * GEM.checkpoint.dimensions <= described.bytes <= 4 * GEM.checkpoint.dimensions + 64


def test_the_command_reckons_for_as_many_photos_as_it_is_asked_about():
    LandmarkImageFactory(published=True)
    said = StringIO()
    call_command("measure_sizes", "--photos", "2000000", stdout=said)
    measured = sizes.measure(sample=500)
    expected = sizes.of_a_photo(measured, sizes.FILES) * 2_000_000 / 1e9
    assert f"2,000,000 photos: files {expected:,.1f} GB" in said.getvalue()


def test_where_there_is_no_photo_nothing_is_measured():
    with pytest.raises(CommandError, match="no published photo"):
        call_command("measure_sizes")
