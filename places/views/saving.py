"""Saving a place or a photo: to the default collection by one press, or to those chosen."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from places import collecting
from places.forms import KeepForm
from places.models import Collection, Landmark, LandmarkImage
from places.templatetags.saving import kind_of

TO_SAVE = "to_save"  # in the session: what somebody pressed "Save this" at before logging in


def _with_thing(view: Callable) -> Callable:
    """What is done with the place or photo that a request names, and where to go on; one that is gone meanwhile
    is said kindly."""

    @wraps(view)
    def door(request: HttpRequest) -> HttpResponse:
        try:
            thing = _thing(request.GET.dict() | request.POST.dict())
        except Http404:
            messages.warning(request, _("What you wanted to save is not here any more."))
            return redirect(_way_back(request, reverse("places:landmarks")))
        return view(request, thing, _way_back(request, thing.get_absolute_url()))

    return door


@require_POST
@_with_thing
def save(request: HttpRequest, thing: Landmark | LandmarkImage, back: str) -> HttpResponse:
    """Save to the default collection; who is not logged in does so first, and then it is saved."""
    is_htmx = "HX-Request" in request.headers
    if not request.user.is_authenticated:
        request.session[TO_SAVE] = (
            {"image": thing.pk} if kind_of(thing) == "image" else {"landmark": thing.slug}
        )
        messages.info(request, _("Log in, and it is saved."))
        back = redirect_to_login(back).url
    else:
        level, words = _save(thing, owner=request.user)
        if is_htmx and level == messages.SUCCESS:
            saved = {"thing": thing, "kind": kind_of(thing), "is_saved": True, "is_new": True, "next": back}
            return render(request, "places/_save.html", saved)
        messages.add_message(request, level, words)
    return HttpResponse(headers={"HX-Redirect": back}) if is_htmx else redirect(back)


@login_required
@never_cache
@_with_thing
def keep(request: HttpRequest, thing: Landmark | LandmarkImage, back: str) -> HttpResponse:
    """Choose the collections that hold a place or a photo."""
    form = KeepForm(request.POST or None, collections=Collection.objects.of(request.user).holding(thing))
    if form.is_valid():
        try:
            with transaction.atomic():
                chosen = list(form.cleaned_data["collections"])
                if name := form.cleaned_data["name"]:
                    chosen.append(collecting.create(request.user, name=name))
                collecting.keep_in(chosen, owner=request.user, thing=thing)
            messages.success(request, _("Saved.") if chosen else _("Removed."))
            return redirect(back)
        except collecting.LimitReached as limit:
            form.add_error(None, str(limit))
    context = {"thing": thing, "kind": kind_of(thing), "form": form, "next": back}
    return render(request, "places/keep.html", context, status=400 if form.errors else 200)


@receiver(user_logged_in)
def save_what_was_pressed(request: HttpRequest, user, **_kwargs) -> None:
    """What a visitor wanted to save before logging in is saved now, however they came to be logged in."""
    if wanted := request.session.pop(TO_SAVE, None):
        try:
            level, words = _save(_thing(wanted), owner=user)
        except Http404:
            level, words = messages.WARNING, _("What you wanted to save is not here any more.")
        messages.add_message(request, level, words)


def _save(thing: Landmark | LandmarkImage, *, owner) -> tuple[int, str]:
    """Save to the default collection; the level and words of the message that tells of it."""
    collection = collecting.default_of(owner)
    try:
        collecting.save(collection, thing=thing)
    except collecting.LimitReached as limit:
        return messages.ERROR, str(limit)
    return messages.SUCCESS, _("Saved in “%(name)s”.") % {"name": collection.name}


def _thing(asked: dict) -> Landmark | LandmarkImage:
    """The place by its slug, or the published photo by its number. Raises Http404."""
    if number := str(asked.get("image", "")):
        photos = LandmarkImage.objects.published().select_related("landmark")
        return get_object_or_404(photos, pk=number if number.isdecimal() else None)
    slug = asked.get("landmark", "").replace("\0", "")  # which PostgreSQL cannot take
    return get_object_or_404(Landmark.objects.with_places().with_cover(), slug=slug)


def _way_back(request: HttpRequest, otherwise: str) -> str:
    """The page one came from, if it is ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return otherwise
