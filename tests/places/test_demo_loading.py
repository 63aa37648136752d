"""The rendered pictures are there for who has none, and stay out of who has."""

import pytest
from django.urls import reverse

from places import attribution, curation
from places.demo import loading
from places.models import LandmarkImage
from tests.factories import LandmarkFactory, LandmarkImageFactory, drawn_photo

pytestmark = pytest.mark.django_db

SITE = "https://pictures.example.org/"


@pytest.fixture
def pictures(tmp_path):
    for number, slug in enumerate((*loading.SAMPLES, "thap-rua")):
        LandmarkFactory(slug=slug)
        (tmp_path / slug).mkdir()
        for view in (1, 2):
            (tmp_path / slug / f"{view:02}.jpg").write_bytes(drawn_photo(10 * number + view))
    return tmp_path


def test_all_are_published_and_called_rendered_with_their_author_licence_and_source(pictures):
    report = loading.load(site=SITE, pictures=pictures)
    assert len(report.added) == LandmarkImage.objects.published().filter(is_rendered=True).count() == 10
    image = LandmarkImage.objects.first()
    assert (image.licence, image.source_url) == ("CC0 1.0", f"{SITE}licences/#rendered")
    assert not image.missing_attribution
    assert attribution.credit(image, language="en").endswith(
        "via Vietnam Tourism Retrieval"
    )  # whatever its host
    image.is_rendered = False
    assert attribution.source(image) == "pictures.example.org"


def test_the_first_page_offers_the_first_picture_of_four_places(pictures, client):
    loading.load(site=SITE, pictures=pictures)
    samples = LandmarkImage.objects.to_try(4)
    assert {image.landmark.slug for image in samples} == set(loading.SAMPLES)
    assert client.get(reverse("retrieval:home")).content.decode().count("data-rendered") >= 4


def test_loading_again_changes_nothing_that_a_curator_did(pictures):
    loading.load(site=SITE, pictures=pictures)
    refused, *rest = LandmarkImage.objects.order_by("pk")
    curation.reject([refused], reason="A test.")
    LandmarkImage.objects.update(is_sample=False)
    LandmarkImage.objects.filter(pk=rest[-1].pk).update(is_sample=True)
    report = loading.load(site=SITE, pictures=pictures)
    assert report.added == []
    assert LandmarkImage.objects.published().count() == 9
    assert list(LandmarkImage.objects.to_try(4)) == [rest[-1]]


def test_a_run_cut_short_is_gone_on_with(pictures):
    def cut(records):
        yield from records[:3]

    loading.load(site=SITE, pictures=pictures, progress=cut)
    assert len(loading.load(site=SITE, pictures=pictures).added) == 7
    assert LandmarkImage.objects.published().count() == 10
    assert LandmarkImage.objects.filter(is_sample=True).count() == 4


def test_a_catalogue_with_photos_of_its_own_takes_none(pictures):
    LandmarkImageFactory()
    with pytest.raises(loading.HasPhotos):
        loading.load(site=SITE, pictures=pictures)
    assert not LandmarkImage.objects.filter(is_rendered=True).exists()
