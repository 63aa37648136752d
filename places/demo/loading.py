"""The rendered pictures -> the catalogue, for a platform that has no photos of its own yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from places import attribution
from places.importers import Attribution, Record, Report, folder, run
from places.models import LandmarkImage

PICTURES = Path(__file__).parent / "photos"
# Offered on the first page: four kinds of place from all over the country.
SAMPLES = ("cau-vang", "chua-mot-cot", "ngo-mon", "nha-tho-duc-ba-sai-gon")
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


class HasPhotos(Exception):
    """The catalogue has photos of its own, among which pictures of a demo have no place."""


def load(
    *, site: str, progress: Callable[[Iterable[Record]], Iterable[Record]] = iter, pictures: Path = PICTURES
) -> Report:
    """Publish the set, but for what a curator has decided on; a run cut short is gone on with by another.

    site: the address of the home page; its page on licences tells where the pictures come from. Raises
    HasPhotos, OSError.
    """
    if LandmarkImage.objects.filter(is_rendered=False).exists():
        raise HasPhotos
    dataset = folder.read(pictures)
    rendered = tuple(replace(record, is_rendered=True) for record in dataset.records)
    if LandmarkImage.objects.count() >= len(rendered):
        return Report(present=[record.name for record in rendered])
    report = run(replace(dataset, records=rendered), defaults=_made_here(site), progress=progress)
    _offer_samples({name.partition("/")[0] for name in report.added if name.endswith("/01.jpg")})
    return report


def _made_here(site: str) -> Attribution:
    with translation.override(settings.LANGUAGE_CODE):
        source = site.rstrip("/") + reverse("pages:licences") + f"#{attribution.RENDERED}"
    return Attribution(
        author="Vietnam Tourism Retrieval", licence="CC0 1.0", licence_url=CC0, source_url=source
    )


def _offer_samples(new: set[str]) -> None:
    """The first picture of each place that has only just come; what curators chose since stays."""
    firsts = (
        LandmarkImage.objects.published()
        .filter(landmark__slug__in=new.intersection(SAMPLES))
        .order_by("landmark_id", "pk")
        .distinct("landmark_id")
    )
    LandmarkImage.objects.filter(pk__in=firsts.values("pk")).update(is_sample=True)
