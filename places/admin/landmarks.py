"""The curators' desk: provinces and landmarks."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm

from places import merging
from places.models import Fact, FormerProvince, Landmark, Province
from places.search import search


class FormerProvinceInline(TabularInline):
    model = FormerProvince
    extra = 0


@admin.register(Province)
class ProvinceAdmin(ModelAdmin):
    list_display = ("name_vi", "name_en", "region", "is_city")
    list_filter = ("region", "is_city")
    search_fields = ("name_vi", "name_en", "slug", "former__name_vi")
    prepopulated_fields = {"slug": ("name_en",)}
    inlines = (FormerProvinceInline,)


class FactInline(TabularInline):
    model = Fact
    extra = 0
    max_num = len(Fact.Kind)


class LandmarkActionForm(ActionForm):
    """Beside the choice of the act stands what a merger needs to know."""

    into = forms.ModelChoiceField(
        Landmark.objects.standing(), label=_("Landmark, to merge into"), required=False, blank=True
    )
    sure = forms.BooleanField(label=_("They are one and the same place"), required=False)


@admin.register(Landmark)
class LandmarkAdmin(ModelAdmin):
    list_display = ("name_vi", "name_en", "province", "category", "kind", "unesco", "photos", "merged_into")
    list_filter = (
        "category",
        "kind",
        "unesco",
        ("merged_into", admin.EmptyFieldListFilter),
        ("province", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("province", "merged_into")
    actions = ("merge",)
    action_form = LandmarkActionForm
    inlines = (FactInline,)
    readonly_fields = ("merged_into",)
    search_fields = ("name_vi", "name_en", "other_names", "slug")
    prepopulated_fields = {"slug": ("name_en",)}
    autocomplete_fields = ("province", "overlaps_with")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Landmark]:
        return super().get_queryset(request).with_photo_count()

    def get_search_results(self, request: HttpRequest, queryset, search_term: str) -> tuple:
        return search(search_term, among=queryset) if search_term else queryset, False

    def save_model(self, request: HttpRequest, obj: Landmark, form: forms.ModelForm, change: bool) -> None:
        """What links to the page by its old address still finds it."""
        if change and "slug" in form.changed_data:
            obj.former_slugs.append(form.initial["slug"])
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Merge into the landmark chosen"), permissions=["change"])
    def merge(self, request: HttpRequest, landmarks: QuerySet[Landmark]) -> None:
        into = Landmark.objects.standing().filter(pk=request.POST.get("into") or None).first()
        if into is None:
            self.message_user(request, _("Say into which: choose the landmark."), messages.ERROR)
            return
        if not request.POST.get("sure"):
            self.message_user(
                request,
                _("Confirm that they are one and the same place: it cannot be undone."),
                messages.ERROR,
            )
            return
        for landmark in landmarks:
            try:
                merging.merge(landmark, into=into, actor=request.user)
            except merging.CannotMerge as refusal:
                self.message_user(request, f"{landmark}: {refusal}", messages.WARNING)
                continue
            said = _("%(place)s is now part of %(into)s.") % {"place": landmark, "into": into}
            for each in (landmark, into):
                self.log_change(request, each, str(said))
            self.message_user(request, said, messages.SUCCESS)

    @admin.display(description=_("published photos"), ordering="photo_count")
    def photos(self, landmark: Landmark) -> str:
        address = reverse("admin:places_landmarkimage_changelist")
        return format_html('<a href="{}?place={}">{}</a>', address, landmark.slug, landmark.photo_count)
