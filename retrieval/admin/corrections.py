"""The curators' desk: what visitors say of their answers."""

from django.contrib import admin, messages
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from retrieval import corrections
from retrieval.models import Correction

from .sent import AboutASearch, Handled


@admin.register(Correction)
class CorrectionAdmin(AboutASearch, ModelAdmin):
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
