"""A search and what came of it: a place out, why, and what its visitor says of it."""

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from retrieval import answer_page, asking, corrections, hit_page, keeping, offers
from retrieval.forms import EDGES, AgainForm, CorrectionForm, GiveForm
from retrieval.models import Correction, Offer, Query, WorkerPulse
from retrieval.visitors import asks, asks_privately, lasting_visitor_of, own_searches, owns, visitor_of

from .asking import bad_box

PATIENCE = 10  # seconds after which a page asks less often how far its search is
A_MOMENT = 0.35  # seconds that such a request stays for the answer; the page asks every 0.4 s


def readable(request: HttpRequest, pk, searches=None) -> Query:
    searches = Query.objects.all() if searches is None else searches
    return get_object_or_404(searches.readable_by(**visitor_of(request)), pk=pk)


def _with_answer(request: HttpRequest, pk) -> Query:
    """A query with all that its page shows; of one that is not done there is nothing to read yet."""
    query = readable(request, pk)
    return readable(request, pk, Query.objects.with_answer()) if query.is_done else query


@require_GET
@never_cache
def query(request: HttpRequest, pk) -> HttpResponse:
    return _query_page(request, _with_answer(request, pk))


def _query_page(
    request: HttpRequest,
    query: Query,
    form: AgainForm | None = None,
    *,
    status: int = 200,
    **forms: Form,
) -> HttpResponse:
    context = _context(request, query)
    context["form"] = form or AgainForm(
        initial={"method": query.method, "verifier": query.verifier} | _fractions(query)
    )
    context |= forms
    if "HX-Request" in request.headers and "shown" in request.GET and context.get("found"):
        context["arriving_part"] = context["found"].parts[-1].number
    return render(request, "retrieval/query.html", context, status=status)


def _fractions(query: Query) -> dict[str, float]:
    """The query's box as the form holds one."""
    return dict(zip(EDGES, query.fractions or (), strict=False))


@require_GET
@never_cache
def query_progress(request: HttpRequest, pk) -> HttpResponse:
    """What has changed since the page last asked: nothing (204), the stage, or the answer in its place.

    Where nothing has, an answer that comes before the page would ask again is waited for.
    """
    if "HX-Request" not in request.headers:
        return redirect("retrieval:query", pk)
    try:
        query = _with_answer(request, pk)
        context = _context(request, query)
        if (
            not query.is_done
            and request.GET.get("seen") == context["progress"]["token"]
            and asking.is_done_within(query, seconds=A_MOMENT)
        ):
            query = readable(request, pk, Query.objects.with_answer())
            context = _context(request, query)
    except Http404:  # deleted while its page waits
        return render(request, "retrieval/_gone.html", status=404)
    if query.is_done:
        return render(request, "retrieval/_answer.html", context | {"arriving": True})
    if request.GET.get("seen") == context["progress"]["token"]:
        return HttpResponse(status=204)
    return render(request, "retrieval/_progress.html", context | {"arriving": True})


def _context(request: HttpRequest, query: Query) -> dict:
    context = {
        "query": query,
        "is_owner": owns(query, **visitor_of(request)),
        "method_label": answer_page.label_of(query.method),
    }
    if not query.is_done:
        return context | {"progress": _progress(query)}
    if context["is_owner"] and query.state == Query.State.ANSWERED and not query.private:
        said = Correction.objects.of_owner(query).select_related("landmark").first()
        context |= {"can_correct": True, "correction": said, "correction_form": CorrectionForm()}
    if context["is_owner"] and offers.can_be_offered(query):
        context["offer"] = Offer.objects.select_related("image__landmark").filter(query=query).first()
        context["give_form"] = GiveForm(initial={"author": _name_of(request.user)})
    return context | answer_page.answer(query, wanted=request.GET)


def _name_of(user) -> str:
    return user.get_short_name() if user.is_authenticated else ""


