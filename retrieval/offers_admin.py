"""The curators' queue of searches that visitors let them look at, and of photos that they give."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from places import curation, ingest
from places.models import Landmark
from places.photo import PhotoRefused

from . import corrections, offers
from .models import Offer, OfferQuerySet, RankedPlace


class Waiting(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("handled"), "handled"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("no", gettext_lazy("Waiting")), ("yes", gettext_lazy("Handled"))]

    def queryset(self, request, rows: OfferQuerySet) -> OfferQuerySet:
        waiting = {"no": True, "yes": False}.get(self.value())
        return rows if waiting is None else rows.filter(handled_at__isnull=waiting)


class Why(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("why"), "why"

    def lookups(self, request, model_admin) -> list[tuple]:
        return Offer.Why.choices

    def queryset(self, request, rows: OfferQuerySet) -> OfferQuerySet:
        return rows.filter(why=self.value()) if self.value() in Offer.Why.values else rows


class OfferActionForm(ActionForm):
    landmark = forms.ModelChoiceField(
        Landmark.objects.standing(), label=gettext_lazy("Landmark, to publish at"), required=False, blank=True
    )


@admin.register(Offer)
class OfferAdmin(ModelAdmin):
    """Those that wait stand first. Nobody rewrites what a visitor consented to."""

    list_display = ["preview", "in_words", "answered", "said", "gives", "at", "handled_by"]
    list_display_links = ["preview", "in_words"]
    list_filter = [Waiting, Why, ("licence", admin.EmptyFieldListFilter)]
    list_select_related = ["query", "image", "handled_by"]
    ordering = [F("handled_at").asc(nulls_first=True), "at"]
    search_fields = ["author", "query__id"]
    fields = readonly_fields = [
        "picture", "in_words", "places", "said", "author", "licence", "at", "image", "handled_at", "handled_by",
    ]  # fmt: skip
    actions = ["accept", "settle"]
    action_form = OfferActionForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return obj is None and super().has_change_permission(request)  # acted on in the list, never rewritten

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False  # it is the visitor's to take back

    def get_queryset(self, request: HttpRequest) -> OfferQuerySet:
        best = RankedPlace.objects.filter(rank=0).select_related("landmark")
        return (
            super()
            .get_queryset(request)
            .with_why()
            .prefetch_related(Prefetch("query__places", best, to_attr="best"), "query__corrections__landmark")
        )

    def get_urls(self) -> list:
        photo = self.admin_site.admin_view(self.photo)
        return [path("<int:pk>/photo/", photo, name="retrieval_offer_photo"), *super().get_urls()]

    def photo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A small copy of the photo, the box drawn, for curators alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        copy = corrections.photo_with_box(
            get_object_or_404(Offer.objects.select_related("query"), pk=pk).query
        )
        if copy is None:
            raise Http404
        return HttpResponse(copy, content_type="image/webp", headers={"Cache-Control": "private, no-store"})

    @admin.display(description=gettext_lazy("photo"))
    def preview(self, offer: Offer, height: int = 96) -> str:
        address = reverse("admin:retrieval_offer_photo", args=[offer.pk])
        return format_html('<img src="{}" alt="" loading="lazy" height="{}">', address, height)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, offer: Offer) -> str:
        return self.preview(offer, height=320)

    @admin.display(description=gettext_lazy("why"))
    def in_words(self, offer: Offer) -> str:
        return str(Offer.Why(offer.why).label)

    @admin.display(description=gettext_lazy("place answered"))
    def answered(self, offer: Offer) -> str:
        best = offer.query.best
        return str(best[0].landmark) if best else "–"

    @admin.display(description=gettext_lazy("what the visitor says"))
    def said(self, offer: Offer) -> str:
        return ", ".join(map(str, offer.query.corrections.all())) or "–"

    @admin.display(description=gettext_lazy("photo given"), boolean=True)
    def gives(self, offer: Offer) -> bool:
        return offer.gives_photo

    @admin.display(description=gettext_lazy("places answered"))
    def places(self, offer: Offer) -> str:
        ranked = offer.query.places.select_related("landmark")[:5]
        lines = ((place.landmark, place.votes) for place in ranked)
        return format_html_join("", "<p>{}: {}</p>", ((place, _told(votes)) for place, votes in lines)) or "–"

    @admin.action(
        description=gettext_lazy("Publish the photo at the landmark chosen"), permissions=["change"]
    )
    def accept(self, request: HttpRequest, rows: OfferQuerySet) -> None:
        chosen = Landmark.objects.standing().filter(pk=request.POST.get("landmark") or None).first()
        done = 0
        for offer in rows.filter(handled_at=None):
            said = next((each.landmark for each in offer.query.corrections.all() if each.landmark), None)
            landmark = chosen or said
            if landmark is None:
                self._refuse(request, offer, _("Say where to: choose the landmark."))
                continue
            try:
                offers.accept(
                    offer, landmark=landmark, actor=request.user, site=request.build_absolute_uri("/")
                )
                done += 1
            except offers.NotOffered:
                self._refuse(request, offer, _("Its visitor lets you look, but does not give the photo."))
            except (PhotoRefused, ingest.Duplicate, curation.Refused, OSError) as refusal:
                self._refuse(request, offer, str(refusal))
        told = ngettext("%(count)d photo published.", "%(count)d photos published.", done)
        messages.success(request, told % {"count": done})

    @admin.action(description=gettext_lazy("Looked at: nothing to take"), permissions=["change"])
    def settle(self, request: HttpRequest, rows: OfferQuerySet) -> None:
        count = offers.settle(Offer.objects.filter(pk__in=rows.values("pk")), actor=request.user)
        told = ngettext("%(count)d search looked at.", "%(count)d searches looked at.", count)
        messages.success(request, told % {"count": count})

    def _refuse(self, request: HttpRequest, offer: Offer, why: str) -> None:
        messages.warning(request, f"{Offer.Why(offer.why).label}, {offer.at:%d/%m/%Y}: {why}")


def _told(votes: int) -> str:
    return ngettext("%(count)d photo", "%(count)d photos", votes) % {"count": votes}
