"""Collections: looked at, named, shared, deleted."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from places import collecting
from places.forms import CollectionForm, NoteForm
from places.models import Collection

ITEMS_A_PAGE = 48


@login_required
@never_cache
def collections(request: HttpRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect(collecting.create(request.user, name=form.cleaned_data["name"]))
        except collecting.LimitReached as limit:
            form.add_error("name", str(limit))
    shown = Collection.objects.of(request.user).with_covers()
    status = 400 if form.errors else 200
    return render(request, "places/collections.html", {"collections": shown, "form": form}, status=status)


def _of_own(view: Callable) -> Callable:
    """A POST to a collection of the reader's own. One deleted meanwhile is said kindly; whoever comes by GET,
    as after logging in again, sees the collection."""

    @wraps(view)
    @login_required
    def door(request: HttpRequest, pk: int) -> HttpResponse:
        found = Collection.objects.of(request.user).filter(pk=pk).first()
        if found is None:
            messages.warning(request, _("This collection is not here any more."))
            return redirect("places:collections")
        if request.method != "POST":
            messages.warning(request, _("Nothing was changed. Please do it once more."))
            return redirect(found)
        return view(request, found) or redirect(found)

    return door


@login_required
@never_cache
@require_GET
def collection(request: HttpRequest, pk: int) -> HttpResponse:
    found = Collection.objects.of(request.user).filter(pk=pk).first()
    if found is None:
        messages.warning(request, _("This collection is not here any more."))
        return redirect("places:collections")
    return render(
        request, "places/collection.html", _shown(request, found) | {"form": CollectionForm(instance=found)}
    )


@require_GET
@never_cache
def shared_collection(request: HttpRequest, key) -> HttpResponse:
    """A collection as those see it who were given its address."""
    found = get_object_or_404(Collection.objects.select_related("owner"), share_key=key)
    response = render(request, "places/shared_collection.html", _shown(request, found))
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"  # the address is the key to it
    return response


def _shown(request: HttpRequest, found: Collection) -> dict:
    items = found.items.shown().with_things()
    page = Paginator(items, ITEMS_A_PAGE).get_page(request.GET.get("page"))
    shared_url = request.build_absolute_uri(found.shared_url) if found.shared_url else ""
    return {
        "collection": found,
        "page": page,
        "withdrawn": found.items.withdrawn().count(),
        "shared_url": shared_url,
    }


@_of_own
def rename(request: HttpRequest, found: Collection) -> HttpResponse | None:
    form = CollectionForm(request.POST, instance=found)
    if not form.is_valid():
        found.refresh_from_db(fields=["name"])
        shown = _shown(request, found) | {"form": form}
        return render(request, "places/collection.html", shown, status=400)
    form.save()
    return None


@_of_own
def delete(request: HttpRequest, found: Collection) -> HttpResponse:
    found.delete()
    messages.success(request, _("The collection “%(name)s” is deleted.") % {"name": found.name})
    return redirect("places:collections")


@_of_own
def share(request: HttpRequest, found: Collection) -> None:
    act = collecting.share if request.POST.get("shared") == "1" else collecting.end_sharing
    act(found)


@_of_own
def forget_withdrawn(request: HttpRequest, found: Collection) -> None:
    found.items.withdrawn().delete()


@_of_own
def change_item(request: HttpRequest, found: Collection) -> None:
    """Note something of a thing saved, or take it out. One that was taken out meanwhile is so already."""
    number = request.POST.get("item", "")
    item = found.items.filter(pk=number if number.isdecimal() else None).first()
    if "remove" in request.POST:
        if item:
            item.delete()
        messages.success(request, _("Removed."))
        return
    if item is None:
        messages.warning(request, _("This is not in the collection any more."))
        return
    form = NoteForm(request.POST, instance=item)
    if form.is_valid():
        form.save()
    else:
        messages.error(request, " ".join(form.errors["note"]))
