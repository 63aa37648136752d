"""The catalogue as visitors see it."""

from django import forms
from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.lookups import IsNull
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, ListView

from places.models import Landmark, LandmarkImage, Province


class FilterForm(forms.Form):
    """Which places to list. What is not understood is left out, never an error: addresses grow old."""

    q = forms.CharField(
        label=_("Name"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    region = forms.ChoiceField(
        label=_("Region"), required=False, choices=[("", _("All regions")), *Province.Region.choices]
    )
    province = forms.ModelChoiceField(
        Province.objects.all(), label=_("Province or city"), required=False, to_field_name="slug",
        empty_label=_("All of Vietnam"),
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Kind of place"), required=False, choices=[("", _("All kinds")), *Landmark.Category.choices]
    )

    def filter(self, landmarks: QuerySet[Landmark]) -> QuerySet[Landmark]:
        self.is_valid()
        wanted = self.cleaned_data
        if name := wanted.get("q", "").strip():
            landmarks = landmarks.filter(
                Q(name_vi__icontains=name)
                | Q(name_en__icontains=name)
                | Q(other_names__icontains=name)
                | Q(
                    slug__contains=slugify(name.replace("đ", "d").replace("Đ", "D")) or None
                )  # typed without accents
            )
        if region := wanted.get("region"):
            landmarks = landmarks.filter(province__region=region)
        if province := wanted.get("province"):
            landmarks = landmarks.filter(province=province)
        if category := wanted.get("category"):
            landmarks = landmarks.filter(category=category)
        return landmarks


class LandmarkList(ListView):
    template_name = "places/landmarks.html"
    paginate_by = 24

    def get_queryset(self) -> QuerySet[Landmark]:
        self.form = FilterForm(self.request.GET)
        landmarks = self.form.filter(Landmark.objects.with_places().with_cover())
        # A slug sorts as Vietnamese reads; the database's own order puts every accent last.
        return landmarks.order_by(IsNull(F("cover_thumbnail"), True), "slug")

    def get_context_data(self, **kwargs) -> dict:
        kept = self.request.GET.copy()
        kept.pop("page", None)
        return super().get_context_data(form=self.form, kept=kept.urlencode(), **kwargs)


class LandmarkDetail(DetailView):
    template_name = "places/landmark.html"

    def get_queryset(self) -> QuerySet[Landmark]:
        return Landmark.objects.with_places().prefetch_related(
            Prefetch("images", LandmarkImage.objects.published(), to_attr="photos"),
            Prefetch("overlaps_with", Landmark.objects.with_places().with_cover(), to_attr="overlapping"),
        )
