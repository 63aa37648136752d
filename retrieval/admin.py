"""For curators: how much of the catalogue each method has described, and what visitors asked."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline

from . import corrections, indexing, lookalikes, serving, tasks
from .desk import urls as desk
from .models import (
    Calibration,
    Correction,
    DescribeFailure,
    Descriptor,
    Evaluation,
    Hit,
    LookAlike,
    NightlyTuning,
    Query,
    RankedPlace,
    ServableCheckpoint,
    WorkerPulse,
)


class ReadOnly:
    """Rows that only the platform writes."""

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Descriptor)
class DescriptorAdmin(ReadOnly, ModelAdmin):
    """Its list is the coverage of the catalogue: a line per method, and the two things to do about gaps."""

    def get_urls(self) -> list:
        describe = self.admin_site.admin_view(self.describe_missing)
        return [
            path("describe/", describe, name="retrieval_descriptor_describe"),
            *desk.pages(self.admin_site),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": gettext_lazy("Coverage"),
            "opts": self.opts,
            "coverage": indexing.coverage(),
            "worker_alive": WorkerPulse.any_alive(),
            "may_describe": request.user.has_perm("retrieval.add_descriptor"),
        }
        return TemplateResponse(request, "admin/retrieval/coverage.html", context)

    def describe_missing(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("retrieval.add_descriptor"):
            raise PermissionDenied
        if request.method == "POST":
            tasks.describe_missing_soon()
            messages.success(request, _("Describing what is missing has been queued."))
        return redirect("admin:retrieval_descriptor_changelist")


@admin.register(DescribeFailure)
class DescribeFailureAdmin(ReadOnly, ModelAdmin):
    list_display = ["image", "method", "version", "reason", "at"]
    list_filter = ["method", "version"]
    list_select_related = ["image__landmark"]
    search_fields = ["reason", "image__landmark__name_vi", "image__landmark__name_en"]
    actions = ["try_again"]

    @admin.action(description=gettext_lazy("Try again"), permissions=["delete"])
    def try_again(self, request: HttpRequest, failures) -> None:
        count, _by_model = failures.delete()
        tasks.describe_missing_soon()
        messages.success(
            request, ngettext("%(count)d photo queued.", "%(count)d photos queued.", count) % {"count": count}
        )


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


class Handled(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("handled"), "handled"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("no", gettext_lazy("Waiting")), ("yes", gettext_lazy("Handled"))]

    def queryset(self, request, rows):
        waiting = {"no": True, "yes": False}.get(self.value())
        return rows if waiting is None else rows.filter(handled_at__isnull=waiting)


@admin.register(Correction)
class CorrectionAdmin(ModelAdmin):
    """The queue of what visitors say of their answers, those still waiting first. Nobody rewrites their words."""

    list_display = ["preview", "answered", "in_words", "note", "at", "is_true"]
    list_display_links = ["preview", "in_words"]
    list_filter = [Handled, "said", "is_true"]
    list_select_related = ["query", "landmark"]
    ordering = [F("handled_at").asc(nulls_first=True), "-at"]
    search_fields = ["note", "query__id", "landmark__name_vi", "landmark__name_en"]
    fields = readonly_fields = [
        "picture", "answered", "in_words", "landmark", "note", "user", "at", "is_true", "handled_at", "handled_by",
    ]  # fmt: skip
    actions = ["find_true", "find_false", "reopen"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return obj is None and super().has_change_permission(request)  # acted on in the list, never rewritten

    def get_queryset(self, request: HttpRequest):
        best = RankedPlace.objects.filter(rank=0).select_related("landmark")
        return super().get_queryset(request).prefetch_related(Prefetch("query__places", best, to_attr="best"))

    def get_urls(self) -> list:
        photo = self.admin_site.admin_view(self.photo)
        return [path("<int:pk>/photo/", photo, name="retrieval_correction_photo"), *super().get_urls()]

    def photo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A small copy of the photo asked about, its box drawn, for curators alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        copy = corrections.photo_with_box(
            get_object_or_404(Correction.objects.select_related("query"), pk=pk).query
        )
        if copy is None:
            raise Http404
        return HttpResponse(copy, content_type="image/webp", headers={"Cache-Control": "private, no-store"})

    @admin.display(description=gettext_lazy("photo"))
    def preview(self, correction: Correction, height: int = 96) -> str:
        address = reverse("admin:retrieval_correction_photo", args=[correction.pk])
        return format_html('<img src="{}" alt="" loading="lazy" height="{}">', address, height)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, correction: Correction) -> str:
        return self.preview(correction, height=320)

    @admin.display(description=gettext_lazy("place answered"))
    def answered(self, correction: Correction) -> str:
        best = correction.query.best
        return str(best[0].landmark) if best else "–"

    @admin.display(description=gettext_lazy("what the visitor says"), ordering="said")
    def in_words(self, correction: Correction) -> str:
        return str(correction)

    @admin.action(description=gettext_lazy("Handled: the visitor is right"), permissions=["change"])
    def find_true(self, request: HttpRequest, rows) -> None:
        self._tell(request, corrections.handle(rows, is_true=True, actor=request.user))

    @admin.action(description=gettext_lazy("Handled: the visitor is mistaken"), permissions=["change"])
    def find_false(self, request: HttpRequest, rows) -> None:
        self._tell(request, corrections.handle(rows, is_true=False, actor=request.user))

    @admin.action(description=gettext_lazy("Put back into the queue"), permissions=["change"])
    def reopen(self, request: HttpRequest, rows) -> None:
        self._tell(request, corrections.reopen(rows))

    def _tell(self, request: HttpRequest, count: int) -> None:
        told = ngettext("%(count)d correction changed.", "%(count)d corrections changed.", count)
        messages.success(request, told % {"count": count})


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


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly, ModelAdmin):
    """Rows that evaluate_methods saved; one that misled can be deleted."""

    list_display = [
        "at",
        "method",
        "checkpoint",
        "dataset",
        "split",
        "mean_average_precision",
        "queries",
        "cropped",
    ]
    list_filter = ["method", "split", "dataset"]
    date_hierarchy = "at"

    @admin.display(description="mAP")
    def mean_average_precision(self, evaluation: Evaluation) -> str:
        figures = evaluation.figures
        if "mAP" not in figures:
            return "–"
        low, high = figures["intervals"]["mAP"]
        return f"{figures['mAP']:.3f} [{low:.3f}, {high:.3f}]"


@admin.register(Calibration)
class CalibrationAdmin(ReadOnly, ModelAdmin):
    """Rows that calibrate_confidence kept; without one a method falls back on what came with the project."""

    list_display = ["method", "version", "at", "false_accepts", "true_accepts", "calibration_error"]
    list_filter = ["method"]

    @admin.display(description=gettext_lazy("unknown places accepted"))
    def false_accepts(self, calibration: Calibration) -> str:
        return f"{calibration.figures['false_accepts']:.3f}"

    @admin.display(description=gettext_lazy("known places accepted"))
    def true_accepts(self, calibration: Calibration) -> str:
        return f"{calibration.figures['true_accepts']:.3f}"

    @admin.display(description=gettext_lazy("calibration error"))
    def calibration_error(self, calibration: Calibration) -> str:
        return f"{calibration.figures['calibration_error']:.3f}"


@admin.register(ServableCheckpoint)
class ServableCheckpointAdmin(ReadOnly, ModelAdmin):
    """What was tuned here. A curator may let another serve, or go back to the one that came with the project."""

    list_display = ["name", "method", "serving", "at"]
    list_filter = ["method", "serving"]
    actions = ["serve", "go_back"]

    @admin.action(description=gettext_lazy("Answer visitors by this checkpoint"), permissions=["delete"])
    def serve(self, request: HttpRequest, rows) -> None:
        if rows.count() != 1:
            messages.error(request, _("Please choose one checkpoint."))
            return
        serving.serve(rows.get())
        tasks.describe_missing_soon()
        messages.success(request, _("It serves from the next search on."))

    @admin.action(description=gettext_lazy("Go back to the bundled checkpoint"), permissions=["delete"])
    def go_back(self, request: HttpRequest, rows) -> None:
        for method in set(rows.values_list("method", flat=True)):
            serving.serve_bundled(method)
        tasks.describe_missing_soon()
        messages.success(request, _("The bundled checkpoint serves from the next search on."))


@admin.register(NightlyTuning)
class NightlyTuningAdmin(ModelAdmin):
    """The one switch of nightly learning, and what came of it last."""

    list_display = ["__str__", "on", "hour", "started_at"]
    readonly_fields = ["started_at", "outcome"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not NightlyTuning.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj, form, change) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)


from . import offers_admin  # noqa: E402, F401
