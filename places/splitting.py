"""One landmark that turned out to be two: a part of its photos and names becomes a place of its own.

What undoes it is `merging.merge(new, into=landmark)`: the photos and names come back, and the new address leads there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from . import catalogue_table, curation
from .models import Landmark, LandmarkImage, LandmarkImageQuerySet


class CannotSplit(Exception):
    """This cannot be split off; the message says why to the curator."""


def together(images: Collection[LandmarkImage], *, of: Landmark) -> LandmarkImageQuerySet:
    """The photos of a landmark that go along when these go: they and their near-duplicates, which show the same."""
    groups = {image.group for image in images}
    same = Q(pk__in=groups) | Q(near_duplicate_of__in=groups)
    return LandmarkImage.objects.filter(same, landmark=of).order_by("pk")


def split(
    landmark: Landmark,
    *,
    new: Landmark,
    images: Iterable[LandmarkImage],
    overlaps: bool = True,
    actor: models.Model,
) -> Landmark:
    """Make `new`, which is not stored yet, a landmark with these photos of another; each names the other on its page.

    A name of `new` that was another name of the landmark is so no longer, and if its slug once led to the landmark,
    it leads to the new one from now on. overlaps: the one stands in the other, so neither counts as wrong for a photo
    of the other. Raises CannotSplit, ValidationError.
    """
    with transaction.atomic():
        landmark = Landmark.objects.select_for_update().get(pk=landmark.pk)
        if landmark.merged_into_id:
            raise CannotSplit(_("%(place)s is itself merged into another place.") % {"place": landmark})
        going = together(list(images), of=landmark)
        if not going:
            raise CannotSplit(_("Choose at least one photo of %(place)s.") % {"place": landmark})
        if Landmark.objects.known_as(new.slug).exclude(pk=landmark.pk).exists():
            raise CannotSplit(_("The address %(slug)s leads to another place already.") % {"slug": new.slug})
        before = catalogue_table.row_of(landmark)
        taken = {name.casefold() for name in (new.name_vi, new.name_en, *new.other_names)}
        landmark.other_names = [name for name in landmark.other_names if name.casefold() not in taken]
        landmark.former_slugs = [slug for slug in landmark.former_slugs if slug != new.slug]
        landmark.save(update_fields=["other_names", "former_slugs", "updated_at"])
        new.split_from = landmark
        new.full_clean()
        new.save()
        if overlaps:
            new.overlaps_with.add(landmark, *landmark.overlaps_with.exclude(pk=new.pk))
        curation.move(going, landmark=new, actor=actor)
        catalogue_table.log(new, [], actor=actor, is_new=True)
        changes = catalogue_table.differences(
            before,
            catalogue_table.row_of(catalogue_table.whole(Landmark.objects.filter(pk=landmark.pk)).get()),
        )
        catalogue_table.log(landmark, changes, actor=actor, note=_split_note(new))
    return new


def _split_note(new: Landmark) -> str:
    return _("%(place)s was split from it.") % {"place": new}
