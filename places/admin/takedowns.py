"""The curators' queue of what people ask to be taken down or put right."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm

from places import takedowns
from places.models import TakedownRequest


class AnswerForm(ActionForm):
    """What the sender is told with the decision."""

    answer = forms.CharField(
        label=_("Answer to the sender"),
        required=False,
        max_length=TakedownRequest._meta.get_field("answer").max_length,
    )


@admin.register(TakedownRequest)
class TakedownRequestAdmin(ModelAdmin):
    list_display = ("__str__", "state", "subject", "name", "at", "handled_by")
    list_filter = ("state", "reason", "at")
    list_select_related = ("image__landmark", "landmark", "handled_by")
    search_fields = ("name", "email", "about", "explanation")
    actions = ("withdraw_and_accept", "accept", "decline")
    action_form = AnswerForm
    fields = (
        "state", "reason", "subject", "about", "explanation", "name", "email", "language", "at",
        "answer", "handled_by", "handled_at", "traces", "note",
    )  # fmt: skip
    readonly_fields = fields[:-1]  # what was said and decided stays as it was

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("photo or place"))
    def subject(self, asked: TakedownRequest) -> str:
        if thing := asked.image or asked.landmark:
            address = reverse(f"admin:places_{thing._meta.model_name}_change", args=[thing.pk])
            return format_html('<a href="{}">{}</a>', address, thing)
        return asked.about

    @admin.display(description=_("traces"))
    def traces(self, asked: TakedownRequest) -> str:
        if not asked.is_withdrawn:
            return "–"
        address = reverse("admin:retrieval_trace", args=[asked.image_id])
        return format_html('<a href="{}">{}</a>', address, _("Proof that nothing is left of it"))

    @admin.action(description=_("Withdraw the photo and accept"), permissions=["change"])
    def withdraw_and_accept(self, request: HttpRequest, asked: QuerySet[TakedownRequest]) -> None:
        self._decide(request, asked, partial(takedowns.accept, withdraw=True))

    @admin.action(description=_("Accept: it has been put right"), permissions=["change"])
    def accept(self, request: HttpRequest, asked: QuerySet[TakedownRequest]) -> None:
        self._decide(request, asked, partial(takedowns.accept, withdraw=False))

    @admin.action(description=_("Decline, with the answer given"), permissions=["change"])
    def decline(self, request: HttpRequest, asked: QuerySet[TakedownRequest]) -> None:
        if not request.POST.get("answer", "").strip():
            self.message_user(request, _("Say why: fill in the answer to the sender."), messages.ERROR)
            return
        self._decide(request, asked, takedowns.decline)

    def _decide(self, request: HttpRequest, asked: QuerySet[TakedownRequest], verb: Callable) -> None:
        answer = request.POST.get("answer", "").strip()[: AnswerForm.base_fields["answer"].max_length]
        done = 0
        for one in asked:
            try:
                done += verb(one, answer=answer, actor=request.user)
            except takedowns.NothingToWithdraw:
                self.message_user(
                    request, f"{one}: {_('It is about no photo that is shown.')}", messages.WARNING
                )
        told = ngettext("%(count)d request decided.", "%(count)d requests decided.", done) % {"count": done}
        self.message_user(request, told, messages.SUCCESS if done else messages.WARNING)
