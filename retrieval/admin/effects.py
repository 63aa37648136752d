"""The curators' desk: what accepting photos did to the accuracy of their place."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from places.models import LandmarkImage
from retrieval.models import Effect

from .read_only import ReadOnly

SHOWN = 12  # photos of one row


@admin.register(Effect)
class EffectAdmin(ReadOnly, ModelAdmin):
    """Rows that the worker measures once accepted photos are described."""

    list_display = ["landmark", "at", "found_before", "found_after", "difference", "photos"]
    list_filter = ["method", ("landmark__province", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["landmark"]
    search_fields = ["landmark__name_vi", "landmark__name_en", "landmark__slug"]
    date_hierarchy = "at"
    fields = ["landmark", "at", "found_before", "found_after", "difference", "photos", "method", "version"]

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("images")

    @admin.display(description=gettext_lazy("found before"))
    def found_before(self, effect: Effect) -> str:
        return effect.before or "–"

    @admin.display(description=gettext_lazy("found after"))
    def found_after(self, effect: Effect) -> str:
        return effect.after or "–"

    @admin.display(description=gettext_lazy("difference in percentage points"))
    def difference(self, effect: Effect) -> str:
        return "–" if effect.difference is None else f"{effect.difference:+.0f}"

    @admin.display(description=gettext_lazy("photos"))
    def photos(self, effect: Effect) -> str:
        images = list(effect.images.all())
        shown = format_html_join(
            " ",
            '<a href="{}"><img src="{}" alt="#{}" height="64" loading="lazy"></a>',
            (
                (reverse("admin:places_desk_look", args=[each.pk]), _address(each), each.pk)
                for each in images[:SHOWN]
            ),
        )
        more = len(images) - SHOWN
        return format_html("{} +{}", shown, more) if more > 0 else shown


def _address(image: LandmarkImage) -> str:
    """Where a small copy of it is: a withdrawn one is shown to curators alone."""
    if image.thumbnail:
        return image.thumbnail.url
    return reverse("admin:places_landmarkimage_preview", args=[image.pk])
