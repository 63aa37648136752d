"""The curators' desk: photos and what was done to them."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from places import curation, ingest, photo
from places.models import CurationEvent, LandmarkImage

from .desk import Desk

ATTRIBUTION = ("author", "licence", "licence_url", "source_url")


class AddPhotoForm(forms.ModelForm):
    file = forms.FileField(label=_("photo"))

    class Meta:
        model = LandmarkImage
        fields = ("landmark", *ATTRIBUTION)

    def clean_file(self) -> bytes:
        data = self.cleaned_data["file"].read(
            settings.PHOTO_MAX_BYTES + 1
        )  # enough to tell that it is too large
        try:
            ingest.examine(data)
        except (photo.PhotoRefused, ingest.Duplicate) as error:
            raise ValidationError(str(error)) from error
        return data


class CreditForm(forms.ModelForm):
    """What is said of a photo's author, licence and source; all else of it changes by acts at the desk."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self._last_act and self._last_act.pk or 0

    @property
    def _last_act(self) -> CurationEvent | None:
        return self.instance.events.select_related("actor").first()

    def clean(self) -> None:
        """What somebody changed meanwhile is not overwritten."""
        super().clean()
        if (last := self._last_act) and last.pk > self.cleaned_data.get("seen", last.pk):
            raise ValidationError(str(curation.Overtaken(last)))


@admin.register(LandmarkImage)
class LandmarkImageAdmin(Desk, ModelAdmin):
    autocomplete_fields = ("landmark",)
    facts = (
        "picture", "landmark", "state", "state_reason", "near_duplicate_of", "size", "faults", "sha256", "added_at",
        "contributed_by", "contributors_note", "taken_at", "taken_latitude", "taken_longitude",
        "traces",
    )  # fmt: skip

    def get_form(self, request: HttpRequest, obj=None, **kwargs) -> type[forms.ModelForm]:
        return super().get_form(request, obj, form=CreditForm if obj else AddPhotoForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj=None) -> tuple:
        if obj is None:
            return ("file", "landmark", *ATTRIBUTION)
        seen = ("seen",) if self.has_change_permission(request, obj) else ()
        return (*self.facts[:1], *ATTRIBUTION, *self.facts[1:], *seen)

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> tuple:
        return self.facts if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False  # rejecting withdraws a photo and leaves a trace of it

    def save_model(
        self, request: HttpRequest, obj: LandmarkImage, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            told = {name: form.cleaned_data[name] for name in ATTRIBUTION}
            seen = {obj.pk: form.cleaned_data["seen"]}
            for _image, refusal in curation.credit(obj, told=told, actor=request.user, seen=seen).refused:
                self.message_user(request, str(refusal), messages.WARNING)
            return
        told = {name: getattr(obj, name) for name in ("landmark", *ATTRIBUTION)}
        obj.pk = ingest.add(form.cleaned_data["file"], contributed_by=request.user, **told).pk
        obj.refresh_from_db()

    @admin.display(description=_("photo"))
    def picture(self, image: LandmarkImage) -> str:
        address = reverse("admin:places_landmarkimage_preview", args=[image.pk])
        return format_html('<img src="{}" alt="{}" height="320">', address, image)

    @admin.display(description=_("contributor's note"))
    def contributors_note(self, image: LandmarkImage) -> str:
        return image.contribution.note if hasattr(image, "contribution") else ""

    @admin.display(description=_("traces"))
    def traces(self, image: LandmarkImage) -> str:
        if image.state != LandmarkImage.State.REJECTED:
            return "–"
        address = reverse("admin:retrieval_trace", args=[image.pk])
        return format_html('<a href="{}">{}</a>', address, _("Proof that nothing is left of it"))

    @admin.display(description=_("faults"))
    def faults(self, image: LandmarkImage) -> str:
        return ", ".join(image.faults)

    @admin.display(description=_("size"))
    def size(self, image: LandmarkImage) -> str:
        return f"{image.width} × {image.height}"


@admin.register(CurationEvent)
class CurationEventAdmin(ModelAdmin):
    """Its list is the desk's history."""

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:places_desk_history")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