def _progress(query: Query) -> dict:
    """How far a search has come: its steps in order, each done, now or ahead."""
    steps = [("", Query.State.WAITING.label), *answer_page.stages(query)]
    names = [name for name, _label in steps]
    at = 0
    if query.state == Query.State.RUNNING and query.stage:
        order = ["", *Query.Stage.values]  # a step that is not shown counts as the one before it
        at = max(i for i, name in enumerate(names) if order.index(name) <= order.index(query.stage))
    alone = query.state == Query.State.WAITING and not WorkerPulse.any_alive()
    patient = (timezone.now() - query.asked_at).total_seconds() > PATIENCE
    return {
        "steps": [
            (label, "done" if i < at else "now" if i == at else "ahead") for i, (_, label) in enumerate(steps)
        ],
        "current": steps[at][1],
        "no_worker": alone,
        "interval": "2s" if patient else "400ms",
        "token": f"{at}{'-alone' * alone}{'-patient' * patient}",
    }


@require_GET
@never_cache
def hit(request: HttpRequest, pk, rank: int) -> HttpResponse:
    """Why a photo was found: what lies alike in it and in the visitor's."""
    query = readable(request, pk)
    hits = query.hits.select_related("image__landmark__province")
    hit = hits.shown().filter(rank=rank).first()
    if hit is None and (rank < query.found or hits.filter(rank=rank).exists()):
        return render(request, "retrieval/photo_withdrawn.html", {"query": query}, status=410)
    if hit is None:
        raise Http404
    context = {
        "query": query,
        "hit": hit,
        "is_owner": owns(query, **visitor_of(request)),
        "evidence": hit_page.evidence(query, hit),
    }
    return render(request, "retrieval/hit.html", context)


@asks
def query_again(request: HttpRequest, pk) -> HttpResponse:
    """The same photo by another method, with another box, or without what limited the search."""
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:query", pk)
    query = readable(request, pk, Query.objects.with_answer())
    form = AgainForm(request.POST)
    if form.is_valid():
        try:
            everywhere = bool(request.POST.get("everywhere"))
            again = form.question() | {"everywhere": everywhere, "private": asks_privately(request)}
            again["once"] = form.once(query.pk, everywhere)
            return redirect(asking.ask_again(query, **again, **lasting_visitor_of(request)))
        except keeping.BadBox:
            form.add_error(None, bad_box())
        except FileNotFoundError:
            form.add_error(None, _("The photo of this search is gone. Please send it again."))
    return _query_page(request, query, form, status=400)


def query_correct(request: HttpRequest, pk) -> HttpResponse:
    """Keep what the visitor says of the answer: right, wrong, or in fact another place."""
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:query", pk)
    answered = own_searches(**visitor_of(request)).filter(state=Query.State.ANSWERED)
    query = get_object_or_404(answered.with_answer(), pk=pk)
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            corrections.correct(query, **form.correction())
            return redirect(_correction_of(query))
        except corrections.NoPlaceAnswered:
            form.add_error(None, _("This answer names no place that could be right or wrong."))
        except corrections.IsPrivate:
            messages.error(request, _("This search is private: a correction would keep its photo."))
            return redirect(query)
    return _query_page(request, query, correction_form=form, status=400)


@require_POST
def query_uncorrect(request: HttpRequest, pk) -> HttpResponse:
    query = get_object_or_404(own_searches(**visitor_of(request)), pk=pk)
    corrections.take_back(query)
    return redirect(_correction_of(query))


def query_offer(request: HttpRequest, pk) -> HttpResponse:
    """Let curators look at the search, or take its photo into the catalogue too."""
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:query", pk)
    query = get_object_or_404(own_searches(**visitor_of(request)).with_answer(), pk=pk)
    form = GiveForm(request.POST)
    gives = "author" in request.POST
    if gives and not form.is_valid():
        return _query_page(request, query, give_form=form, status=400)
    try:
        offers.offer(query, **(form.given() if gives else {}))
    except offers.CannotBeOffered:
        messages.error(request, _("This search cannot be shown to curators."))
    return redirect(f"{query.get_absolute_url()}#offer")


@require_POST
def query_unoffer(request: HttpRequest, pk) -> HttpResponse:
    query = get_object_or_404(own_searches(**visitor_of(request)), pk=pk)
    offers.take_back(query)
    return redirect(f"{query.get_absolute_url()}#offer")


def _correction_of(query: Query) -> str:
    """The part of the answer's page where it is corrected."""
    return f"{query.get_absolute_url()}#correction"
