"""The curators' desk: photos and what was done to them."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm

from places import curation, ingest, photo, storage
from places.models import CurationEvent, Landmark, LandmarkImage

ATTRIBUTION = ("author", "licence", "licence_url", "source_url")


class Attributed(admin.SimpleListFilter):
    title, parameter_name = _("attribution"), "attributed"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("yes", _("complete")), ("no", _("missing"))]

    def queryset(self, request, photos: QuerySet[LandmarkImage]) -> QuerySet[LandmarkImage]:
        missing = Q(author="") | Q(licence="") | Q(source_url="")
        return {"yes": photos.exclude(missing), "no": photos.filter(missing)}.get(self.value(), photos)


class CurationEventInline(TabularInline):
    model = CurationEvent
    fields = readonly_fields = ("at", "verb", "actor", "detail")
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None) -> bool:
        return False


class PhotoActionForm(ActionForm):
    """Beside the choice of the act stands what some acts need to know."""

    reason = forms.CharField(label=_("Reason, to reject"), required=False, max_length=300)
    landmark = forms.ModelChoiceField(
        Landmark.objects.standing(), label=_("Landmark, to move to"), required=False, blank=True
    )


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


@admin.register(LandmarkImage)
class LandmarkImageAdmin(ModelAdmin):
    list_display = (
        "preview",
        "landmark",
        "state",
        "author",
        "licence",
        "near_duplicate_of",
        "size",
        "added_at",
    )
    list_display_links = ("preview", "landmark")
    list_filter = (
        "state",
        Attributed,
        ("near_duplicate_of", admin.EmptyFieldListFilter),
        "licence",
        "is_sample",
        ("landmark__province", admin.RelatedOnlyFieldListFilter),
        ("landmark", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("landmark", "near_duplicate_of__landmark")
    list_per_page = 50
    search_fields = ("landmark__name_vi", "landmark__name_en", "landmark__slug", "author", "sha256")
    actions = ("publish", "reject", "hold", "move", "offer_as_sample", "offer_no_longer")
    action_form = PhotoActionForm
    autocomplete_fields = ("landmark",)
    inlines = (CurationEventInline,)
    facts = (
        "picture", "landmark", "state", "state_reason", "near_duplicate_of", "size", "sha256", "added_at",
        "contributed_by", "contributors_note", "taken_at", "taken_latitude", "taken_longitude",
    )  # fmt: skip

    def get_form(self, request: HttpRequest, obj=None, **kwargs) -> type[forms.ModelForm]:
        return super().get_form(request, obj, **kwargs, **({} if obj else {"form": AddPhotoForm}))

    def get_fields(self, request: HttpRequest, obj=None) -> tuple:
        return (*self.facts[:1], *ATTRIBUTION, *self.facts[1:]) if obj else ("file", "landmark", *ATTRIBUTION)

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> tuple:
        return self.facts if obj else ()

    def get_inlines(self, request: HttpRequest, obj) -> tuple:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False  # rejecting withdraws a photo and leaves a trace of it

    def save_model(
        self, request: HttpRequest, obj: LandmarkImage, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        told = {name: getattr(obj, name) for name in ("landmark", *ATTRIBUTION)}
        obj.pk = ingest.add(form.cleaned_data["file"], contributed_by=request.user, **told).pk
        obj.refresh_from_db()

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.preview_file)
        return [path("<int:pk>/preview/", view, name="places_landmarkimage_preview"), *super().get_urls()]

    def preview_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A small copy of any photo, published or not, for curators alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        image = get_object_or_404(LandmarkImage, pk=pk)
        try:
            copy = photo.served_copy(
                storage.original_bytes(image), longest_side=storage.THUMBNAIL_SIDE, format="WEBP"
            )
        except (OSError, photo.PhotoRefused) as error:
            raise Http404 from error
        return HttpResponse(copy.data, content_type="image/webp")

    @admin.display(description=_("photo"))
    def preview(self, image: LandmarkImage, height: int = 96) -> str:
        return format_html(
            '<img src="{}" alt="{}" loading="lazy" height="{}">',
            image.thumbnail.url
            if image.thumbnail
            else reverse("admin:places_landmarkimage_preview", args=[image.pk]),
            image,
            height,
        )

    @admin.display(description=_("photo"))
    def picture(self, image: LandmarkImage) -> str:
        return self.preview(image, height=320)

    @admin.display(description=_("contributor's note"))
    def contributors_note(self, image: LandmarkImage) -> str:
        return image.contribution.note if hasattr(image, "contribution") else ""

    @admin.display(description=_("size"))
    def size(self, image: LandmarkImage) -> str:
        return f"{image.width} × {image.height}"

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        self._tell(request, curation.publish(photos, actor=request.user))

    @admin.action(description=_("Keep on this machine only, for measurements"), permissions=["change"])
    def hold(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        self._tell(request, curation.hold(photos, actor=request.user))

    @admin.action(description=_("Reject, for the reason given"), permissions=["change"])
    def reject(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        reason = request.POST.get("reason", "").strip()[:300]
        if not reason:
            self.message_user(request, _("Say why: fill in the reason."), messages.ERROR)
            return
        self._tell(request, curation.reject(photos, reason=reason, actor=request.user))

    @admin.action(description=_("Move to the landmark chosen"), permissions=["change"])
    def move(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        landmark = Landmark.objects.standing().filter(pk=request.POST.get("landmark") or None).first()
        if landmark is None:
            self.message_user(request, _("Say where to: choose the landmark."), messages.ERROR)
            return
        self._tell(request, curation.move(photos, landmark=landmark, actor=request.user))

    @admin.action(description=_("Offer as samples to search with"), permissions=["change"])
    def offer_as_sample(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        self._count(request, photos.published().update(is_sample=True))

    @admin.action(description=_("Offer as samples no longer"), permissions=["change"])
    def offer_no_longer(self, request: HttpRequest, photos: QuerySet[LandmarkImage]) -> None:
        self._count(request, photos.update(is_sample=False))

    def _count(self, request: HttpRequest, done: int) -> None:
        told = ngettext("%(count)d photo changed.", "%(count)d photos changed.", done) % {"count": done}
        self.message_user(request, told, messages.SUCCESS)

    def _tell(self, request: HttpRequest, outcome: curation.Outcome) -> None:
        self._count(request, len(outcome.done))
        for image, refusal in outcome.refused:
            self.message_user(request, f"{image}: {refusal}", messages.WARNING)


@admin.register(CurationEvent)
class CurationEventAdmin(ModelAdmin):
    list_display = ("at", "verb", "image", "actor", "detail")
    list_display_links = None
    list_filter = ("verb", "at")
    list_select_related = ("image__landmark", "actor")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
