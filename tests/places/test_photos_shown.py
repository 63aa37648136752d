"""How pages show photos: in the size and format that suit a screen, and never moving what stands below."""

import re

import pytest
from django.template import Context, Template

from places import curation, finishing
from places.models import Landmark, LandmarkImage
from tests.factories import LandmarkFactory, LandmarkImageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def shown(image: LandmarkImage, **told) -> str:
    template = Template('{% load photos %}{% photo image alt=alt sizes="50vw" first=first %}')
    return template.render(Context({"image": image, "alt": "A photo", "first": False} | told))


def cover_of(landmark: Landmark) -> str:
    read = Landmark.objects.with_cover().get(pk=landmark.pk)
    return Template('{% load covers %}{% cover landmark sizes="20rem" %}').render(Context({"landmark": read}))


@pytest.fixture
def image() -> LandmarkImage:
    image = LandmarkImageFactory(size=(1000, 2000))
    curation.publish([image])
    finishing.make_renditions(image)
    image.refresh_from_db()
    return image


def test_a_photo_is_offered_as_avif_then_webp_then_jpeg(image):
    html, name = shown(image), f"{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}"
    assert re.findall(r'<source type="(.+?)" srcset="(.+?)" sizes="50vw">', html) == [
        (
            "image/avif",
            f"/media/renditions/480/{name}.avif 240w, /media/renditions/960/{name}.avif 480w, "
            f"/media/renditions/1600/{name}.avif 800w",
        ),
        (
            "image/webp",
            f"/media/thumbnails/{name}.webp 240w, /media/renditions/960/{name}.webp 480w, "
            f"/media/renditions/1600/{name}.webp 800w",
        ),
    ]
    assert (
        f'<img src="/media/photos/{name}.jpg" width="1000" height="2000" alt="A photo" loading="lazy"' in html
    )


def test_every_file_that_a_page_offers_is_there(image, client):
    for url in re.findall(r"/media/\S+?\.(?:avif|webp|jpg)", shown(image)):
        assert image.photo.storage.exists(url.removeprefix("/media/")), url


def test_a_photo_without_renditions_is_shown_by_what_there_is():
    image = LandmarkImageFactory(published=True, size=(1000, 500))
    html = shown(image)
    assert "<source" not in html
    assert f'srcset="{image.thumbnail.url} 480w, {image.photo.url} 1000w" sizes="50vw"' in html


def test_the_first_photo_of_a_page_is_not_fetched_late(image):
    assert 'fetchpriority="high"' in shown(image, first=True)
    assert "lazy" not in shown(image, first=True)


def test_the_words_of_a_photo_cannot_break_out_of_it(image):
    assert 'alt="&quot;&gt;&lt;b&gt;"' in shown(image, alt='"><b>')


def test_a_cover_is_the_first_published_photo_in_several_sizes(image):
    LandmarkImageFactory(landmark=image.landmark, published=True)
    html = cover_of(image.landmark)
    assert html == shown(image, alt="").replace("50vw", "20rem")


def test_without_a_photo_the_cover_is_a_scene():
    landmark = LandmarkFactory(category="bay")
    LandmarkImageFactory(landmark=landmark)  # not published
    assert 'src="/static/img/water.svg" width="400" height="300" alt=""' in cover_of(landmark)


def test_a_rendered_picture_says_so_on_itself_wherever_it_stands(image):
    LandmarkImage.objects.update(is_rendered=True)
    image.refresh_from_db()
    for html in (shown(image), cover_of(image.landmark)):
        assert '<picture data-rendered="Ảnh dựng">' in html


def test_a_photo_is_called_nothing_else(image):
    assert "data-rendered" not in shown(image)
