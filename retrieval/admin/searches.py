"""The curators' desk: what visitors asked."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline

from retrieval.models import Hit, Query, RankedPlace

from .read_only import ReadOnly


class RankedPlaceInline(ReadOnly, TabularInline):
    model = RankedPlace
    fields = ["rank", "landmark", "probability", "share", "votes", "best_similarity", "best_inliers"]
    readonly_fields = fields
    extra = 0
    can_delete = False


class HitInline(ReadOnly, TabularInline):
    model = Hit
    fields = ["rank", "image", "similarity", "inliers"]
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(Query)
class QueryAdmin(ReadOnly, ModelAdmin):
    list_display = ["asked_at", "state", "reason", "verdict", "method", "version", "best_place", "user"]
    list_filter = ["state", "reason", "verdict", "method", "version", "shared"]
    search_fields = ["id", "user__email"]
    date_hierarchy = "asked_at"
    list_select_related = ["user"]
    inlines = [RankedPlaceInline, HitInline]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).filter(private=False).with_own_answer()

    @admin.display(description=gettext_lazy("best place"))
    def best_place(self, query: Query) -> str:
        places = query.places.all()
        return str(places[0].landmark) if places else "–"
