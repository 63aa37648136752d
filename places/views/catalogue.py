"""The catalogue as visitors see it."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.generic import ListView

from places.exploring import ExploreForm, browse
from places.models import Landmark
from places.search import alike, search

SUGGESTIONS = 7


class LandmarkList(ListView):
    """All places: by words and filters, or ways to browse where nothing is asked."""

    template_name = "places/landmarks.html"
    paginate_by = 24

    def get_queryset(self) -> QuerySet[Landmark]:
        self.form = ExploreForm(self.request.GET)
        return self.form.places() if self.form.asks else Landmark.objects.none()

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(form=self.form, **kwargs)
        if not self.form.asks:
            return context | {"browse": browse()}
        self.form.count_choices()
        if not context["object_list"] and self.form.text and not self.form.chosen:
            context["alike"] = alike(
                self.form.text, among=Landmark.objects.standing().with_places().with_cover()
            )
        return context | {"kept": self.form.without()}


@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """The likeliest places for what is typed so far: a part of a page, for suggest.js."""
    text = request.GET.get("q", "")
    places = search(text, among=Landmark.objects.standing().with_places().with_cover())[:SUGGESTIONS]
    return render(request, "places/_suggestions.html", {"places": places})
