"""What a visitor asked: listed, shared, deleted."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from retrieval import answer_page
from retrieval.models import Query, RankedPlace
from retrieval.visitors import own_searches, visitor_of

SEARCHES_A_PAGE = 24


@require_GET
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    named = RankedPlace.objects.filter(rank__lt=answer_page.NAMED_AT_MOST).select_related("landmark")
    best = Prefetch("places", named, to_attr="best")
    searches = own_searches(**visitor_of(request)).questions().prefetch_related(best)
    page = Paginator(searches, SEARCHES_A_PAGE).get_page(request.GET.get("page"))
    for search in page:
        search.method_label = answer_page.label_of(search.method)
        search.short = answer_page.short(search, search.best)
    return render(request, "retrieval/history.html", {"page": page})


@require_POST
def query_share(request: HttpRequest, pk) -> HttpResponse:
    """Let anyone with the link read the search, or end that."""
    query = _own(request, pk)
    query.shared = request.POST.get("shared") == "1"
    query.save(update_fields=["shared"])
    return redirect(query)


@require_POST
def query_delete(request: HttpRequest, pk) -> HttpResponse:
    _own(request, pk).delete()
    messages.success(request, _("The search and its photo are deleted."))
    return redirect("retrieval:history")


def _own(request: HttpRequest, pk) -> Query:
    """A search of this visitor's own; what belongs to another is shared and deleted with that."""
    return get_object_or_404(own_searches(**visitor_of(request)).questions(), pk=pk)


@require_POST
def history_delete(request: HttpRequest) -> HttpResponse:
    own_searches(**visitor_of(request)).delete()
    messages.success(request, _("All your searches and their photos are deleted."))
    return redirect("retrieval:history")
