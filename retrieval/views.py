"""The visitor's pages: a photo in, a place out."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST

from places.models import Landmark
from places.photo import PhotoRefused, served_copy

from . import answer_page, compare_page, corrections, hit_page, methods_page, tasks
from .forms import EDGES, AgainForm, CorrectionForm, SearchForm
from .models import Correction, Query, RankedPlace, WorkerPulse
from .visitors import lasting_visitor_of, own_searches, owns, visitor_of

STATUS_OF_REFUSAL = {"not_an_image": 415, "too_many_bytes": 413}
SEARCHES_A_PAGE = 24
COVERS_ON_HOME = 6
THUMBNAIL_SIDE = 640
PATIENCE = 10  # seconds after which a page asks less often how far its search is


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return _home(request, SearchForm())


def _home(request: HttpRequest, form: SearchForm, *, status: int = 200) -> HttpResponse:
    covers = (
        Landmark.objects.with_cover().filter(cover_thumbnail__isnull=False).order_by("?")[:COVERS_ON_HOME]
    )
    context = {"form": form, "covers": covers, "landmark_count": Landmark.objects.count()}
    return render(request, "retrieval/home.html", context, status=status)


def ask(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:home")
    form = SearchForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        try:
            return redirect(_ask(form, **lasting_visitor_of(request)))
        except PhotoRefused as refusal:
            form.add_error("photo", _refusal(refusal, form.cleaned_data["photos"]))
            status = STATUS_OF_REFUSAL.get(refusal.code, 400)
        except tasks.BadBox:
            form.add_error(None, _bad_box())
    return _home(request, form, status=status)


def _ask(form: SearchForm, **visitor) -> Query:
    uploads = form.cleaned_data["photos"]
    for number, upload in enumerate(uploads):
        if upload.size > settings.PHOTO_MAX_BYTES:  # seen before it is read into memory
            raise tasks.OneOfSeveralRefused("too_many_bytes", number=number)
    photo, *more = (upload.read() for upload in uploads)
    return tasks.ask(photo, more=more, **form.question(), **visitor)


def _refusal(refusal: PhotoRefused, uploads: list) -> str:
    """Why a photo was refused; of several also which."""
    if len(uploads) == 1 or not isinstance(refusal, tasks.OneOfSeveralRefused):
        return str(refusal)
    return _("{name}: {reason}").format(name=uploads[refusal.number].name, reason=refusal)


def _bad_box() -> str:
    return _("The box lies outside the photo or has no area.")


def _readable(request: HttpRequest, pk, searches=None) -> Query:
    searches = Query.objects.all() if searches is None else searches
    return get_object_or_404(searches.readable_by(**visitor_of(request)), pk=pk)


@require_GET
@never_cache
def query(request: HttpRequest, pk) -> HttpResponse:
    return _query_page(request, _readable(request, pk, Query.objects.with_answer()))


def _query_page(
    request: HttpRequest,
    query: Query,
    form: AgainForm | None = None,
    *,
    correction_form: CorrectionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(request, query)
    context["form"] = form or AgainForm(
        initial={"method": query.method, "verifier": query.verifier} | _fractions(query)
    )
    if correction_form:
        context["correction_form"] = correction_form
    return render(request, "retrieval/query.html", context, status=status)


def _fractions(query: Query) -> dict[str, float]:
    """The query's box as the form holds one."""
    return dict(zip(EDGES, query.fractions or (), strict=False))


@require_GET
@never_cache
def query_progress(request: HttpRequest, pk) -> HttpResponse:
    """What has changed since the page last asked: nothing (204), the stage, or the answer in its place."""
    if "HX-Request" not in request.headers:
        return redirect("retrieval:query", pk)
    query = _readable(request, pk, Query.objects.with_answer())
    context = _context(request, query)
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
    if context["is_owner"] and query.state == Query.State.ANSWERED:
        said = Correction.objects.of_owner(query).select_related("landmark").first()
        context |= {"can_correct": True, "correction": said, "correction_form": CorrectionForm()}
    return context | answer_page.answer(query)


@require_GET
@never_cache
def hit(request: HttpRequest, pk, rank: int) -> HttpResponse:
    """Why a photo was found: what lies alike in it and in the visitor's."""
    query = _readable(request, pk)
    hit = get_object_or_404(query.hits.shown().select_related("image__landmark__province"), rank=rank)
    context = {
        "query": query,
        "hit": hit,
        "is_owner": owns(query, **visitor_of(request)),
        "evidence": hit_page.evidence(query, hit),
    }
    return render(request, "retrieval/hit.html", context)


def _progress(query: Query) -> dict:
    """How far a search has come: its steps in order, each done, now or ahead."""
    steps = [("", Query.State.WAITING.label), *answer_page.stages(query)]
    names = [name for name, _label in steps]
    at = 0
    if query.state == Query.State.RUNNING:
        at = names.index(query.stage) if query.stage in names else len(names) - 1
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
@cache_control(private=True, max_age=3600)
def query_photo(request: HttpRequest, pk) -> FileResponse:
    return FileResponse(_photo_file(_readable(request, pk)), content_type="image/jpeg")


@require_GET
@cache_control(private=True, max_age=86400)
def query_thumbnail(request: HttpRequest, pk) -> HttpResponse:
    with _photo_file(_readable(request, pk)) as file:
        small = served_copy(file.read(), longest_side=THUMBNAIL_SIDE, format="WEBP")
    return HttpResponse(small.data, content_type="image/webp")


def _photo_file(query: Query):
    try:
        return query.photo.open()
    except FileNotFoundError as error:
        raise Http404 from error


def query_again(request: HttpRequest, pk) -> HttpResponse:
    """The same photo by another method or with another box."""
    if request.method != "POST":  # the page's address after a refusal, opened again
        return redirect("retrieval:query", pk)
    query = _readable(request, pk, Query.objects.with_answer())
    form = AgainForm(request.POST)
    if form.is_valid():
        try:
            return redirect(tasks.ask_again(query, **form.question(), **lasting_visitor_of(request)))
        except tasks.BadBox:
            form.add_error(None, _bad_box())
        except FileNotFoundError:
            form.add_error(None, _("The photo of this search is gone. Please send it again."))
    return _query_page(request, query, form, status=400)


@never_cache
def query_compare(request: HttpRequest, pk) -> HttpResponse:
    """The same photo by all methods, side by side; sending the form asks those that are missing."""
    if request.method == "POST":
        query = _readable(request, pk)
        try:
            return redirect("retrieval:query-compare", tasks.compare(query).pk)
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
    query = _readable(request, pk, Query.objects.select_related("part_of__beside", "beside"))
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
    return _query_page(request, query, correction_form=form, status=400)


@require_POST
def query_uncorrect(request: HttpRequest, pk) -> HttpResponse:
    query = get_object_or_404(own_searches(**visitor_of(request)), pk=pk)
    corrections.take_back(query)
    return redirect(_correction_of(query))


def _correction_of(query: Query) -> str:
    """The part of the answer's page where it is corrected."""
    return f"{query.get_absolute_url()}#correction"


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


@require_GET
def about_methods(request: HttpRequest) -> HttpResponse:
    context = {
        "described": methods_page.described(),
        "measured": methods_page.measured(),
        "sureness": methods_page.sureness(),
        "published": methods_page.published(),
    }
    return render(request, "retrieval/methods.html", context)


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
def history_delete(request: HttpRequest) -> HttpResponse:
    own_searches(**visitor_of(request)).delete()
    messages.success(request, _("All your searches and their photos are deleted."))
    return redirect("retrieval:history")
