"""The curators' desk: provinces and landmarks."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextareaWidget

from places import catalogue_table, merging
from places.models import Fact, FormerProvince, Landmark, Province
from places.search import search

from .catalogue_table import bring_back, export
from .splitting import split

TEXTS = ("description_vi", "description_en")


class OneALine(forms.CharField):
    """A list of texts, each on a line of its own."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:
        lines = value if isinstance(value, list) else (value or "").splitlines()
        return list(dict.fromkeys(filter(None, map(str.strip, lines))))

    def has_changed(self, initial: list[str] | None, data: object) -> bool:
        return (initial or []) != self.to_python(data)


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


class FactForm(forms.ModelForm):
    checked_today = forms.BooleanField(
        label=_("Checked today"), required=False, help_text=_("Held against its source just now.")
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("checked_today"):
            cleaned["checked_on"] = timezone.localdate()
        return cleaned


class FactInline(StackedInline):
    model = Fact
    form = FactForm
    fields = ("kind", ("text_vi", "text_en"), ("source_url", "checked_on"), "checked_today")
    max_num = len(Fact.Kind)
    formfield_overrides = {models.CharField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 2})}}

    def get_extra(self, request: HttpRequest, obj: Landmark | None = None, **kwargs) -> int:
        return 0 if obj is None else 1  # so that one more can be told without JavaScript


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
        ("wikidata_id", admin.EmptyFieldListFilter),
        ("province", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("province", "merged_into")
    actions = ("merge",)
    action_form = LandmarkActionForm
    inlines = (FactInline,)
    fieldsets = (
        (_("Names"), {"fields": (("name_vi", "name_en"), "other_names", "slug")}),
        (_("What it is"), {"fields": (("category", "kind"), ("unesco", "unesco_year"), "wikidata_id")}),
        (
            _("Where it is"),
            {
                "fields": (
                    ("province", "former_province"),
                    ("latitude", "longitude"),
                    "on_the_map",
                    "overlaps_with",
                )
            },
        ),
        (_("What is told of it"), {"fields": ("description_vi", "description_en")}),
        (_("Its history"), {"fields": ("namesakes", "merged_into", "split_from")}),
    )
    readonly_fields = ("merged_into", "split_from", "on_the_map", "namesakes")
    search_fields = ("name_vi", "name_en", "other_names", "slug")
    prepopulated_fields = {"slug": ("name_en",)}
    autocomplete_fields = ("province", "overlaps_with")
    object_history_template = "admin/places/landmark/object_history.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Landmark | None = None) -> tuple:
        """Who may not add landmarks writes of them, but does not say what and where they are."""
        if self.has_add_permission(request):
            return self.readonly_fields
        return tuple(name for name in flatten_fieldsets(self.fieldsets) if name not in TEXTS)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Landmark | None = None) -> dict:
        return self.prepopulated_fields if self.has_add_permission(request) else {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Landmark]:
        return super().get_queryset(request).with_photo_count()

    def get_search_results(self, request: HttpRequest, queryset, search_term: str) -> tuple:
        return search(search_term, among=queryset) if search_term else queryset, False

    def get_urls(self) -> list:
        return [
            path("import/", self._for_editors(bring_back), name="places_landmark_import"),
            path("export/", self.admin_site.admin_view(self.export), name="places_landmark_export"),
            path("<int:pk>/split/", self._for_editors(split), name="places_landmark_split"),
            *super().get_urls(),
        ]

    def _for_editors(self, view):
        def opened(request: HttpRequest, **kwargs) -> HttpResponse:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return view(request, model_admin=self, **kwargs)

        return self.admin_site.admin_view(opened)

    def export(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return export(request)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs):
        if isinstance(db_field, ArrayField):
            return OneALine(label=db_field.verbose_name, required=False, help_text=_("One a line."))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    # What was changed

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None):
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            request.landmark_before = catalogue_table.row_of(found)
        return found

    def save_model(self, request: HttpRequest, obj: Landmark, form: forms.ModelForm, change: bool) -> None:
        """What links to the page by its old address still finds it."""
        if change and "slug" in form.changed_data:
            obj.former_slugs.append(form.initial["slug"])
        super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: Landmark, message: object):
        """What each field said before and says now; a form that was sent as it came leaves no line."""
        before = getattr(request, "landmark_before", None)
        if before is None:
            return super().log_change(request, obj, message)
        stored = catalogue_table.whole(Landmark.objects.filter(pk=obj.pk)).get()
        changes = catalogue_table.differences(before, catalogue_table.row_of(stored))
        if changes:
            catalogue_table.log(obj, changes, actor=request.user)
        return None

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if {"name_vi", "name_en"} & set(form.changed_data) and (
            links := self._links_to_namesakes(form.instance)
        ):
            told = _("Another landmark goes by this name: {}. If they are one place, merge them.")
            self.message_user(request, format_html(told, links), messages.WARNING)

    # What stands beside the fields

    @admin.display(description=_("landmarks of the same name"))
    def namesakes(self, landmark: Landmark) -> str:
        return (landmark.pk and self._links_to_namesakes(landmark)) or "-"

    def _links_to_namesakes(self, landmark: Landmark) -> SafeString:
        others = Landmark.objects.namesakes(landmark).with_places()
        return format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            (
                (
                    reverse("admin:places_landmark_change", args=[other.pk]),
                    f"{other} ({other.province})" if other.province else str(other),
                )
                for other in others
            ),
        )

    @admin.display(description=_("on the map"))
    def on_the_map(self, landmark: Landmark) -> str:
        if landmark.latitude is None:
            return "-"
        where = f"{landmark.latitude:.6f}/{landmark.longitude:.6f}"
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">{}</a> · '
            '<a href="https://www.openstreetmap.org/?mlat={}&amp;mlon={}#map=16/{}" target="_blank" '
            'rel="noopener noreferrer">OpenStreetMap</a>',
            landmark.get_absolute_url(),
            _("On its page"),
            landmark.latitude,
            landmark.longitude,
            where,
        )

    @admin.display(description=_("published photos"), ordering="photo_count")
    def photos(self, landmark: Landmark) -> str:
        address = reverse("admin:places_landmarkimage_changelist")
        return format_html('<a href="{}?place={}">{}</a>', address, landmark.slug, landmark.photo_count)

    @admin.action(description=_("Merge into the landmark chosen"), permissions=["add"])
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
