"""What visitors do with photos they offer to the catalogue: offer, put right, withdraw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from . import curation, ingest, storage
from .licences import KNOWN, Licence
from .models import Contribution, Landmark, LandmarkImage
from .photo import PhotoRefused

MOST_AT_ONCE = 5
MOST_A_DAY = 50
WITHDRAWN = gettext_noop("Withdrawn by its author.")  # kept as a photo's reason, translated when it is read

State = LandmarkImage.State


# The licences that a contributor may choose from, and what each means to whom it is the own photo.
MEANINGS = {
    "CC BY-SA 4.0": gettext_lazy("Anyone may use it who names you and passes it on under the same licence."),
    "CC BY 4.0": gettext_lazy("Anyone may use it who names you."),
    "CC0 1.0": gettext_lazy("You give up your rights: anyone may use it, and need not name you."),
}
LICENCES = {code: KNOWN[code] for code in MEANINGS}


class TooMany(Exception):
    """A contributor has offered as many photos as one may in a day."""

    def __str__(self) -> str:
        return _("You can offer %(number)d photos a day. Please send this one tomorrow.") % {
            "number": MOST_A_DAY
        }


@dataclass(frozen=True)
class Received:
    """Those that wait for a curator now, and the names of files not taken with the reason of each."""

    waiting: list[LandmarkImage] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def offer(
    files: Iterable[UploadedFile],
    *,
    contributor: models.Model,
    landmark: Landmark | None,
    author: str,
    licence: Licence,
    note: str,
    site: str,
) -> Received:
    """Keep photos as candidates for a place. One refused does not hold up the rest.

    landmark: None where the contributor does not know what they show. site: the address of the home page; a photo's own page on it is named as its source. A photo that this
    contributor has offered and that still waits counts as received: a form may arrive twice.
    """
    received = Received()
    left = (
        MOST_A_DAY
        - Contribution.objects.of(contributor)
        .filter(offered_at__gt=timezone.now() - timedelta(days=1))
        .count()
    )
    for file in files:
        try:
            if left <= 0:
                raise TooMany
            image = keep(
                file.read(settings.PHOTO_MAX_BYTES + 1),  # enough to tell that it is too large
                contributor=contributor,
                landmark=landmark,
                author=author,
                licence=licence,
                note=note,
                site=site,
            )
            left -= 1
        except ingest.Duplicate as duplicate:
            image = duplicate.existing
            offered = (image.contributed_by_id, image.landmark_id, image.state)
            if offered != (contributor.pk, landmark and landmark.pk, State.CANDIDATE):
                received.refused.append((file.name, _why_known(image)))
                continue
        except (PhotoRefused, TooMany) as refusal:
            received.refused.append((file.name, str(refusal)))
            continue
        received.waiting.append(image)
    return received


@transaction.atomic
def keep(
    data: bytes,
    *,
    contributor: models.Model | None,
    landmark: Landmark,
    author: str,
    licence: Licence,
    note: str,
    site: str,
) -> LandmarkImage:
    """Keep one photo that its author puts under a licence, as a candidate whose own page is its source.

    contributor: None for a visitor without an account. Raises PhotoRefused, ingest.Duplicate.
    """
    image = ingest.add(
        data,
        landmark=landmark,
        author=author,
        licence=licence.code,
        licence_url=licence.url,
        contributed_by=contributor,
    )
    Contribution.objects.create(image=image, note=note, may_license=True)
    image.source_url = source_of(image, site=site)
    image.save(update_fields=["source_url"])
    return image


def source_of(image: LandmarkImage, *, site: str) -> str:
    """Where anyone can look up a contributed photo: its own page, in the site's first language."""
    with translation.override(settings.LANGUAGE_CODE):
        return site.rstrip("/") + reverse("places:photo", args=[image.pk])


@transaction.atomic
def put_right(contribution: Contribution, *, author: str, licence: Licence, note: str) -> bool:
    """Change what is said of a photo that waits; False where a curator has decided on it meanwhile."""
    image = LandmarkImage.objects.waiting().select_for_update().filter(pk=contribution.image_id).first()
    if image is None:
        return False
    image.author, image.licence, image.licence_url = author, licence.code, licence.url
    image.save(update_fields=["author", "licence", "licence_url"])
    contribution.note = note
    contribution.save(update_fields=["note"])
    return True


@transaction.atomic
def withdraw(contribution: Contribution) -> None:
    """Take back a photo: one that waits is erased, one that is published is shown no more from now on."""
    image = LandmarkImage.objects.select_for_update().filter(pk=contribution.image_id).first()
    if image is None or image.state == State.REJECTED:
        return
    if image.state == State.PUBLISHED:
        curation.reject([image], reason=WITHDRAWN, actor=image.contributed_by)
        Contribution.objects.filter(pk=contribution.pk).update(decision_seen=True)
        return
    if first := image.near_duplicates.order_by("pk").first():  # another leads the group from now on
        image.near_duplicates.exclude(pk=first.pk).update(near_duplicate_of=first)
        LandmarkImage.objects.filter(pk=first.pk).update(near_duplicate_of=None)
    image.delete()
    transaction.on_commit(lambda: storage.forget(image))


def _why_known(image: LandmarkImage) -> str:
    """Why a photo that the catalogue has is not taken again; nothing is told of what others' photos became."""
    if image.state == State.PUBLISHED:
        return _("This photo is in the catalogue already, at %(place)s.") % {"place": image.landmark}
    if image.state in (State.CANDIDATE, State.HELD):
        return _("This photo has been offered already and waits for a curator.")
    return _("This photo was offered before and turned down or withdrawn.")
