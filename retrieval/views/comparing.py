"""The same photo by all methods, side by side."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from retrieval import asking, compare_page
from retrieval.models import Query
from retrieval.visitors import asks, owns, visitor_of

from .answers import readable


@asks
@never_cache
def query_compare(request: HttpRequest, pk) -> HttpResponse:
    """The same photo by all methods, side by side; sending the form asks those that are missing."""
    if request.method == "POST":
        query = readable(request, pk)
        try:
            return redirect("retrieval:query-compare", asking.compare(query).pk)
        except FileNotFoundError:
            messages.error(request, _("The photo of this search is gone. Please send it again."))
            return redirect(query)
    return _compare_page(request, pk, "retrieval/compare.html")


@require_GET
@never_cache
def query_compare_progress(request: HttpRequest, pk) -> HttpResponse:
    """The page's part that changes, for htmx; 204 where nothing has."""
    if not request.headers.get("HX-Request"):
        return redirect("retrieval:query-compare", pk)
    return _compare_page(request, pk, "retrieval/_compare.html", seen=request.GET.get("seen"))


def _compare_page(request: HttpRequest, pk, template: str, *, seen: str | None = None) -> HttpResponse:
    query = readable(request, pk, Query.objects.select_related("part_of__beside", "beside"))
    if query.root != query:
        return redirect("retrieval:query-compare", query.root.pk)
    compared = compare_page.compared(query)
    if seen == compared.token:
        return HttpResponse(status=204)
    context = {
        "query": query,
        "is_owner": owns(query, **visitor_of(request)),
        "compared": compared,
        "arriving": seen is not None,
    }
    return render(request, template, context)
