"""The curators' desk: places that look like each other, and what tells them apart."""

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from retrieval import lookalikes
from retrieval.models import LookAlike


class ToldApart(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("detail"), "detail"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("yes", gettext_lazy("Written")), ("no", gettext_lazy("Still to be written"))]

    def queryset(self, request, pairs):
        unwritten = {"detail_vi": "", "detail_en": ""}
        return {"yes": pairs.exclude(**unwritten), "no": pairs.filter(**unwritten)}.get(self.value(), pairs)


@admin.register(LookAlike)
class LookAlikeAdmin(ModelAdmin):
    """Pairs that find_lookalikes measured; a curator says what tells them apart, or that they are not alike."""

    list_display = ["examples", "__str__", "confused", "is_written", "dismissed"]
    list_display_links = ["__str__"]
    list_filter = [ToldApart, "dismissed", "method"]
    list_per_page = 50
    ordering = ["dismissed", "-confusions", "-similarity"]
    search_fields = [
        f"{side}__{name}" for side in ("first", "second") for name in ("name_vi", "name_en", "slug")
    ]
    fields = ["pictures", "detail_vi", "detail_en", "dismissed", "confused", "alike", "by", "found_at"]
    readonly_fields = ["pictures", "confused", "alike", "by", "found_at"]
    actions = ["not_alike"]

    class Media:
        css = {"all": ["css/lookalikes.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).with_photos()

    @admin.display(description=gettext_lazy("photos"))
    def examples(self, pair: LookAlike, height: int = 96) -> str:
        photos = format_html_join(
            "",
            '<img src="{}" alt="{}" title="{}" loading="lazy" height="{}">',
            ((image.thumbnail.url, landmark, landmark, height) for landmark, image in pair.sides if image),
        )
        return format_html('<div class="lookalike-examples">{}</div>', photos) if photos else "–"

    @admin.display(description=gettext_lazy("photos"))
    def pictures(self, pair: LookAlike) -> str:
        return self.examples(pair, height=240)

    @admin.display(description=gettext_lazy("photos confused"), ordering="confusions")
    def confused(self, pair: LookAlike) -> str:
        return _("%(count)d of %(photos)d") % {"count": pair.confusions, "photos": pair.photos}

    @admin.display(description=gettext_lazy("highest similarity"))
    def alike(self, pair: LookAlike) -> str:
        return f"{pair.similarity:.3f}"

    @admin.display(description=gettext_lazy("detail written"), boolean=True)
    def is_written(self, pair: LookAlike) -> bool:
        return bool(pair.detail)

    @admin.display(description=gettext_lazy("method"))
    def by(self, pair: LookAlike) -> str:
        return f"{pair.method} ({pair.version})"

    @admin.action(description=gettext_lazy("Not alike"), permissions=["change"])
    def not_alike(self, request: HttpRequest, pairs) -> None:
        count = lookalikes.dismiss(pairs)
        told = ngettext("%(count)d pair is not alike.", "%(count)d pairs are not alike.", count)
        messages.success(request, told % {"count": count})
