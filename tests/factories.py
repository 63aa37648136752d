"""Rows for tests, and photos drawn by code."""

import functools
import hashlib
import io

import factory
import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from factory.django import DjangoModelFactory
from PIL import Image, ImageDraw

from places import ingest, photo
from places.models import Fact, FormerProvince, Landmark, LandmarkImage, Province

# Whom to thank for a photo, where a test does not mind.
THANKS = {"author": "An Nguyễn", "licence": "CC BY 4.0", "source_url": "https://example.org/an"}


def drawn_photo(seed: int, size: tuple[int, int] = (640, 480), format: str = "JPEG", **save) -> bytes:
    """A picture of its own for each seed: bright shapes with corners and grain before a shaded sky."""
    return encoded(drawn_picture(seed, size), format, **save)


@functools.lru_cache(maxsize=64)
def drawn_picture(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    width, height = size
    dice = np.random.default_rng(seed)
    top, bottom = dice.integers(60, 256, (2, 3))
    sky = np.linspace(top, bottom, height)[:, None, :].repeat(width, axis=1)
    picture = Image.fromarray(sky.astype(np.uint8))
    brush = ImageDraw.Draw(picture)
    for _number in range(60):
        x, y = dice.uniform(0, width), dice.uniform(0, height)
        w, h = dice.uniform(0.03, 0.3) * width, dice.uniform(0.03, 0.3) * height
        colour = tuple(int(level) for level in dice.integers(0, 256, 3))
        if dice.random() < 0.5:
            brush.rectangle((x, y, x + w, y + h), fill=colour, outline="black")
        else:
            corners = dice.uniform((x, y), (x + w, y + h), (int(dice.integers(3, 7)), 2))
            brush.polygon([tuple(corner) for corner in corners], fill=colour, outline="white")
    grain = dice.normal(0, 6, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def encoded(picture: Image.Image, format: str = "JPEG", **save) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **save)
    return buffer.getvalue()


class UserFactory(DjangoModelFactory):
    """A visitor with an account; the password is "secret"."""

    class Meta:
        model = settings.AUTH_USER_MODEL
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"visitor{number}@example.org")
    password = factory.django.Password("secret")


class CuratorFactory(UserFactory):
    is_staff = is_superuser = True


class ProvinceFactory(DjangoModelFactory):
    class Meta:
        model = Province

    slug = factory.Sequence(lambda number: f"province-{number}")
    name_vi = factory.Sequence(lambda number: f"Tỉnh {number}")
    name_en = factory.Sequence(lambda number: f"Province {number}")
    region = Province.Region.RED_RIVER_DELTA


class FormerProvinceFactory(DjangoModelFactory):
    class Meta:
        model = FormerProvince

    name_vi = factory.Sequence(lambda number: f"Tỉnh cũ {number}")
    name_en = factory.Sequence(lambda number: f"Old province {number}")
    province = factory.SubFactory(ProvinceFactory)


class LandmarkFactory(DjangoModelFactory):
    class Meta:
        model = Landmark

    slug = factory.Sequence(lambda number: f"landmark-{number}")
    name_vi = factory.Sequence(lambda number: f"Chùa {number}")
    name_en = factory.Sequence(lambda number: f"Pagoda {number}")
    category = Landmark.Category.PAGODA
    province = factory.SubFactory(ProvinceFactory)


class FactFactory(DjangoModelFactory):
    class Meta:
        model = Fact

    landmark = factory.SubFactory(LandmarkFactory)
    kind = Fact.Kind.HOURS
    text_vi = "Khoảng 8:00–17:00."
    text_en = "About 8:00–17:00."


class LandmarkImageFactory(DjangoModelFactory):
    """A photo with real files, a candidate unless `published=True`; `seed` chooses the picture."""

    class Meta:
        model = LandmarkImage
        exclude = ("data",)

    class Params:
        seed = factory.Sequence(lambda number: 1000 + number)
        size = (320, 240)
        published = factory.Trait(
            state=LandmarkImage.State.PUBLISHED,
            photo=factory.LazyAttribute(lambda row: _served(row.data, 1600, "JPEG")),
            thumbnail=factory.LazyAttribute(lambda row: _served(row.data, 480, "WEBP")),
        )

    data = factory.LazyAttribute(lambda row: drawn_photo(row.seed, row.size))
    landmark = factory.SubFactory(LandmarkFactory)
    author = "An Nguyễn"
    licence = "CC BY-SA 4.0"
    licence_url = "https://creativecommons.org/licenses/by-sa/4.0/"
    source_url = factory.Sequence(lambda number: f"https://example.org/photos/{number}")
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(row.data).hexdigest())
    perceptual_hash = factory.LazyAttribute(lambda row: ingest.perceptual_hash(ingest.as_measured(row.data)))
    width = factory.LazyAttribute(lambda row: row.size[0])
    height = factory.LazyAttribute(lambda row: row.size[1])
    original = factory.LazyAttribute(lambda row: ContentFile(row.data, name="photo.jpg"))


def _served(data: bytes, longest_side: int, format: str) -> ContentFile:
    return ContentFile(photo.served_copy(data, longest_side=longest_side, format=format).data, name="served")
