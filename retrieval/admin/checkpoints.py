"""The curators' desk: which checkpoint of a method serves, and learning by night."""

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from retrieval import serving, tasks
from retrieval.models import NightlyTuning, ServableCheckpoint

from .read_only import ReadOnly


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
