"""The curators' desk: how much of the catalogue each method has described, and what it could not."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from retrieval import indexing, tasks
from retrieval.desk import urls as desk
from retrieval.models import DescribeFailure, Descriptor, WorkerPulse

from .read_only import ReadOnly


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
