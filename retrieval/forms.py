"""What a visitor may ask, and how it is checked before it is kept."""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from places import contributing
from places.forms import SeveralFilesField
from places.models import Landmark, Province
from places.search import SAME, meant_by, named, search
from retrieval.answering import approaches
from retrieval.answering.approaches import CONSENSUS, Approach

from . import serving
from .keeping import MOST_PHOTOS
from .models import Correction, Hit, Offer, Query, QueryQuerySet

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
    key = forms.CharField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

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
        """What `asking.ask` and `asking.ask_again` are asked."""
        return {name: self.cleaned_data[name] for name in ("method", "verifier", "box")}

    def once(self, *about: object) -> uuid.UUID | None:
        """The same whenever this very form asks the same about the same, so that sent twice it asks once.

        Not its key alone: a browser that goes back may send the form again with another photo.
        """
        if not (key := self.cleaned_data["key"]):
            return None
        said = repr([key, sorted(self.question().items(), key=lambda item: item[0]), about])
        return uuid.UUID(bytes=hashlib.sha256(said.encode()).digest()[:16])


def too_many_photos() -> str:
    return gettext("One search takes {number} photos at most, all of the same place.").format(
        number=MOST_PHOTOS
    )


def unknown_words(words: str) -> str:
    return gettext(
        "We know no place or province called “{words}”. Check how it is written, or leave it empty."
    ).format(words=words)


class SearchForm(AgainForm):
    """Photos of one place, from files or from the camera, and where to look for their like."""

    LIMITS = ("words", "province", "category")

    photo = SeveralFilesField(label=_("Photo"), required=False, allow_empty_file=True)
    camera = forms.FileField(required=False, allow_empty_file=True)
    province = forms.ModelChoiceField(
        Province.objects.all(), label=_("Province or city"), required=False, to_field_name="slug",
        empty_label=_("All of Vietnam"),
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Kind of place"), required=False, choices=[("", _("All kinds")), *Landmark.Category.choices]
    )

    private = forms.BooleanField(label=_("Keep nothing of this search"), required=False)

    words = forms.CharField(
        label=_("Only in or near …"),
        required=False,
        max_length=Query._meta.get_field("words").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, privately: bool = False, **kwargs) -> None:
        """privately: the visitor has private mode on, so that no search can do without."""
        super().__init__(*args, **kwargs)
        if privately:
            self.fields["private"].initial, self.fields["private"].disabled = True, True

    def clean_words(self) -> str:
        words = self.cleaned_data["words"]
        if words and not meant_by(words).exists():
            raise forms.ValidationError(unknown_words(words), code="unknown")
        return words

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
        return any(self[name].value() for name in self.LIMITS)

    @property
    def max_bytes(self) -> int:
        return settings.PHOTO_MAX_BYTES

    @property
    def max_megabytes(self) -> int:
        return settings.PHOTO_MAX_BYTES // 2**20

    @property
    def max_photos(self) -> int:
        return MOST_PHOTOS

    @property
    def too_many_photos(self) -> str:
        return too_many_photos()

    def question(self) -> dict:
        return super().question() | {name: self.cleaned_data[name] for name in (*self.LIMITS, "private")}


class HistoryForm(forms.Form):
    """Which of one's searches to list. What is not understood is left out, never an error: addresses grow old."""

    FAILED, OLDEST = "failed", "oldest"

    q = forms.CharField(
        label=_("Place or own title"), required=False, max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    answer = forms.ChoiceField(
        label=_("Answer"), required=False,
        choices=[("", _("All")), *Query.Verdict.choices, (FAILED, _("Failed"))],
    )  # fmt: skip
    method = forms.ChoiceField(label=_("Method"), required=False)
    order = forms.ChoiceField(
        label=_("Order"), required=False, choices=[("", _("Latest first")), (OLDEST, _("Oldest first"))]
    )
    starred = forms.BooleanField(label=_("Starred only"), required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        methods = [(one.name, gettext(one.label)) for one in offered_methods()]
        self.fields["method"].choices = [("", gettext("All")), *methods]

    def filter(self, searches: QueryQuerySet) -> QueryQuerySet:
        self.is_valid()
        wanted = self.cleaned_data
        if words := wanted.get("q"):
            searches = searches.about(words, landmarks=named(words))
        if (answer := wanted.get("answer")) == self.FAILED:
            searches = searches.filter(state=Query.State.FAILED)
        elif answer:
            searches = searches.filter(verdict=answer)
        if method := wanted.get("method"):
            searches = searches.filter(method=method)
        if wanted.get("starred"):
            searches = searches.filter(starred=True)
        return searches.order_by("asked_at" if wanted.get("order") == self.OLDEST else "-asked_at")

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "answer", "method", "starred"))


