"""The doors of the desk: the photos to look through, one of them at large, acts on them, and what was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places import curation, desk, desk_history, reasons, storage
from places.models import CurationEvent, Landmark, LandmarkImage
from places.photo import PhotoRefused
from places.showing import private_photo

TOLD_ONE_BY_ONE = 20  # refusals; of more only the number is told
LAST_REASON = "desk_reason"  # in the session


class Unclear(Exception):
    """The act lacks something that the curator must say; the message asks for it."""


class Desk:
    """The pages of the desk, for the admin of photos: what it lets somebody see and change holds here too."""

    def get_urls(self) -> list:
        pages = {
            "": (self.changelist_view, "places_desk"),
            "chosen/": (self.chosen, "places_desk_chosen"),
            "act/": (self.act, "places_desk_act"),
            "undo/": (self.undo, "places_desk_undo"),
            "places/": (self.places, "places_desk_places"),
            "history/": (self.history, "places_desk_history"),
            "<int:pk>/look/": (self.look, "places_desk_look"),
            "<int:pk>/preview/": (self.preview_file, "places_landmarkimage_preview"),
        }
        wrap = self.admin_site.admin_view
        return [
            path(where, wrap(view), name=name) for where, (view, name) in pages.items()
        ] + super().get_urls()

    # ---- What is looked at ----

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """A page of thumbnails, under filters that stand in the address."""
        self._check(request, change=False)
        form = desk.DeskForm(request.GET, among=self.get_queryset(request))
        context = {
            "title": _("Photos"),
            "form": form,
            "page": form.page(),
            "checked": request.GET.get("check") == "page",
            "press": desk_history.last_press(request.user),
        }
        return self._page(request, "grid", context)

    def chosen(self, request: HttpRequest) -> HttpResponse:
        """All photos that the filter finds, counted before anything is done to them."""
        self._check(request, change=True)
        form = desk.DeskForm(request.GET, among=self.get_queryset(request))
        rows = form.photos.with_last_act().values_list("pk", "last_act")[: desk.MOST_AT_ONCE]
        photos = [f"{pk}:{last_act}" for pk, last_act in rows]
        context = {
            "title": _("All that match"),
            "form": form,
            "photos": " ".join(photos),
            "count": len(photos),
            "examples": form.photos.select_related("landmark")[:12],
            "next": reverse("admin:places_desk") + form.address(),
        }
        return self._page(request, "chosen", context)

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One photo at large, as a page or as the part of one that desk.js shows over the grid."""
        self._check(request, change=False)
        photos = self.get_queryset(request).select_related(
            "landmark__province", "contributed_by", "contribution"
        )
        image = get_object_or_404(photos.with_last_act(), pk=pk)
        look = desk.look(image, curator=request.user)
        changes = desk_history.changes(look.events)
        context = {
            "title": _("Photo #%(number)d") % {"number": image.pk},
            "is_part": _is_fetched(request),
            "look": look,
            "image": image,
            "lines": [(event, changes[event.pk]) for event in look.events],
            "next": self._next(request),
        }
        return self._page(request, "_look" if _is_fetched(request) else "look", context)

    def history(self, request: HttpRequest) -> HttpResponse:
        """Who did what to which photos."""
        self._check(request, change=False)
        form = desk_history.HistoryForm(request.GET)
        presses, older = form.presses()
        changes = desk_history.changes(press.event for press in presses if press.count == 1)
        lines = [(press, changes.get(press.event.pk, [])) for press in presses]
        return self._page(
            request, "history", {"title": _("What was done"), "form": form, "lines": lines, "older": older}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        self._check(request, change=False)
        return redirect(f"{reverse('admin:places_desk_history')}?photo={object_id}")

    def places(self, request: HttpRequest) -> HttpResponse:
        """The likeliest places for what is typed so far: options for desk.js."""
        self._check(request, change=False)
        return self._page(request, "_places", {"places": desk.places_meant(request.GET.get("q", ""))})

    def preview_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A copy of any photo, published or not, for curators alone: small, or with ?large to look at closely."""
        self._check(request, change=False)
        image = get_object_or_404(self.get_queryset(request), pk=pk)
        large = "large" in request.GET
        try:
            data = storage.copy_of(image, large=large)
        except (OSError, PhotoRefused) as error:
            raise Http404 from error
        return private_photo(data, suffix="jpg" if large else "webp", seconds=3600)

    # ---- What is done ----

    def act(self, request: HttpRequest) -> HttpResponse:
        """Do to the photos chosen what the button pressed says, or ask for what it lacks."""
        self._check(request, change=True)
        if request.method != "POST":
            return redirect("admin:places_desk")
        seen = desk.seen_of([*request.POST.getlist("photo"), *request.POST.get("photos", "").split()])
        verb, _colon, argument = request.POST.get("verb", "").partition(":")
        images = list(self.get_queryset(request).filter(pk__in=seen))
        try:
            if not images:
                raise Unclear(_("Choose photos first."))
            outcome = self._do(request, verb, argument, images, seen=seen)
        except (Unclear, curation.Refused) as error:
            return self._tell(request, curation.Outcome(), said=str(error), touched=seen)
        if isinstance(outcome, HttpResponse):
            return outcome
        return self._tell(request, outcome, touched=seen)

    def undo(self, request: HttpRequest) -> HttpResponse:
        """Take back a whole press, or one line of it."""
        self._check(request, change=True)
        if request.method != "POST":
            return redirect("admin:places_desk")
        kind, _colon, number = request.POST.get("undo", "").partition(":")
        try:
            named = {"batch": UUID(number)} if kind == "batch" else {"pk": int(number)}
        except ValueError as error:
            raise Http404 from error
        events = list(CurationEvent.objects.filter(**named).exclude(before={}))
        seen = {event.image_id: event.pk for event in events}
        return self._tell(request, curation.undo(events, actor=request.user), touched=seen)

    def _do(
        self,
        request: HttpRequest,
        verb: str,
        argument: str,
        images: list[LandmarkImage],
        *,
        seen: dict[int, int],
    ) -> curation.Outcome | HttpResponse:
        told: dict[str, Any] = {"actor": request.user, "seen": seen}
        match verb:
            case "publish":
                return curation.publish(images, **told)
            case "reject":
                return curation.reject(images, reason=_reason(request), **told)
            case "move":
                places = desk.places_meant(
                    argument or request.POST.get("slug") or request.POST.get("landmark", "")
                )
                if landmark := desk.the_place_meant(places):
                    return curation.move(images, landmark=landmark, **told)
                return self._ask_where(request, places, images)
            case "keep":
                if keep := _found(images, argument):
                    return curation.keep_only(keep, of=images, **told)
                return self._ask_which(request, images)
            case "apart":
                return curation.set_apart(images[0], **told)
            case "hold":
                return curation.hold(images, **told)
            case "sample":
                return curation.offer(images, **told)
            case "unsample":
                return curation.offer_no_longer(images, **told)
        raise Unclear(_("Choose what to do."))

    def _ask_where(
        self, request: HttpRequest, places: list[Landmark], images: list[LandmarkImage]
    ) -> HttpResponse:
        if not request.POST.get("landmark", "").strip():
            raise Unclear(_("Say where to: name the place."))
        if not places:
            raise Unclear(_("No place is called so."))
        context = {"title": _("Which place do you mean?"), "places": places, "images": images}
        return self._page(request, "which_place", context | self._again(request))

    def _ask_which(self, request: HttpRequest, images: list[LandmarkImage]) -> HttpResponse:
        if len(images) < 2:
            raise Unclear(_("Choose two photos or more, of which one is kept."))
        context = {"title": _("Which one is kept?"), "images": images[: desk.IN_A_GROUP]}
        return self._page(request, "which_photo", context | self._again(request))

    def _again(self, request: HttpRequest) -> dict:
        """What the form that asks once more must carry along."""
        photos = [*request.POST.getlist("photo"), *request.POST.get("photos", "").split()]
        return {"photos": " ".join(photos), "next": self._next(request)}

    def _tell(
        self, request: HttpRequest, outcome: curation.Outcome, *, touched: Mapping[int, int], said: str = ""
    ) -> HttpResponse:
        """Say what became of the photos: in their tiles to desk.js, else above the page that the curator came from."""
        told = said or _counted(outcome)
        if _is_fetched(request):
            return self._tiles(
                request, outcome, touched={*touched, *(image.pk for image in outcome.done)}, said=told
            )
        messages.add_message(request, messages.SUCCESS if outcome.done else messages.WARNING, told)
        for image, refusal in outcome.refused[:TOLD_ONE_BY_ONE]:
            messages.warning(request, f"{image}: {refusal}")
        if (more := len(outcome.refused) - TOLD_ONE_BY_ONE) > 0:
            messages.warning(
                request,
                ngettext("%(count)d more was left so.", "%(count)d more were left so.", more)
                % {"count": more},
            )
        return redirect(self._next(request))

    def _tiles(
        self, request: HttpRequest, outcome: curation.Outcome, *, touched: Collection[int], said: str
    ) -> HttpResponse:
        photos = self.get_queryset(request).filter(pk__in=touched).select_related("landmark").with_last_act()
        refused = {image.pk: str(refusal) for image, refusal in outcome.refused}
        done = {image.pk for image in outcome.done}
        acts = CurationEvent.objects.last_of(done)
        context = {
            "tiles": [
                (image, acts.get(image.pk), refused.get(image.pk, "")) for image in photos.order_by("-pk")
            ],
            "said": said,
            "batch": outcome.batch if done else None,
            "here": self._next(request),
        }
        return self._page(request, "_tiles", context)

    def _check(self, request: HttpRequest, *, change: bool) -> None:
        if not (self.has_change_permission(request) if change else self.has_view_permission(request)):
            raise PermissionDenied

    def _next(self, request: HttpRequest) -> str:
        asked = request.POST.get("next") or request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
        return asked if is_ours else reverse("admin:places_desk")

    def _page(self, request: HttpRequest, name: str, context: dict) -> HttpResponse:
        last_reason = request.session.get(LAST_REASON, "")
        context = (
            self.admin_site.each_context(request)
            | {
                "may_change": self.has_change_permission(request),
                "may_add": self.has_add_permission(request),
                "reasons": reasons.offered(last_reason),
                "last_reason": last_reason,
                "here": request.get_full_path(),
            }
            | context
        )
        return TemplateResponse(request, f"admin/places/desk/{name}.html", context)


def _found(images: list[LandmarkImage], number: str) -> LandmarkImage | None:
    return next((image for image in images if str(image.pk) == number), None)


def _is_fetched(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _reason(request: HttpRequest) -> str:
    """The curator's own words, or else the reason chosen; remembered for the next time."""
    reason = request.POST.get("words", "").strip()[:300] or request.POST.get("reason", "").strip()[:300]
    if not reason:
        raise Unclear(_("Say why: choose a reason, or write one."))
    request.session[LAST_REASON] = reason
    return reason


def _counted(outcome: curation.Outcome) -> str:
    done, refused = len(outcome.done), len(outcome.refused)
    said = ngettext("%(count)d photo changed.", "%(count)d photos changed.", done) % {"count": done}
    if refused:
        said += " " + ngettext(
            "%(count)d was left as it is.", "%(count)d were left as they are.", refused
        ) % {"count": refused}
    return said
