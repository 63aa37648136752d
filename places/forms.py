"""What visitors save, offer and ask for, and how it is checked before it is kept."""

import uuid

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import contributing, takedowns
from .licences import Licence
from .models import Collection, CollectionItem, Contribution, LandmarkImage, TakedownRequest


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name) -> list:
        return files.getlist(name) if hasattr(files, "getlist") else list(filter(None, [files.get(name)]))


class SeveralFilesField(forms.FileField):
    """The uploads under one name, a list."""

    widget = SeveralFiles

    def clean(self, data, initial=None) -> list:
        return [super(SeveralFilesField, self).clean(one, initial) for one in data]


class CollectionForm(forms.ModelForm):
    """The name of a collection."""

    class Meta:
        model = Collection
        fields = ["name"]


class NoteForm(forms.ModelForm):
    """What the owner of a collection notes of a thing in it."""

    class Meta:
        model = CollectionItem
        fields = ["note"]


class KeepForm(forms.Form):
    """Which of one's collections hold a thing, and the name of a new one to put it into as well."""

    collections = forms.ModelMultipleChoiceField(
        Collection.objects.none(), label=_("Collections"), required=False, widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(
        label=_("A new collection (optional)"),
        required=False,
        max_length=Collection._meta.get_field("name").max_length,
    )

    def __init__(self, *args, collections, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collections"].queryset = collections
        self.fields["collections"].initial = [one.pk for one in collections if one.holds]


class SaidOfPhoto(forms.Form):
    """What has to be known of a photo before it can be shown to everyone."""

    author = forms.CharField(
        label=_("Author"),
        max_length=LandmarkImage._meta.get_field("author").max_length,
        help_text=_("The name that stands beside the photo."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    licence = forms.ChoiceField(
        label=_("Licence"),
        choices=[(code, code) for code in contributing.LICENCES],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a licence.")},
    )
    note = forms.CharField(
        label=_("When and from where it was taken (optional)"),
        required=False,
        max_length=Contribution._meta.get_field("note").max_length,
        help_text=_("For the curators alone."),
    )

    @property
    def licences(self) -> list[tuple[Licence, str, bool]]:
        """Each licence, what it means, and whether it is the one chosen."""
        chosen = self["licence"].value()
        return [
            (licence, contributing.MEANINGS[code], code == chosen)
            for code, licence in contributing.LICENCES.items()
        ]

    def said(self) -> dict:
        """What `contributing.offer` and `contributing.put_right` take."""
        return {
            "author": self.cleaned_data["author"],
            "licence": contributing.LICENCES[self.cleaned_data["licence"]],
            "note": self.cleaned_data["note"],
        }


class ContributeForm(SaidOfPhoto):
    photos = SeveralFilesField(label=_("Photos"), required=False, allow_empty_file=True)
    may_license = forms.BooleanField(
        label=_("I took these photos, or I may put them under this licence."),
        error_messages={"required": _("We can only show photos that you may license.")},
    )

    field_order = ["photos", "author", "licence", "note", "may_license"]

    def clean_photos(self) -> list:
        photos = self.cleaned_data["photos"]
        if not photos:
            raise forms.ValidationError(_("Please choose a photo first."), code="required")
        if len(photos) > contributing.MOST_AT_ONCE:
            raise forms.ValidationError(
                _("Please send %(number)d photos at most at once."),
                params={"number": contributing.MOST_AT_ONCE},
                code="too_many",
            )
        return photos


class TakedownForm(forms.ModelForm):
    """What must be known of a request to take something down. `website` is for machines: people do not see it."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    website = forms.CharField(required=False, max_length=500)
    is_true = forms.BooleanField(
        label=_("What I write here is true, and I am the one concerned or may speak for them."),
        error_messages={"required": _("We need your word for it.")},
    )

    class Meta:
        model = TakedownRequest
        fields = ["about", "reason", "explanation", "name", "email"]
        widgets = {
            "reason": forms.RadioSelect,
            "explanation": forms.Textarea(attrs={"rows": 5}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        labels = {
            "about": _("Which photo or place?"),
            "reason": _("Why?"),
            "explanation": _("Tell us more"),
            "name": _("Your name"),
            "email": _("Your e-mail address"),
        }
        help_texts = {
            "about": _("Its address on this site, or the photo's number."),
            "email": _("We answer you here, and use it for nothing else."),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = TakedownRequest.Reason.choices  # without the empty one

    @property
    def is_from_a_machine(self) -> bool:
        return bool(self.data.get("website"))

    def clean_about(self) -> str:
        found = takedowns.find(self.cleaned_data["about"])
        if found is None:
            raise forms.ValidationError(
                _("We show no photo or place under this address. It may have been withdrawn already."),
                code="unknown",
            )
        self.found = found
        return self.cleaned_data["about"]

    def request(self) -> TakedownRequest:
        """What `takedowns.receive` takes."""
        request: TakedownRequest = self.instance
        request.key, request.language = self.cleaned_data["key"], get_language()
        is_photo = isinstance(self.found, LandmarkImage)
        request.image, request.landmark = (
            (self.found, self.found.landmark) if is_photo else (None, self.found)
        )
        return request
