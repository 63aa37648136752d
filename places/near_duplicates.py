"""Pictures that the catalogue has more than once: its groups of near-duplicates, and which of each is best kept."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, Prefetch, Q, QuerySet, Value, When

from .models import LandmarkImage

NOT_REJECTED = ~Q(state=LandmarkImage.State.REJECTED)


@dataclass(frozen=True)
class Group:
    """Photos of one picture, none of them turned down, the best first."""

    lead: int  # the id that all of them share
    images: tuple[LandmarkImage, ...]

    @property
    def best(self) -> LandmarkImage:
        return self.images[0]


def leads() -> QuerySet[LandmarkImage]:
    """The first photos of groups of which two or more are not turned down, the largest groups first."""
    followers = Count("near_duplicates", filter=~Q(near_duplicates__state=LandmarkImage.State.REJECTED))
    own = Case(When(NOT_REJECTED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return (
        LandmarkImage.objects.filter(near_duplicates__isnull=False)
        .annotate(standing=followers + own)
        .filter(standing__gte=2)
        .order_by("-standing", "pk")
    )


def groups_of(leads: QuerySet[LandmarkImage]) -> QuerySet[LandmarkImage]:
    """The same with all that `group` needs, in one query more."""
    standing = LandmarkImage.objects.filter(NOT_REJECTED).select_related("landmark").order_by("pk")
    return leads.select_related("landmark").prefetch_related(
        Prefetch("near_duplicates", standing, to_attr="standing_duplicates")
    )


def group(lead: LandmarkImage) -> Group:
    """The group that a photo of `groups_of` leads."""
    own = [] if lead.state == LandmarkImage.State.REJECTED else [lead]
    images = sorted([*own, *lead.standing_duplicates], key=_merit, reverse=True)
    return Group(lead.pk, tuple(images))


def _merit(image: LandmarkImage) -> tuple:
    """What may be shown stands before what may not, then what has fewer faults, then the larger, then what is shown
    already, then the first."""
    is_published = image.state == LandmarkImage.State.PUBLISHED
    size = image.width * image.height
    return not image.missing_attribution, -len(image.faults), size, is_published, -image.pk
