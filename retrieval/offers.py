"""Searches that visitors let curators look at, and photos that they give: nothing of either without their consent."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone

from places import contributing, curation
from places.contributing import Licence
from places.models import Landmark, LandmarkImage

from .models import Offer, OfferQuerySet, Query


class NotOffered(Exception):
    """The visitor lets curators look at the search, but does not give its photo."""


class CannotBeOffered(Exception):
    """The search still runs, is private, helps to answer another, or asks with a photo of the catalogue."""


def can_be_offered(query: Query) -> bool:
    """Whether there is a photo of the visitor's own that a curator could look at."""
    is_own = query.part_of_id is None and query.beside_id is None and query.from_image_id is None
    return query.is_done and is_own and not query.private


def offer(query: Query, *, author: str = "", licence: Licence | None = None) -> Offer:
    """Let curators look at a search; with author and licence they may publish its photo too.

    Said again it replaces what was said, until a curator has looked. Raises CannotBeOffered.
    """
    if not can_be_offered(query):
        raise CannotBeOffered
    given = {"author": author if licence else "", "licence": licence.code if licence else ""}
    offer, is_new = Offer.objects.get_or_create(query=query, defaults=given)
    if not is_new:
        Offer.objects.waiting().filter(pk=offer.pk).update(**given)
        offer.refresh_from_db()
    return offer


def take_back(query: Query) -> None:
    """End the consent: curators see the search no more, and a photo that was published is withdrawn."""
    with transaction.atomic():
        offer = (
            Offer.objects.select_for_update(of=("self",)).select_related("image").filter(query=query).first()
        )
        if offer is None:
            return
        if offer.image:
            contributing.withdraw(offer.image.contribution)
        offer.delete()


def accept(offer: Offer, *, landmark: Landmark, actor: models.Model, site: str) -> LandmarkImage:
    """Take a given photo into the catalogue as one of a landmark, and publish it.

    site: the address of the home page; the photo's own page on it is its source. Raises NotOffered,
    PhotoRefused, ingest.Duplicate, curation.Refused, OSError (the photo is gone); then it waits as before.
    """
    if not offer.gives_photo:
        raise NotOffered
    with offer.query.photo.open() as file:
        data = file.read()
    with transaction.atomic():
        image = contributing.keep(
            data,
            contributor=offer.query.user,
            landmark=landmark,
            author=offer.author,
            licence=contributing.LICENCES[offer.licence],
            note="",
            site=site,
        )
        for _image, refusal in curation.publish([image], actor=actor).refused:
            raise refusal
        Offer.objects.filter(pk=offer.pk).update(image=image, handled_at=timezone.now(), handled_by=actor)
    return image


def settle(offers: OfferQuerySet, *, actor: models.Model) -> int:
    """Note that a curator has looked and takes nothing; returns of how many."""
    return offers.filter(handled_at=None).update(handled_at=timezone.now(), handled_by=actor)
