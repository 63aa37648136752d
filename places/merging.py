"""Two landmarks that turned out to be one: everything of the one goes to the other, and its address leads there."""

from django.db import models, transaction
from django.utils.translation import gettext as _

from . import collecting, curation
from .models import Fact, Landmark


class CannotMerge(Exception):
    """These two cannot be merged; the message says why to the curator."""


def merge(landmark: Landmark, *, into: Landmark, actor: models.Model | None = None) -> None:
    """Make one landmark a part of another's history, with its photos, names, facts and what it overlaps with.

    Its row stays, so that what names it still leads somewhere; what had been merged into it goes along, so that
    no merged landmark leads to another merged one. Raises CannotMerge.
    """
    with transaction.atomic():
        pks = [landmark.pk, into.pk]
        locked = Landmark.objects.select_for_update().order_by("pk").in_bulk(pks)  # in one order: no deadlock
        landmark, into = (locked[pk] for pk in pks)
        if landmark == into:
            raise CannotMerge(_("A place cannot be merged into itself."))
        for each in (landmark, into):
            if each.merged_into_id:
                raise CannotMerge(_("%(place)s is itself merged into another place.") % {"place": each})
        curation.move(landmark.images.all(), landmark=into, actor=actor)
        _hand_over(landmark, into)
        landmark.merged.update(merged_into=into)
        landmark.split_off.exclude(pk=into.pk).update(split_from=into)
        if into.split_from_id == landmark.pk:
            into.split_from = None
            into.save(update_fields=["split_from"])
        landmark.merged_into = into
        landmark.save(update_fields=["merged_into", "wikidata_id", "updated_at"])


def _hand_over(landmark: Landmark, into: Landmark) -> None:
    known = {name.casefold() for name in (into.name_vi, into.name_en, *into.other_names)}
    names = dict.fromkeys((landmark.name_vi, landmark.name_en, *landmark.other_names))
    into.other_names += [name for name in names if name.casefold() not in known]
    item, landmark.wikidata_id = landmark.wikidata_id, ""
    Landmark.objects.filter(pk=landmark.pk).update(
        wikidata_id=""
    )  # before the other takes it: one item, one place
    into.wikidata_id = into.wikidata_id or item
    into.save(update_fields=["other_names", "wikidata_id", "updated_at"])
    into.overlaps_with.add(*landmark.overlaps_with.exclude(pk=into.pk))
    landmark.overlaps_with.clear()
    told = Fact.objects.filter(landmark=into).values("kind")
    landmark.facts.exclude(kind__in=told).update(landmark=into)
    collecting.follow_merge(landmark, into=into)
