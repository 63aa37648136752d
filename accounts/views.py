from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import translate_url
from django.utils import translation
from django.utils.translation import gettext as _

from .forms import DeleteAccountForm, ProfileForm
from .models import ApiKey


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """All that an account holds, each thing with the way to change it."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        user = form.save()
        address = translate_url(request.path, user.language)
        with translation.override(user.language):
            messages.success(request, _("Your profile is saved."))
        return redirect(address)
    context = {
        "form": form,
        "has_two_steps": is_mfa_enabled(request.user),
        "key_count": ApiKey.objects.usable().of(request.user).count(),
    }
    return render(request, "accounts/profile.html", context, status=400 if form.errors else 200)


def _has_no_password(request: HttpRequest) -> bool:
    return not request.user.has_usable_password()


@login_required
@reauthentication_required(enabled=_has_no_password)
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account with all it asked."""
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        user = request.user
        logout(request)
        user.delete()
        messages.success(request, _("Your account and your searches are deleted."))
        return redirect("retrieval:home")
    context = {"form": form, "key_count": ApiKey.objects.usable().of(request.user).count()}
    return render(request, "accounts/delete.html", context, status=400 if form.errors else 200)
