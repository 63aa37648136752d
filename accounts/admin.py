"""For administrators: who may do what."""

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .models import User


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "language")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreationForm
    actions = ["end_two_steps"]
    list_display = ["email", "first_name", "last_name", "language", "is_staff", "last_login"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "language", "searches_privately"]}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "language", "usable_password", "password1", "password2"]})]

    @admin.action(description=_("Turn off two-step log-in"), permissions=["change"])
    def end_two_steps(self, request, users) -> None:
        """For somebody who lost both their phone and their recovery codes."""
        Authenticator.objects.filter(user__in=users).delete()
        count = users.count()
        told = ngettext(
            "%(count)d account logs in by its password alone.",
            "%(count)d accounts log in by their passwords alone.",
            count,
        )
        messages.success(request, told % {"count": count})
