"""What curators do to photos: publish, reject, move, and what goes with it. Each act is one line of a photo's history.

An act is what changes of a photo: before and after. Taking it back is an act too, whose after is that before. Those
who act on what a page shows say which version they saw (`seen`: by a photo's id the id of its latest act, 0 for none),
and what somebody else has changed since is left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from . import licences, storage
from .models import CurationEvent, Landmark, LandmarkImage
from .photo import PhotoRefused

# Sent inside the transaction, with `image_ids`: a listener that hands work on does so on commit.
image_published = Signal()
image_withdrawn = Signal()

State, Verb = LandmarkImage.State, CurationEvent.Verb
TOLD = ("author", "licence", "licence_url", "source_url")
DUPLICATE_OF = (
    "Near-duplicate of #%(photo)d"  # kept as a reason; `places.reasons` says it in the reader's language
)
AT_ONCE = 100  # photos locked and written together
ENCODERS = 4  # at a time; they let each other run


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


class Overtaken(Refused):
    """Somebody has acted on the photo since; `event` is their act."""

    def __init__(self, event: CurationEvent) -> None:
        self.event = event
        who = event.actor and (event.actor.get_full_name() or str(event.actor))
        told = {
            "who": who or _("somebody"),
            "when": date_format(timezone.localtime(event.at), "H:i d/m/Y"),
            "what": event.get_verb_display(),
        }
        super().__init__(_("Changed meanwhile by %(who)s at %(when)s: %(what)s. It was left so.") % told)


@dataclass(frozen=True)
class Change:
    """What an act makes of one photo: its columns' new values, and what the history says of it."""

    after: dict[str, Any]
    detail: str = ""
    undoes: CurationEvent | None = None


@dataclass(frozen=True)
class Outcome:
    """Those changed, and those refused with the reason of each; those that were so already are in neither.

    `batch` is what their lines of history share.
    """

    done: list[LandmarkImage] = field(default_factory=list)
    refused: list[tuple[LandmarkImage, Refused]] = field(default_factory=list)
    batch: uuid.UUID = field(default_factory=uuid.uuid4, compare=False)


Seen = Mapping[int, int]
Decide = Callable[[LandmarkImage, CurationEvent | None], Change]


def publish(
    images: Iterable[LandmarkImage], *, actor: models.Model | None = None, seen: Seen | None = None
) -> Outcome:
    """Show photos to everyone. Refused are those without place, attribution or a licence that allows it, and
    unreadable ones.
    """
    change = Change({"state": State.PUBLISHED, "state_reason": ""})
    return _act(images, Verb.PUBLISH, lambda image, last: change, actor=actor, seen=seen)


def reject(
    images: Iterable[LandmarkImage],
    *,
    reason: str,
    actor: models.Model | None = None,
    seen: Seen | None = None,
) -> Outcome:
    """Turn photos down, and withdraw those that were published: their served files are gone on commit."""
    if not reason.strip():
        raise ValueError("a rejection needs a reason")

    def decide(image: LandmarkImage, _last: CurationEvent | None) -> Change:
        if image.state == State.REJECTED:
            return Change({})
        return Change({"state": State.REJECTED, "state_reason": reason}, detail=reason)

    return _act(images, Verb.REJECT, decide, actor=actor, seen=seen)


def hold(
    images: Iterable[LandmarkImage], *, actor: models.Model | None = None, seen: Seen | None = None
) -> Outcome:
    """Keep photos for measurements on this machine alone; those that were published are withdrawn."""
    change = Change({"state": State.HELD, "state_reason": "", "is_sample": False})
    return _act(images, Verb.HOLD, lambda image, last: change, actor=actor, seen=seen)


def move(
    images: Iterable[LandmarkImage],
    *,
    landmark: Landmark,
    actor: models.Model | None = None,
    seen: Seen | None = None,
) -> Outcome:
    """Say that photos show another landmark; what is published stays so."""

    def decide(image: LandmarkImage, _last: CurationEvent | None) -> Change:
        before = image.landmark.slug if image.landmark else "–"
        return Change({"landmark_id": landmark.pk}, detail=f"{before} → {landmark.slug}")

    return _act(images, Verb.MOVE, decide, actor=actor, seen=seen)


def offer(images: Iterable[LandmarkImage], *, actor: models.Model, seen: Seen | None = None) -> Outcome:
    """Offer photos as samples to search with; only what is published can be."""

    def decide(image: LandmarkImage, _last: CurationEvent | None) -> Change:
        if image.state != State.PUBLISHED:
            raise Refused(_("Only a published photo can be offered as a sample."))
        return Change({"is_sample": True})

    return _act(images, Verb.SAMPLE, decide, actor=actor, seen=seen)


def offer_no_longer(
    images: Iterable[LandmarkImage], *, actor: models.Model, seen: Seen | None = None
) -> Outcome:
    change = Change({"is_sample": False})
    return _act(images, Verb.UNSAMPLE, lambda image, last: change, actor=actor, seen=seen)


