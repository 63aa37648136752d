"""The pages on which an account makes, names and revokes its API keys."""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from . import keys as api_keys
from . import limiting, limits, usage
from .forms import KeyNameForm, NewKeyForm
from .limits import Act
from .models import ApiKey


@login_required
@never_cache
def keys(request: HttpRequest, *, refused: KeyNameForm | None = None) -> HttpResponse:
    """The account's keys, each with what it may do and what it was used for."""
    mine = list(ApiKey.objects.of(request.user))
    used, searched = usage.of(mine), limits.used_today(map(limiting.holder_of_key, mine), Act.SEARCH)
    held = [key for key in mine if key.revoked_at is None]
    for key in mine:
        key.used = used[key.pk]
        key.limit = limits.of_key(key, Act.SEARCH)
        key.searched = searched.get(limiting.holder_of_key(key), 0)
        mistaken = refused is not None and refused.instance.pk == key.pk
        key.name_form = refused if mistaken else KeyNameForm(instance=key, auto_id=f"id_%s_{key.pk}")
    context = {
        "held": held,
        "revoked": [key for key in mine if key.revoked_at is not None],
        "most": settings.KEYS_PER_ACCOUNT,
        "may_make": len(held) < settings.KEYS_PER_ACCOUNT,
        "mistaken": refused and refused.instance.pk,
    }
    return render(request, "accounts/keys.html", context, status=400 if refused else 200)


@login_required
@reauthentication_required
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """Make a key and show it: the one page on which it ever stands."""
    form = NewKeyForm(request.POST if request.method == "POST" else None, owner=request.user)
    if form.is_valid():
        said = form.cleaned_data
        try:
            made = api_keys.issue(
                request.user,
                name=said["name"],
                scopes=said["scopes"],
                origins=said["allowed_origins"],
                prefix=said["once"],
            )
            return render(request, "accounts/key_made.html", {"made": made}, status=201)
        except api_keys.AlreadyMade:
            messages.warning(
                request, _("This key was made before. If you did not keep it, revoke it and make another.")
            )
            return redirect("accounts:keys")
        except api_keys.TooMany as refusal:
            form.add_error(None, str(refusal))
    return render(request, "accounts/key_new.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.of(request.user), pk=pk)
    form = KeyNameForm(request.POST, instance=key, auto_id=f"id_%s_{pk}")
    if not form.is_valid():
        return keys(request, refused=form)
    api_keys.rename(key, form.cleaned_data["name"])
    messages.success(request, _("The key has its new name."))
    return redirect("accounts:keys")


@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then end the key."""
    key = get_object_or_404(ApiKey.objects.of(request.user).filter(revoked_at=None), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/key_revoke.html", {"key": key})
    api_keys.revoke([key])
    messages.success(request, _("“{name}” is revoked and opens nothing any more.").format(name=key.name))
    return redirect("accounts:keys")


@login_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """All that is kept of the account's keys, as a file; of a key itself nobody has more than its beginning."""
    content = JsonResponse(
        {"keys": api_keys.told_of(request.user)}, json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    content["Content-Disposition"] = 'attachment; filename="api-keys.json"'
    return content
