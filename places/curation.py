"""What curators do to photos: publish, reject, move. Each act is one transaction and one line of history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import models, transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from . import licences, storage
from .models import CurationEvent, Landmark, LandmarkImage
from .photo import PhotoRefused

# Sent inside the transaction, with `image_id`: a listener that hands work on does so on commit.
image_published = Signal()
image_withdrawn = Signal()

State, Verb = LandmarkImage.State, CurationEvent.Verb
SHOWN = ("state", "state_reason", "photo", "thumbnail", "has_renditions")


class Refused(Exception):
    """The act cannot be done to this photo; the message says why to the curator."""


class MissingAttribution(Refused):
    """Its author, licence or source is unknown: it may not be shown. `missing` names the empty fields."""

    def __init__(self, image: LandmarkImage) -> None:
        self.missing = image.missing_attribution
        names = ", ".join(str(LandmarkImage._meta.get_field(name).verbose_name) for name in self.missing)
        super().__init__(_("Missing: %(fields)s.") % {"fields": names})


class NotFree(Refused):
    """Its licence does not let everyone see it, or is not known to."""


@dataclass(frozen=True)
class Outcome:
    """Those changed, and those refused with the reason of each; those that were so already are in neither."""

    done: list[LandmarkImage] = field(default_factory=list)
    refused: list[tuple[LandmarkImage, Refused]] = field(default_factory=list)


def publish(images: Iterable[LandmarkImage], *, actor: models.Model | None = None) -> Outcome:
    """Show photos to everyone. Refused are those without attribution or a licence that allows it, and unreadable ones."""

    def act(image: LandmarkImage) -> CurationEvent | None:
        if image.state == State.PUBLISHED:
            return None
        _check_may_be_shown(image)
        try:
            storage.write_served(image)
            image.state, image.state_reason = State.PUBLISHED, ""
            image.save(update_fields=SHOWN)
        except BaseException as error:
            storage.unwrite_served(image)
            if isinstance(error, OSError | PhotoRefused):
                raise Refused(_("The original cannot be read: %(reason)s") % {"reason": error}) from error
            raise
        image_published.send(LandmarkImage, image_id=image.pk)
        return CurationEvent(verb=Verb.PUBLISH)

    return _each(images, act, actor=actor)


def _check_may_be_shown(image: LandmarkImage) -> None:
    """Raises MissingAttribution, NotFree."""
    if image.missing_attribution:
        raise MissingAttribution(image)
    if why := licences.why_not_shown(image.licence):
        raise NotFree(why)


def reject(images: Iterable[LandmarkImage], *, reason: str, actor: models.Model | None = None) -> Outcome:
    """Turn photos down, and withdraw those that were published: their served files are gone on commit."""
    if not reason.strip():
        raise ValueError("a rejection needs a reason")

    def act(image: LandmarkImage) -> CurationEvent | None:
        if image.state == State.REJECTED:
            return None
        was_published = image.state == State.PUBLISHED
        served = [image.photo.name, image.thumbnail.name]
        image.state, image.state_reason = State.REJECTED, reason
        image.photo, image.thumbnail, image.has_renditions = "", "", False
        image.save(update_fields=SHOWN)
        if was_published:
            image_withdrawn.send(LandmarkImage, image_id=image.pk)
        transaction.on_commit(lambda: storage.delete_served(served))
        return CurationEvent(verb=Verb.REJECT, detail=reason)

    return _each(images, act, actor=actor)


def hold(images: Iterable[LandmarkImage], *, actor: models.Model | None = None) -> Outcome:
    """Keep photos for measurements on this machine alone; those that were published are withdrawn."""

    def act(image: LandmarkImage) -> CurationEvent | None:
        if image.state == State.HELD:
            return None
        was_published = image.state == State.PUBLISHED
        served = [image.photo.name, image.thumbnail.name]
        image.state, image.state_reason, image.is_sample = State.HELD, "", False
        image.photo, image.thumbnail, image.has_renditions = "", "", False
        image.save(update_fields=[*SHOWN, "is_sample"])
        if was_published:
            image_withdrawn.send(LandmarkImage, image_id=image.pk)
        transaction.on_commit(lambda: storage.delete_served(served))
        return CurationEvent(verb=Verb.HOLD)

    return _each(images, act, actor=actor)


def move(
    images: Iterable[LandmarkImage], *, landmark: Landmark, actor: models.Model | None = None
) -> Outcome:
    """Say that photos show another landmark; what is published stays so."""

    def act(image: LandmarkImage) -> CurationEvent | None:
        if image.landmark_id == landmark.pk:
            return None
        detail = f"{image.landmark.slug} → {landmark.slug}"
        image.landmark = landmark
        image.save(update_fields=["landmark"])
        return CurationEvent(verb=Verb.MOVE, detail=detail)

    return _each(images, act, actor=actor)


def _each(
    images: Iterable[LandmarkImage],
    act: Callable[[LandmarkImage], CurationEvent | None],
    *,
    actor: models.Model | None,
) -> Outcome:
    """Do an act to each photo under its row's lock; one that is refused does not hold up the rest."""
    outcome = Outcome()
    for pk in [image.pk for image in images]:
        with transaction.atomic():
            image = (
                LandmarkImage.objects.select_for_update(of=("self",))
                .select_related("landmark")
                .filter(pk=pk)
                .first()
            )
            if image is None:
                continue  # deleted meanwhile
            try:
                event = act(image)
            except Refused as refusal:
                outcome.refused.append((image, refusal))
                continue
            if event is not None:
                event.image, event.actor = image, actor
                event.save()
                outcome.done.append(image)
    return outcome
