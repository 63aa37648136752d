"""The curators' desk: the catalogue as a table, taken out, and brought back after a look at what it would change."""

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget

from places import catalogue_import, catalogue_table

SHOWN = 200  # rows of each kind on the page


class TableForm(forms.Form):
    """The file, or what of it was looked at: its rows that change something, and the catalogue compared with."""

    file = forms.FileField(label=_("Table (CSV)"), required=False, widget=UnfoldAdminFileFieldWidget)
    table = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict:
        cleaned = super().clean()
        if not cleaned.get("file") and not cleaned.get("table"):
            self.add_error("file", _("Please choose a table first."))
        return cleaned

    @property
    def is_confirmed(self) -> bool:
        return bool(self.cleaned_data["table"]) and not self.cleaned_data["file"]

    @property
    def data_of_table(self) -> bytes:
        if self.is_confirmed:
            return self.cleaned_data["table"].encode()
        return self.cleaned_data["file"].read(catalogue_import.LARGEST + 1)


def export(request: HttpRequest) -> HttpResponse:
    name = f"landmarks-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(catalogue_table.export(), content_type="text/csv; charset=utf-8", headers=headers)


def bring_back(request: HttpRequest, *, model_admin: ModelAdmin) -> HttpResponse:
    """First the preview of a table, then, confirmed, what it says."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form, preview = TableForm(*sent), None
    if request.method == "POST" and form.is_valid():
        data = form.data_of_table
        if form.is_confirmed:
            try:
                done = catalogue_import.apply(data, stamp=form.cleaned_data["stamp"], actor=request.user)
                if done.can_be_applied:
                    _tell(request, done)
                    return redirect("admin:places_landmark_changelist")
            except catalogue_import.Stale:
                told = _(
                    "The catalogue was changed meanwhile. Nothing was written; this is what it comes to now."
                )
                messages.warning(request, told)
        preview = catalogue_import.preview(data)
        form = TableForm(initial={"table": preview.table, "stamp": preview.stamp})
    context = model_admin.admin_site.each_context(request) | {
        "title": _("Catalogue as a table"),
        "opts": model_admin.opts,
        "form": form,
        "preview": preview,
        "shown": SHOWN,
        "columns": catalogue_table.COLUMNS,
    }
    wrong = bool(form.errors) or (preview is not None and bool(preview.errors))
    return TemplateResponse(
        request, "admin/places/landmark/import.html", context, status=400 if wrong else 200
    )


def _tell(request: HttpRequest, done: catalogue_import.Preview) -> None:
    number = len(done.rows)
    told = ngettext(
        "%(number)d landmark is as the table says.", "%(number)d landmarks are as the table says.", number
    )
    messages.success(request, told % {"number": number})
