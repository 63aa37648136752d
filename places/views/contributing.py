"""Photos that visitors offer: the form, what became of them, and a photo's own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.core.paginator import Paginator
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from places import contributing, storage
from places.forms import ContributeForm, SaidOfPhoto
from places.models import Contribution, Landmark, LandmarkImage
from places.photo import PhotoRefused, served_copy
from places.showing import private_photo

CONTRIBUTIONS_A_PAGE = 24
PREVIEW_SIDE = 640  # pixels, longest


@login_required
@never_cache
def contribute(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer photos of a place. What is taken stays taken, also where another file is refused."""
    landmark = Landmark.objects.standing().with_places().with_cover().filter(slug=slug).first()
    if landmark is None:  # merged into another, or called otherwise since
        return redirect("places:contribute", get_object_or_404(Landmark.objects.known_as(slug)).slug)
    return _contribute(request, landmark)


@login_required
@never_cache
def contribute_unknown(request: HttpRequest) -> HttpResponse:
    """Offer photos without knowing which place they show: a curator finds it out."""
    return _contribute(request, None)


def _contribute(request: HttpRequest, landmark: Landmark | None) -> HttpResponse:
    form = ContributeForm(
        request.POST or None, request.FILES or None, initial={"author": request.user.get_short_name()}
    )
    received = contributing.Received()
    if request.method == "POST" and form.is_valid():
        received = contributing.offer(
            form.cleaned_data["photos"],
            contributor=request.user,
            landmark=landmark,
            site=request.build_absolute_uri("/"),
            **form.said(),
        )
        if received.waiting:
            messages.success(request, _thanks(len(received.waiting)))
        if not received.refused:
            return redirect("places:contributions")
    context = {"landmark": landmark, "form": form, "received": received, "most": contributing.MOST_AT_ONCE}
    is_refused = request.method == "POST" and not received.waiting
    return render(request, "places/contribute.html", context, status=400 if is_refused else 200)


def _thanks(number: int) -> str:
    return ngettext(
        "Thank you. %(number)d photo waits for a curator now.",
        "Thank you. %(number)d photos wait for a curator now.",
        number,
    ) % {"number": number}


@login_required
@never_cache
@require_GET
def contributions(request: HttpRequest) -> HttpResponse:
    """What became of the reader's photos; whatever is shown here counts as seen."""
    own = Contribution.objects.of(request.user)
    page = Paginator(own, CONTRIBUTIONS_A_PAGE).get_page(request.GET.get("page"))
    news = {
        one.pk for one in page if not one.decision_seen and one.image.state != LandmarkImage.State.CANDIDATE
    }
    Contribution.objects.filter(pk__in=news).update(decision_seen=True)
    return render(request, "places/contributions.html", {"page": page, "news": news})


@login_required
@never_cache
def contribution(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what is said of a photo that waits."""
    found = Contribution.objects.of(request.user).filter(image=pk).first()
    if found is None or found.image.state != LandmarkImage.State.CANDIDATE:
        messages.warning(request, _("This photo does not wait any more, so it cannot be changed here."))
        return redirect("places:contributions")
    said = {"author": found.image.author, "licence": found.image.licence, "note": found.note}
    form = SaidOfPhoto(request.POST or None, initial=said)
    if form.is_valid():
        if contributing.put_right(found, **form.said()):
            messages.success(request, _("The details are saved."))
        else:
            messages.warning(request, _("This photo does not wait any more, so it cannot be changed here."))
        return redirect("places:contributions")
    context = {"contribution": found, "form": form}
    return render(request, "places/contribution.html", context, status=400 if form.errors else 200)


@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a photo back. One that is gone already, by a second press or in another tab, is so."""
    if request.method == "POST":
        if found := Contribution.objects.of(request.user).filter(image=pk).first():
            contributing.withdraw(found)
        messages.success(request, _("The photo is withdrawn."))
    return redirect("places:contributions")


@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A small copy of a contributed photo in any state, for its contributor and for curators alone."""
    image = get_object_or_404(LandmarkImage, pk=pk)
    is_own = request.user.is_authenticated and image.contributed_by_id == request.user.pk
    if not is_own and not request.user.has_perm("places.view_landmarkimage"):
        raise Http404
    try:
        copy = served_copy(storage.original_bytes(image), longest_side=PREVIEW_SIDE, format="WEBP")
    except (OSError, PhotoRefused) as error:
        raise Http404 from error
    return private_photo(copy.data, suffix="webp", seconds=3600)


@require_GET
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """A published photo with its credit: the lasting address of what visitors have given us."""
    image = get_object_or_404(
        LandmarkImage.objects.select_related("landmark__province", "contribution"), pk=pk
    )
    if image.state == LandmarkImage.State.PUBLISHED:
        return render(request, "places/photo.html", {"image": image, "landmark": image.landmark})
    if image.events.filter(verb="publish").exists():
        return render(request, "places/photo_withdrawn.html", {"landmark": image.landmark}, status=410)
    raise Http404


@receiver(user_logged_in)
def tell_of_decisions(request: HttpRequest, user, **_kwargs) -> None:
    """Whoever logs in is told how many of their photos have been decided on meanwhile."""
    if number := Contribution.objects.of(user).decided_unseen().count():
        words = ngettext(
            "A curator has looked at %(number)d of your photos: see “My photos”.",
            "A curator has looked at %(number)d of your photos: see “My photos”.",
            number,
        )
        messages.info(request, words % {"number": number}, fail_silently=True)
