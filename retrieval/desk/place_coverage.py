"""What the photos of each place show of it, those places first that need photos most."""

from dataclasses import dataclass

from django.db.models import Count, F, Min, Prefetch, Q, Sum
from django.db.models.functions import NullIf
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places.models import Landmark, Province
from places.search import search
from retrieval import coverage, serving
from retrieval.models import PlaceCoverage, PlaceCoverageQuerySet

from .frame import drawn, kept, page_of, page_of_the_desk

A_PAGE = 25
ORDERS = {
    "": (gettext_lazy("Need of photos"), ["-need"]),
    "photos": (gettext_lazy("Fewest photos"), ["published"]),
    "viewpoints": (gettext_lazy("Fewest viewpoints"), ["viewpoints", "published"]),
    "accuracy": (
        gettext_lazy("Found worst"),
        [(F("right") * 1.0 / NullIf(F("asked"), 0)).asc(nulls_last=True), "-asked"],
    ),
    "searches": (gettext_lazy("Most searches that missed it"), ["-failed_searches"]),
}


@dataclass(frozen=True)
class Missing:
    """How many photos of a place a method has yet to describe."""

    method: str
    count: int


@page_of_the_desk
def page(request: HttpRequest) -> HttpResponse:
    words, province = request.GET.get("q", "").strip(), request.GET.get("province", "")
    order = request.GET.get("order", "")
    whole = PlaceCoverage.objects.of_standing()
    found = page_of(request, _ordered(_chosen(whole, words=words, province=province), order), number=A_PAGE)
    labels = {name: method.label for name, method in serving.available().items()}
    for row in found:
        row.undescribed = [
            Missing(labels[name], count) for name, count in row.missing.items() if name in labels
        ]
    return drawn(
        request,
        "place_coverage.html",
        title=_("Places that need photos"),
        page=found,
        kept=kept(request),
        words=words,
        province=province,
        provinces=Province.objects.order_by("name_vi"),
        orders=[(key, label, key == order) for key, (label, _order) in ORDERS.items()],
        wanted=coverage.WANTED,
        total=_total(whole),
        not_measured=coverage.changed_places().count(),
    )


def _chosen(rows: PlaceCoverageQuerySet, *, words: str, province: str) -> PlaceCoverageQuerySet:
    if words:
        rows = rows.filter(landmark__in=search(words, among=Landmark.objects.standing()).values("pk"))
    if province:
        rows = rows.filter(landmark__province__slug=province)
    return rows


def _ordered(rows: PlaceCoverageQuerySet, order: str) -> PlaceCoverageQuerySet:
    _label, columns = ORDERS.get(order, ORDERS[""])
    places = Landmark.objects.with_places().with_cover()
    return rows.order_by(*columns, "-need", "landmark_id").prefetch_related(Prefetch("landmark", places))


def _total(rows: PlaceCoverageQuerySet) -> dict:
    return rows.aggregate(
        places=Count("pk"),
        empty=Count("pk", filter=Q(published=0)),
        few=Count("pk", filter=Q(published__gt=0, published__lt=coverage.WANTED.photos)),
        right=Sum("right", default=0),
        asked=Sum("asked", default=0),
        since=Min("measured_at"),
    )
