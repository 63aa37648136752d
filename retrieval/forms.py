"""What a visitor may ask, and how it is checked before it is kept."""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from places.forms import SeveralFilesField
from places.models import Landmark, Province
from retrieval.answering import approaches
from retrieval.answering.approaches import CONSENSUS, Approach

from . import serving
from .models import Correction
from .tasks import MOST_PHOTOS

EDGES = ("left", "top", "right", "bottom")
FIRST_CHOICES = (CONSENSUS, "cnn_irwnha")  # the others follow by their labels

LABELS = (gettext_noop("Consensus"),)  # the others' are names, the same in every language

# The methods cannot import Django, so their lines are named here for the catalogue of messages.
SUMMARIES = (
    gettext_noop(
        "Asks all three methods, then compares the best photos closely, detail by detail; it best knows what it does not know."
    ),
    gettext_noop(
        "Looks at the picture at three sizes and weighs its most telling parts; quick and good by itself."
    ),
    gettext_noop("Compares the overall look of whole pictures; the quickest, and the least sure."),
    gettext_noop(
        "Finds up to a thousand telling details and checks that they lie alike; slower, strong on buildings."
    ),
)


def offered_methods() -> list[Approach]:
    """The methods in the order of the picker: the best first choices, then by label."""
    return sorted(
        serving.offered().values(),
        key=lambda one: (*(one.name != name for name in FIRST_CHOICES), one.label),
    )


@dataclass(frozen=True)
class Choice:
    """A method as the picker shows it, in the reader's language."""

    name: str
    label: str
    summary: str
    checkpoint: str
    is_chosen: bool


class AgainForm(forms.Form):
    """A method, and the box on the photo as fractions of its sides; no box is the whole photo."""

    method = forms.ChoiceField(
        label=_("Method"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose a method."),
            "invalid_choice": _("There is no method of this name. Please choose one of those below."),
        },
    )
    verifier = forms.ChoiceField(
        label=_("Compare the best photos closely"),
        required=False,
        choices=[
            ("", _("as the method does by itself")),
            *((look.name, look.label) for look in approaches.CLOSE_LOOKS.values()),
            (approaches.UNVERIFIED, _("not at all")),
        ],
    )
    left, top, right, bottom = (forms.FloatField(required=False, widget=forms.HiddenInput) for _edge in EDGES)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._offered = offered_methods()
        self.fields["method"].choices = [(method.name, gettext(method.label)) for method in self._offered]
        self.fields["method"].initial = CONSENSUS

    @property
    def choices(self) -> list[Choice]:
        """Each method with what the picker says of it, in the reader's language."""
        chosen = self["method"].value()
        return [
            Choice(
                method.name,
                gettext(method.label),
                gettext(method.summary),
                method.checkpoint.name,
                method.name == chosen,
            )
            for method in self._offered
        ]

    def clean(self) -> dict:
        cleaned = super().clean()
        box = tuple(cleaned.get(edge) for edge in EDGES)
        if any(edge is None for edge in box) and any(self[edge].value() for edge in EDGES):
            raise forms.ValidationError(_("The box is incomplete. Please draw it again."), code="box")
        cleaned["box"] = None if None in box else box
        return cleaned

    def question(self) -> dict:
        """What `tasks.ask` and `tasks.ask_again` are asked."""
        return {name: self.cleaned_data[name] for name in ("method", "verifier", "box")}


def too_many_photos() -> str:
    return gettext("One search takes {number} photos at most, all of the same place.").format(
        number=MOST_PHOTOS
    )


class SearchForm(AgainForm):
    """Photos of one place, from files or from the camera, and where to look for their like."""

    photo = SeveralFilesField(label=_("Photo"), required=False, allow_empty_file=True)
    camera = forms.FileField(required=False, allow_empty_file=True)
    province = forms.ModelChoiceField(
        Province.objects.all(), label=_("Province or city"), required=False, to_field_name="slug",
        empty_label=_("All of Vietnam"),
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Kind of place"), required=False, choices=[("", _("All kinds")), *Landmark.Category.choices]
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        camera = cleaned.get("camera")
        cleaned["photos"] = cleaned.get("photo") or ([camera] if camera else [])
        if not cleaned["photos"] and not self.has_error("photo"):
            self.add_error("photo", _("Please choose a photo first."))
        if len(cleaned["photos"]) > MOST_PHOTOS:
            self.add_error("photo", too_many_photos())
        return cleaned

    @property
    def has_filters(self) -> bool:
        return bool(self["province"].value() or self["category"].value())

    @property
    def max_bytes(self) -> int:
        return settings.PHOTO_MAX_BYTES

    def question(self) -> dict:
        return super().question() | {name: self.cleaned_data[name] for name in ("province", "category")}


class CorrectionForm(forms.Form):
    """What a visitor says of an answer; another place by its name, or by its slug where several share one."""

    CANDIDATES = 8

    said = forms.ChoiceField(choices=Correction.Said)
    place = forms.CharField(
        label=_("Which place is it?"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "landmark-names", "autocomplete": "off"}),
    )
    landmark = forms.ModelChoiceField(Landmark.objects.all(), required=False, to_field_name="slug")
    note = forms.CharField(
        label=_("Anything to add? (optional)"),
        required=False,
        max_length=Correction._meta.get_field("note").max_length,
    )
    candidates: tuple[Landmark, ...] = ()  # those that the name may mean, where it is not clear

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("said") != Correction.Said.IN_FACT:
            cleaned["landmark"] = None
        elif not cleaned.get("landmark") and not self.errors:
            cleaned["landmark"] = self._named(cleaned["place"])
        return cleaned

    def _named(self, name: str) -> Landmark | None:
        """The one landmark of this name; else the error says why there is none."""
        if not name:
            self.add_error("place", _("Please name the place."))
            return None
        exact = Landmark.objects.filter(Q(name_vi__iexact=name) | Q(name_en__iexact=name))
        places = Landmark.objects.with_places()
        found = places.filter(pk__in=exact) or places.named(name)
        if len(found) == 1:
            return found[0]
        if found:
            self.candidates = tuple(found[: self.CANDIDATES])
            self.add_error("place", _("Several places go by this name. Please choose one."))
        else:
            self.add_error(
                "place",
                _("Our catalogue has no place of this name. You can say that the answer is wrong."),
            )
        return None

    @property
    def landmark_names(self) -> list[str]:
        """What the place's field proposes: the names of all landmarks in both languages."""
        names = Landmark.objects.values_list("name_vi", "name_en")
        return sorted({name for both in names for name in both})

    def correction(self) -> dict:
        """What `corrections.correct` takes."""
        return {name: self.cleaned_data[name] for name in ("said", "landmark", "note")}