def credit(
    image: LandmarkImage, *, told: Mapping[str, str], actor: models.Model, seen: Seen | None = None
) -> Outcome:
    """Put right what is said of a photo's author, licence and source. What is published keeps all three."""
    after = {name: told[name] for name in TOLD if name in told}
    if licence := licences.known(after.get("licence", "")):
        after["licence"] = licence.code
        after["licence_url"] = after.get("licence_url") or licence.url
    change = Change(after)
    return _act([image], Verb.CREDIT, lambda image, last: change, actor=actor, seen=seen)


@transaction.atomic
def keep_only(
    keep: LandmarkImage,
    *,
    of: Iterable[LandmarkImage],
    actor: models.Model | None = None,
    seen: Seen | None = None,
) -> Outcome:
    """Of photos that are one picture keep one, and reject the others as its near-duplicates.

    They become one group, along with what was grouped with them. Raises Refused where the one to keep is turned
    down itself, maybe by somebody who kept another of them.
    """
    others = {image.pk for image in of} - {keep.pk}
    locked = LandmarkImage.objects.select_for_update(of=("self",)).order_by("pk")
    keep = {image.pk: image for image in locked.filter(pk__in={keep.pk, *others})}[keep.pk]
    if keep.state == State.REJECTED:
        raise Refused(_("The photo to keep has been turned down itself."))
    group = keep.group
    strangers = LandmarkImage.objects.filter(pk__in=others).exclude(near_duplicate_of=group)
    brought = LandmarkImage.objects.filter(near_duplicate_of__in=strangers.exclude(pk=group).values("pk"))
    joined = _act(
        brought.exclude(pk__in={keep.pk, *others}),
        Verb.GROUP,
        lambda image, last: Change({"near_duplicate_of_id": group}),
        actor=actor,
    )
    reason = DUPLICATE_OF % {"photo": keep.pk}

    def decide(image: LandmarkImage, _last: CurationEvent | None) -> Change:
        after: dict[str, Any] = {} if image.pk == group else {"near_duplicate_of_id": group}
        if image.state != State.REJECTED:
            after |= {"state": State.REJECTED, "state_reason": reason}
        return Change(after, detail=reason)

    others_of = LandmarkImage.objects.filter(pk__in=others)
    outcome = _act(others_of, Verb.REJECT, decide, actor=actor, seen=seen, batch=joined.batch)
    return Outcome(joined.done + outcome.done, outcome.refused, joined.batch)


@transaction.atomic
def set_apart(image: LandmarkImage, *, actor: models.Model, seen: Seen | None = None) -> Outcome:
    """Say that a photo is no near-duplicate; where it led its group, the next of it leads from now on."""
    followers = list(image.near_duplicates.order_by("pk").values_list("pk", flat=True))
    leads: dict[int, int | None] = {
        image.pk: None,
        **dict.fromkeys(followers, followers[0] if followers else None),
    }
    if followers:
        leads[followers[0]] = None
    return _act(
        LandmarkImage.objects.filter(pk__in=leads),
        Verb.UNGROUP,
        lambda image, last: Change({"near_duplicate_of_id": leads[image.pk]}),
        actor=actor,
        seen=seen,
    )


def undo(events: Iterable[CurationEvent], *, actor: models.Model) -> Outcome:
    """Take acts back: each photo is again as it was before, served files and all.

    Refused for a photo on which somebody has acted since.
    """
    acts = {event.image_id: event for event in events}
    standing = _standing(event.before.get("landmark_id") for event in acts.values())
    ours = {pk for pk, event in CurationEvent.objects.last_of(acts).items() if event.pk == acts[pk].pk}

    def decide(image: LandmarkImage, last: CurationEvent | None) -> Change:
        event = acts[image.pk]
        if last is not None and last.pk != event.pk:
            raise Overtaken(last)
        if not event.before:
            raise Refused(_("This was done before acts could be taken back."))
        before = dict(event.before)
        if before.get("landmark_id"):
            if before["landmark_id"] not in standing:
                raise Refused(_("The place it was at is no more."))
            before["landmark_id"] = standing[before["landmark_id"]]
        if lead := before.get("near_duplicate_of_id"):
            if image.near_duplicates.exclude(pk__in=acts).exists():
                raise Refused(_("Other photos have joined its group since."))
            if lead not in ours:  # else it will lead again, by this very undoing
                found = LandmarkImage.objects.filter(pk=lead).first()
                before["near_duplicate_of_id"] = found.group if found and found.group != image.pk else None
        return Change(before, undoes=event)

    images = LandmarkImage.objects.filter(pk__in=acts)
    return _act(images, Verb.UNDO, decide, actor=actor)


def _standing(landmarks: Iterable[int | None]) -> dict[int, int]:
    """What each of these landmarks is today: itself, or what it was merged into."""
    rows = Landmark.objects.filter(pk__in=set(landmarks) - {None}).values_list("pk", "merged_into")
    return {pk: merged_into or pk for pk, merged_into in rows}


