"""What the queues of what visitors send share: whether a curator has handled it, and the photo that it is about."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from places.showing import private_photo
from retrieval import corrections
from retrieval.models import RankedPlace


class Handled(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("handled"), "handled"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("no", gettext_lazy("Waiting")), ("yes", gettext_lazy("Handled"))]

    def queryset(self, request, rows):
        waiting = {"no": True, "yes": False}.get(self.value())
        return rows if waiting is None else rows.filter(handled_at__isnull=waiting)


class AboutASearch:
    """Rows that a visitor sent about a search. Nobody rewrites them: curators act on them in the list."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return obj is None and super().has_change_permission(request)

    def get_queryset(self, request: HttpRequest):
        """With the place answered, as `query.best`."""
        best = RankedPlace.objects.filter(rank=0).select_related("landmark")
        return super().get_queryset(request).prefetch_related(Prefetch("query__places", best, to_attr="best"))

    def get_urls(self) -> list:
        photo = self.admin_site.admin_view(self.photo)
        return [path("<int:pk>/photo/", photo, name=f"{self._named}_photo"), *super().get_urls()]

    @property
    def _named(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def photo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A small copy of the photo asked about, its box drawn, for curators alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.model._default_manager.select_related("query"), pk=pk)
        copy = corrections.photo_with_box(row.query)
        if copy is None:
            raise Http404
        return private_photo(copy, suffix="webp", seconds=None)

    @admin.display(description=gettext_lazy("photo"))
    def preview(self, row, height: int = 96) -> str:
        address = reverse(f"admin:{self._named}_photo", args=[row.pk])
        return format_html('<img src="{}" alt="" loading="lazy" height="{}">', address, height)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, row) -> str:
        return self.preview(row, height=320)

    @admin.display(description=gettext_lazy("place answered"))
    def answered(self, row) -> str:
        best = row.query.best
        return str(best[0].landmark) if best else "–"
