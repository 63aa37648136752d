"""What a visitor asked: listed, marked, asked anew, shared, taken along, deleted."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from retrieval import answer_page, asking, export, methods
from retrieval.answering import approaches
from retrieval.forms import HistoryForm, TitleForm
from retrieval.models import Query, RankedPlace
from retrieval.visitors import (
    ask_privately,
    asks,
    asks_privately,
    lasting_visitor_of,
    own_searches,
    visitor_of,
)

SEARCHES_A_PAGE = 24


@require_GET
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    named = RankedPlace.objects.filter(rank__lt=answer_page.NAMED_AT_MOST).select_related("landmark")
    form = HistoryForm(request.GET)
    searches = form.filter(own_searches(**visitor_of(request)).listed())
    searches = searches.prefetch_related(Prefetch("places", named, to_attr="best"))
    page = Paginator(searches, SEARCHES_A_PAGE).get_page(request.GET.get("page"))
    for search in page:
        search.method_label = answer_page.label_of(search.method)
        search.short = answer_page.short(search, search.best)
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {"page": page, "form": form, "kept": kept.urlencode()}
    return render(request, "retrieval/history.html", context)


@require_GET
def history_export(request: HttpRequest) -> StreamingHttpResponse:
    """All one's searches as a file of JSON."""
    searches = own_searches(**visitor_of(request)).filter(private=False)
    name = f"vietnam-tourism-searches-{timezone.localdate()}.json"
    return StreamingHttpResponse(
        export.as_json(searches),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
def history_delete(request: HttpRequest) -> HttpResponse:
    own_searches(**visitor_of(request)).delete()
    messages.success(request, _("All your searches and their photos are deleted."))
    return redirect("retrieval:history")


@require_POST
def private_mode(request: HttpRequest) -> HttpResponse:
    """Keep nothing of what is asked from now on, or end that."""
    on = request.POST.get("on") == "1"
    ask_privately(request, on=on)
    if on:
        messages.success(request, _("Private mode is on: nothing of your next searches is kept."))
    else:
        messages.success(request, _("Private mode is off: your next searches are kept here."))
    return _back(request)


@require_POST
def query_share(request: HttpRequest, pk) -> HttpResponse:
    """Let anyone with the link read the search, or end that."""
    query = get_object_or_404(own_searches(**visitor_of(request)).listed(), pk=pk)
    query.shared = request.POST.get("shared") == "1"
    query.save(update_fields=["shared"])
    return redirect(query)


@require_POST
def query_star(request: HttpRequest, pk) -> HttpResponse:
    """Star the search, or take the star away: which of the two is sent, so that twice is once."""
    starred = request.POST.get("starred") == "1"
    if not _listed(request, pk).update(starred=starred):
        return _gone(request)
    if request.headers.get("HX-Request"):
        search = Query(pk=pk, starred=starred)
        return render(request, "retrieval/_star.html", {"search": search, "here": _next(request)})
    return _back(request)


@require_POST
def query_title(request: HttpRequest, pk) -> HttpResponse:
    """Give the search a title of the visitor's own, or take it away."""
    search = _listed(request, pk).first()
    if search is None:
        return _gone(request)
    form = TitleForm(request.POST, instance=search)
    if form.is_valid():
        _listed(request, pk).update(title=form.cleaned_data["title"])
    else:
        messages.error(request, " ".join(form.errors["title"]))
    return _back(request)


@asks
@require_POST
def query_repeat(request: HttpRequest, pk) -> HttpResponse:
    """Ask the same once more: the photo, the method and the box."""
    search = _listed(request, pk).first()
    if search is None:
        return _gone(request)
    question = {"method": search.method, "verifier": search.verifier, "box": search.fractions}
    privately = asks_privately(request)
    try:
        return redirect(
            asking.ask_again(search, **question, private=privately, **lasting_visitor_of(request))
        )
    except (methods.UnknownMethod, approaches.UnknownVerifier):
        messages.error(request, _("This method is no longer offered. Please choose another one below."))
        return redirect(f"{search.get_absolute_url()}#again")
    except FileNotFoundError:
        messages.error(request, _("The photo of this search is gone. Please send it again."))
        return _back(request)


@require_POST
def query_delete(request: HttpRequest, pk) -> HttpResponse:
    deleted, _by_model = own_searches(**visitor_of(request)).questions().filter(pk=pk).delete()
    if not deleted:
        return _gone(request)
    messages.success(request, _("The search and its photo are deleted."))
    return _back(request)


def _listed(request: HttpRequest, pk):
    """The one search of this visitor's history, or none: what belongs to another goes with that."""
    return own_searches(**visitor_of(request)).listed().filter(pk=pk)


def _gone(request: HttpRequest) -> HttpResponse:
    """The list in place of a search that is no longer there, or was never this visitor's."""
    messages.info(request, _("This search is no longer there: it was deleted, perhaps in another tab."))
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": _next(request)})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """The page of this site that the form was sent from, as it says itself; else the history."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return reverse("retrieval:history")