def _act(
    images: Iterable[LandmarkImage],
    verb: str,
    decide: Decide,
    *,
    actor: models.Model | None,
    seen: Seen | None = None,
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Do an act to each photo under its row's lock; one that is refused does not hold up the rest."""
    outcome = Outcome(batch=batch or uuid.uuid4())
    pks = sorted({image.pk for image in images})  # always locked in this order: no deadlock
    for start in range(0, len(pks), AT_ONCE):
        _act_on(pks[start : start + AT_ONCE], verb, decide, outcome, actor=actor, seen=seen or {})
    return outcome


def _act_on(
    pks: list[int], verb: str, decide: Decide, outcome: Outcome, *, actor: models.Model | None, seen: Seen
) -> None:
    written: list[LandmarkImage] = []
    try:
        with transaction.atomic():
            plans = list(_plans(pks, decide, outcome, seen=seen))
            entering = [image for image, before, _change in plans if _enters(image, before)]
            written += entering
            unreadable = dict(_write_served(entering))
            for image, error in unreadable.items():
                storage.unwrite_served(image)
                reason = Refused(_("The original cannot be read: %(reason)s") % {"reason": error})
                outcome.refused.append((LandmarkImage.objects.get(pk=image.pk), reason))
            plans = [plan for plan in plans if plan[0] not in unreadable]
            _save(plans, verb, outcome, actor=actor)
    except BaseException:
        for image in written:
            storage.unwrite_served(image)
        raise


Plan = tuple[LandmarkImage, dict[str, Any], Change]


def _plans(pks: list[int], decide: Decide, outcome: Outcome, *, seen: Seen) -> Iterator[Plan]:
    """Each photo that the act changes, changed but not saved, with what it was before. Its row is locked."""
    locked = LandmarkImage.objects.select_for_update(of=("self",)).select_related("landmark")
    images = list(locked.filter(pk__in=pks).order_by("pk"))
    acts = CurationEvent.objects.last_of(pks)
    for image in images:
        last, before = acts.get(image.pk), {}
        try:
            if last and last.pk > seen.get(image.pk, last.pk):
                raise Overtaken(last)
            change = decide(image, last)
            before = {name: old for name, new in change.after.items() if (old := getattr(image, name)) != new}
            for name in before:
                setattr(image, name, change.after[name])
            if _enters(image, before) or (image.state == State.PUBLISHED and {*before} & {*TOLD}):
                _check_that_it_may_be_shown(image)
        except Refused as refusal:
            for name, old in before.items():
                setattr(image, name, old)
            outcome.refused.append((image, refusal))
            continue
        if before:
            yield image, before, change


def _enters(image: LandmarkImage, before: Mapping[str, Any]) -> bool:
    return "state" in before and image.state == State.PUBLISHED


def _check_that_it_may_be_shown(image: LandmarkImage) -> None:
    if image.landmark_id is None:
        raise Refused(_("It is not said which place it shows."))
    if image.missing_attribution:
        raise MissingAttribution(image)
    if why := licences.why_not_shown(image.licence):
        raise NotFree(why)


def _write_served(images: list[LandmarkImage]) -> Iterator[tuple[LandmarkImage, Exception]]:
    """Write the files of photos side by side; those that cannot be read come back with the reason."""

    def write(image: LandmarkImage) -> Exception | None:
        try:
            storage.write_served(image)
        except (OSError, PhotoRefused) as error:
            return error
        return None

    with ThreadPoolExecutor(ENCODERS) as threads:
        for image, error in zip(images, threads.map(write, images), strict=True):
            if error:
                yield image, error


def _save(plans: list[Plan], verb: str, outcome: Outcome, *, actor: models.Model | None) -> None:
    """Write what changed with its history, announce it, and remove on commit what may be served no more."""
    published, withdrawn, served, columns = [], [], [], set()
    for image, before, _change in plans:
        if _enters(image, before):
            published.append(image.pk)
        elif before.get("state") == State.PUBLISHED:
            withdrawn.append(image.pk)
            served += [image.photo.name, image.thumbnail.name]
            image.photo, image.thumbnail, image.has_renditions = "", "", False
        columns |= {*before}
    if "state" in columns:
        columns |= {"photo", "thumbnail", "has_renditions"}
    if not plans:
        return
    LandmarkImage.objects.bulk_update([image for image, _before, _change in plans], columns)
    CurationEvent.objects.bulk_create(
        CurationEvent(
            image=image,
            actor=actor,
            verb=verb,
            detail=change.detail,
            before=before,
            after={name: getattr(image, name) for name in before},
            undoes=change.undoes,
            batch=outcome.batch,
        )
        for image, before, change in plans
    )
    for signal, image_ids in ((image_published, published), (image_withdrawn, withdrawn)):
        if image_ids:
            signal.send(LandmarkImage, image_ids=image_ids)
    transaction.on_commit(lambda: storage.withdraw_served(served))
    outcome.done.extend(image for image, _before, _change in plans)
