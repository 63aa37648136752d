"""The curators' desk: searches that visitors let them look at, and photos that they give."""

from django import forms
from django.contrib import admin, messages
from django.db.models import F
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from places import curation, ingest
from places.models import Landmark
from places.photo import PhotoRefused
from retrieval import offers
from retrieval.models import Offer, OfferQuerySet

from .sent import AboutASearch, Handled


class Why(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("why"), "why"

    def lookups(self, request, model_admin) -> list[tuple]:
        several = [("missed", _("Failed and narrow searches")), ("tells", _("Corrected, or a photo given"))]
        return [*several, *Offer.Why.choices]

    def queryset(self, request, rows: OfferQuerySet) -> OfferQuerySet:
        several = {"missed": rows.that_missed, "tells": rows.that_tell}
        if self.value() in several:
            return several[self.value()]()
        return rows.filter(why=self.value()) if self.value() in Offer.Why.values else rows


class OfferActionForm(ActionForm):
    landmark = forms.ModelChoiceField(
        Landmark.objects.standing(), label=gettext_lazy("Landmark, to publish at"), required=False, blank=True
    )


@admin.register(Offer)
class OfferAdmin(AboutASearch, ModelAdmin):
    """Those that wait stand first. Nobody rewrites what a visitor consented to."""

    list_display = ["preview", "in_words", "answered", "said", "gives", "at", "handled_by"]
    list_display_links = ["preview", "in_words"]
    list_filter = [Handled, Why, ("licence", admin.EmptyFieldListFilter)]
    list_select_related = ["query", "image", "handled_by"]
    ordering = [F("handled_at").asc(nulls_first=True), "at"]
    search_fields = ["author", "query__id"]
    fields = readonly_fields = [
        "picture", "in_words", "places", "said", "author", "licence", "at", "image", "handled_at", "handled_by",
    ]  # fmt: skip
    actions = ["accept", "settle"]
    action_form = OfferActionForm

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False  # it is the visitor's to take back

    def get_queryset(self, request: HttpRequest) -> OfferQuerySet:
        return super().get_queryset(request).with_why().prefetch_related("query__corrections__landmark")

    @admin.display(description=gettext_lazy("why"))
    def in_words(self, offer: Offer) -> str:
        return str(Offer.Why(offer.why).label)

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
