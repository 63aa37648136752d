"""What accepting photos did to the accuracy of their place: measured once each is described."""

from __future__ import annotations

from collections import defaultdict

from django.db import models, transaction

from places.models import CurationEvent, Landmark, LandmarkImage
from retrieval.methods.base import Method

from . import index, place_accuracy, serving
from .models import Effect

METHOD = "cnn_irwnha"  # the one whose vectors alone name a place well enough


def of_all_accepted() -> list[Effect]:
    """Measure what is to be measured, place by place; the photos of one place that wait for it count together."""
    method = serving.find(METHOD)
    waiting = defaultdict(list)
    for image in _to_measure(method):
        waiting[image.landmark_id].append(image)
    places = Landmark.objects.in_bulk(waiting)
    return [_measure(places[pk], images, method=method) for pk, images in waiting.items()]


def _to_measure(method: type[Method]) -> models.QuerySet[LandmarkImage]:
    """Photos that a curator published and that are described, of places where none waits for that."""
    accepted = CurationEvent.objects.filter(
        image=models.OuterRef("pk"), verb=CurationEvent.Verb.PUBLISH, actor__isnull=False
    )
    undone = index.missing(method).filter(models.Exists(accepted)).order_by()
    return (
        LandmarkImage.objects.published()
        .filter(models.Exists(accepted), effects=None, pk__in=index.described_by(method).values("image"))
        .exclude(landmark__in=undone.values("landmark"))
        .order_by("pk")
    )


@transaction.atomic
def _measure(landmark: Landmark, images: list[LandmarkImage], *, method: type[Method]) -> Effect:
    before = place_accuracy.of_place(landmark, method=method, without=[image.pk for image in images])
    after = place_accuracy.of_place(landmark, method=method)
    effect = Effect.objects.create(
        landmark=landmark,
        method=method.name,
        version=method.checkpoint.name,
        asked_before=before.asked,
        right_before=before.right,
        asked_after=after.asked,
        right_after=after.right,
    )
    effect.images.set(images)
    return effect
