"""The curators' desk: a part of a landmark's photos and names becomes a landmark of its own."""

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from places import splitting
from places.importers.folder import slug_of
from places.models import Landmark, LandmarkImage


class SplitForm(forms.ModelForm):
    """The new place, and what it takes along."""

    images = forms.ModelMultipleChoiceField(
        LandmarkImage.objects.none(), label=_("Photos that go along"),
        error_messages={"required": _("Choose the photos that show the new place.")},
    )  # fmt: skip
    other_names = forms.MultipleChoiceField(
        label=_("Other names that are the new place's"),
        required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    overlaps = forms.BooleanField(
        label=_("The one stands in the other"), required=False, initial=True,
        help_text=_("A search that finds the one for a photo of the other is then not wrong."),
    )  # fmt: skip

    class Meta:
        model = Landmark
        fields = ["name_vi", "name_en", "slug", "category", "kind"]
        widgets = {
            "name_vi": UnfoldAdminTextInputWidget,
            "name_en": UnfoldAdminTextInputWidget,
            "slug": UnfoldAdminTextInputWidget,
            "category": UnfoldAdminSelectWidget,
            "kind": UnfoldAdminSelectWidget,
        }

    def __init__(self, *args, landmark: Landmark, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.landmark = landmark
        self.fields["images"].queryset = landmark.images.order_by("pk")
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Made of the English name where it is left empty.")
        if landmark.other_names:
            self.fields["other_names"].choices = [(name, name) for name in landmark.other_names]
        else:
            del self.fields["other_names"]

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or slug_of(self.cleaned_data.get("name_en", ""))

    def clean(self) -> dict:
        cleaned = super().clean()
        new = self.instance
        new.other_names = cleaned.get("other_names", [])
        for name in ("province", "former_province", "latitude", "longitude", "unesco", "unesco_year"):
            setattr(new, name, getattr(self.landmark, name))  # near by, until a curator says where
        return cleaned

    @property
    def chosen(self) -> set[int]:
        return {int(pk) for pk in self["images"].value() or () if str(pk).isdigit()}

    def going(self) -> list[LandmarkImage]:
        return list(splitting.together(list(self.cleaned_data["images"]), of=self.landmark))


def split(request: HttpRequest, pk: int, *, model_admin: ModelAdmin) -> HttpResponse:
    """Choose, look at what goes where, and do it."""
    landmark = get_object_or_404(Landmark.objects.standing(), pk=pk)
    form = SplitForm(request.POST if request.method == "POST" else None, landmark=landmark)
    going: list[LandmarkImage] = []
    if request.method == "POST" and form.is_valid():
        going = form.going()
        if "sure" in request.POST:
            try:
                new = splitting.split(
                    landmark, new=form.instance, images=form.cleaned_data["images"],
                    overlaps=form.cleaned_data["overlaps"], actor=request.user,
                )  # fmt: skip
            except (splitting.CannotSplit, ValidationError) as refusal:
                form.add_error(None, refusal if isinstance(refusal, ValidationError) else str(refusal))
                going = []
            else:
                told = _("%(new)s is a place of its own now. Merging it back undoes that.") % {"new": new}
                messages.success(request, told)
                return redirect("admin:places_landmark_change", new.pk)
    context = model_admin.admin_site.each_context(request) | {
        "title": _("Split %(place)s") % {"place": landmark},
        "opts": model_admin.opts,
        "landmark": landmark,
        "images": form.fields["images"].queryset,
        "form": form,
        "going": going if "back" not in request.POST else [],
    }
    return TemplateResponse(
        request, "admin/places/landmark/split.html", context, status=400 if form.errors else 200
    )