class TitleForm(forms.ModelForm):
    """What a visitor calls a search; nothing, or spaces alone, takes the title away."""

    class Meta:
        model = Query
        fields = ["title"]
        error_messages = {"title": {"max_length": _("A title has %(limit_value)d characters at most.")}}


class FoundForm(forms.Form):
    """Which of the photos found to show: chosen among what they are, one choice alone being none.

    What is not understood is left out, never an error: addresses grow old.
    """

    province = forms.ChoiceField(label=_("Province or city"), required=False)
    category = forms.ChoiceField(label=_("Kind of place"), required=False)
    licence = forms.ChoiceField(label=_("Licence"), required=False)

    def __init__(self, data, *, hits: Collection[Hit]) -> None:
        super().__init__(data)
        self._hits = hits
        anything = {
            "province": gettext("All of Vietnam"),
            "category": gettext("All kinds"),
            "licence": gettext("All licences"),
        }
        for name, words in anything.items():
            found = sorted(
                {choice for hit in hits if (choice := self._of(hit)[name])[0]}, key=lambda one: one[1]
            )
            if len(found) > 1:
                self.fields[name].choices = [("", words), *found]
            else:
                del self.fields[name]

    @staticmethod
    def _of(hit: Hit) -> dict[str, tuple[str, str]]:
        """What a photo may be chosen by: each the value in an address, and what people call it."""
        landmark, licence = hit.image.landmark, hit.image.licence
        province, category = landmark.province, landmark.category
        return {
            "province": (province.slug, province.name) if province else ("", ""),
            # Not get_category_display, which translates all kinds each time.
            "category": (category, str(Landmark.Category(category).label)) if category else ("", ""),
            "licence": (licence, licence),
        }

    @property
    def wanted(self) -> dict[str, str]:
        """The choices made, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def chosen(self) -> list[Hit]:
        wanted = self.wanted
        return [
            hit
            for hit in self._hits
            if all(self._of(hit)[name][0] == value for name, value in wanted.items())
        ]


class GiveForm(forms.Form):
    """What has to be known before the photo of a search can be given to the catalogue."""

    author = forms.CharField(
        label=_("Your name"),
        max_length=Offer._meta.get_field("author").max_length,
        help_text=_("The name that stands beside the photo."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    licence = forms.ChoiceField(
        label=_("Licence"), choices=[(name, name) for name in contributing.LICENCES], initial="CC BY 4.0"
    )
    may_license = forms.BooleanField(
        label=_("I took this photo, or I may put it under this licence."),
        error_messages={"required": _("We can only show photos that you may license.")},
    )

    def given(self) -> dict:
        """What `offers.offer` takes."""
        licence = contributing.LICENCES[self.cleaned_data["licence"]]
        return {"author": self.cleaned_data["author"], "licence": licence}


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
    landmark = forms.ModelChoiceField(Landmark.objects.standing(), required=False, to_field_name="slug")
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
        places = Landmark.objects.standing().with_places()
        found = search(name, among=places)[: self.CANDIDATES]
        meant = [landmark for landmark in found if landmark.relevance >= SAME]
        meant = meant or list(named(name, among=places)[: self.CANDIDATES])
        if len(meant) == 1:
            return meant[0]
        self.candidates = tuple(meant or found)
        if meant:
            self.add_error("place", _("Several places go by this name. Please choose one."))
        elif found:
            self.add_error("place", _("We know no place of just this name. Is it one of these?"))
        else:
            self.add_error(
                "place",
                _("Our catalogue has no place of this name. You can say that the answer is wrong."),
            )
        return None

    @property
    def landmark_names(self) -> list[str]:
        """What the place's field proposes: the names of all landmarks in both languages."""
        names = Landmark.objects.standing().values_list("name_vi", "name_en")
        return sorted({name for both in names for name in both})

    def correction(self) -> dict:
        """What `corrections.correct` takes."""
        return {name: self.cleaned_data[name] for name in ("said", "landmark", "note")}
