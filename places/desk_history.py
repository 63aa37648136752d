"""What was done at the desk, press by press: by whom, when, to which photos, and whether it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import reasons
from .models import CurationEvent, Landmark, LandmarkImage

A_PAGE = 30  # presses
EXAMPLES = 6
READ_AT_ONCE = 1000  # lines
LATELY = timedelta(hours=1)

Verb = CurationEvent.Verb


@dataclass(frozen=True)
class Press:
    """One act of a curator, on one photo or on many; `last` is the id of its last line."""

    batch: UUID
    last: int
    event: CurationEvent
    count: int
    undone: int
    examples: list[LandmarkImage]

    @property
    def can_be_undone(self) -> bool:
        return bool(self.event.before) and self.undone < self.count

    @property
    def detail(self) -> str:
        return reasons.in_words(self.event.detail)


class HistoryForm(forms.Form):
    """Whose acts to list, which, and of when."""

    who = forms.ModelChoiceField(
        get_user_model().objects.none(), label=_("Who"), required=False, empty_label=_("Everybody")
    )
    verb = forms.ChoiceField(label=_("Act"), required=False, choices=[("", _("Everything")), *Verb.choices])
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    photo = forms.IntegerField(required=False, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        actors = CurationEvent.objects.order_by().values("actor").distinct()
        self.fields["who"].queryset = (
            get_user_model().objects.filter(pk__in=actors).order_by("first_name", "email")
        )
        self.is_valid()

    @property
    def image(self) -> LandmarkImage | None:
        number = self.cleaned_data.get("photo")
        return LandmarkImage.objects.select_related("landmark").filter(pk=number).first() if number else None

    def events(self) -> QuerySet[CurationEvent]:
        asked, events = self.cleaned_data, CurationEvent.objects.all()
        names = {
            "who": "actor",
            "verb": "verb",
            "since": "at__date__gte",
            "until": "at__date__lte",
            "photo": "image",
        }
        return events.filter(**{column: asked[name] for name, column in names.items() if asked.get(name)})

    def presses(self) -> tuple[list[Press], str | None]:
        """A page of them, the latest first, and the address of the next."""
        found = _presses(self.events(), before=self.cleaned_data.get("before"), number=A_PAGE + 1)
        older = None
        if len(found) > A_PAGE:
            query = QueryDict(mutable=True)
            query.update({name: value for name, value in self.data.items() if name in self.fields})
            query["before"] = str(found[A_PAGE - 1].last)
            older = f"?{query.urlencode()}"
        return found[:A_PAGE], older


def last_press(curator) -> Press | None:
    """What a curator did last, if it was a moment ago and can be taken back."""
    mine = CurationEvent.objects.filter(actor=curator, at__gt=timezone.now() - LATELY)
    found = _presses(mine, before=None, number=1)
    return found[0] if found and found[0].can_be_undone and found[0].event.verb != Verb.UNDO else None


def changes(events: Iterable[CurationEvent]) -> dict[int, list[tuple[str, str, str]]]:
    """By the line's id, each thing that it changed: what, from, to, in the reader's words."""
    events = list(events)
    sides = [side for event in events for side in (event.before, event.after)]
    places = Landmark.objects.in_bulk({side["landmark_id"] for side in sides if side.get("landmark_id")})
    states = dict(LandmarkImage.State.choices)

    def said(name: str, value: Any) -> str:
        match name:
            case "state":
                return str(states.get(value, value))
            case "landmark_id":
                return places[value].name if value in places else "–"
            case "near_duplicate_of_id":
                return f"#{value}" if value else "–"
            case "state_reason":
                return reasons.in_words(value) or "–"
            case "is_sample":
                return str(_("yes") if value else _("no"))
        return str(value) or "–"

    return {
        event.pk: [
            (
                str(LandmarkImage._meta.get_field(name).verbose_name),
                said(name, old),
                said(name, event.after.get(name)),
            )
            for name, old in event.before.items()
        ]
        for event in events
    }


def _presses(events: QuerySet[CurationEvent], *, before: int | None, number: int) -> list[Press]:
    """So many presses that have lines among these, by their last line. A press may have hundreds of lines."""
    found: dict[UUID, dict] = {}
    below = before
    while len(found) < number:
        lines = events.order_by("-pk").values_list("pk", "batch", "image")
        lines = list((lines.filter(pk__lt=below) if below else lines)[:READ_AT_ONCE])
        if not lines:
            break
        below = lines[-1][0]
        later = _listed_before({batch for _pk, batch, _image in lines}, events, before)
        for pk, batch, image in lines:
            if batch in later or (batch not in found and len(found) == number):
                continue
            press = found.setdefault(batch, {"last": pk, "images": []})
            press["images"] = [*press["images"], image][:EXAMPLES]
    return _with_all_that_is_told(found)


def _listed_before(batches: set[UUID], events: QuerySet[CurationEvent], before: int | None) -> set[UUID]:
    """Those of the presses whose last line stands on an earlier page."""
    if before is None:
        return set()
    return set(events.order_by().filter(batch__in=batches, pk__gte=before).values_list("batch", flat=True))


def _with_all_that_is_told(found: dict[UUID, dict]) -> list[Press]:
    of_batches = CurationEvent.objects.order_by().filter(batch__in=found)
    counts = {
        row["batch"]: row
        for row in of_batches.values("batch").annotate(lines=Count("pk"), undone=Count("undone_by"))
    }
    events = CurationEvent.objects.select_related("actor").in_bulk(
        [press["last"] for press in found.values()]
    )
    examples = {pk for press in found.values() for pk in press["images"]}
    images = LandmarkImage.objects.select_related("landmark").in_bulk(examples)
    return [
        Press(
            batch=batch,
            last=press["last"],
            event=events[press["last"]],
            count=counts[batch]["lines"],
            undone=counts[batch]["undone"],
            examples=[images[pk] for pk in press["images"] if pk in images],
        )
        for batch, press in found.items()
    ]
