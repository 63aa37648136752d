"""For administrators: the accounts, and which role each has at the desk."""

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm
from unfold.forms import UserChangeForm as UnfoldUserChangeForm
from unfold.forms import UserCreationForm as UnfoldUserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from . import keys, roles, usage
from .models import ApiKey, User

# A role is given whole, on its account's page; what it may do is written in roles.py, where nobody can add to it.
admin.site.unregister(Group)


class UserCreationForm(UnfoldUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "language")


class UserChangeForm(UnfoldUserChangeForm):
    role = forms.ChoiceField(
        label=_("Role at the desk"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", _("None: a visitor")), *roles.Role.choices],
    )  # fmt: skip

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].initial = roles.of(self.instance) or ""


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    actions = ["end_two_steps"]
    list_display = ["email", "first_name", "last_name", "language", "role_held", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    readonly_fields = ["role_held"]
    add_fieldsets = [(None, {"fields": ["email", "language", "usable_password", "password1", "password2"]})]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list:
        if obj is None:
            return self.add_fieldsets
        may = self._may_give(request, obj)
        return [
            (None, {"fields": ["email", "password"]}),
            (_("Personal info"), {"fields": ["first_name", "last_name", "language", "searches_privately"]}),
            (
                _("Permissions"),
                {"fields": ["role" if may else "role_held", "is_active", "is_superuser"]},
            ),
            (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list:
        """Nobody makes more of themselves, and who may do everything is made by those alone."""
        fixed = ["role_held", "last_login", "date_joined"]
        if obj is not None and not self._may_give(request, obj):
            return [*fixed, "is_active", "is_superuser"]
        return fixed if request.user.is_superuser else [*fixed, "is_superuser"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or roles.may_change(obj, by=request.user)
        )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or (obj != request.user and roles.may_change(obj, by=request.user))
        )

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("groups")

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            keys.revoke_all_of(obj)
        if {"role", "is_superuser"} & set(form.changed_data):
            role = form.cleaned_data["role"]
            roles.give(obj, roles.Role(role) if role else None, by=request.user)

    def _may_give(self, request: HttpRequest, obj: User) -> bool:
        return obj.pk != request.user.pk and roles.may_change(obj, by=request.user)

    @admin.display(description=_("role at the desk"))
    def role_held(self, user: User) -> str:
        if user.is_superuser:
            return str(_("May do everything"))
        role = roles.of(user)
        return str(role.label) if role else "–"

    @admin.action(description=_("Turn off two-step log-in"), permissions=["change"])
    def end_two_steps(self, request: HttpRequest, users) -> None:
        """For somebody who lost both their phone and their recovery codes."""
        users = [user for user in users if roles.may_change(user, by=request.user)]
        Authenticator.objects.filter(user__in=users).delete()
        told = ngettext(
            "%(count)d account logs in by its password alone.",
            "%(count)d accounts log in by their passwords alone.",
            len(users),
        )
        messages.success(request, told % {"count": len(users)})


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Partners' keys, which they make themselves: here their limits are set, and a key that does harm is ended."""

    actions = ["revoke"]
    list_display = ["name", "prefix", "owner", "scopes_held", "created_at", "last_used_at", "is_usable"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__email"]
    ordering = ["-created_at"]
    list_before_template = "admin/accounts/keys_used.html"
    readonly_fields = [
        "owner", "name", "prefix", "scopes_held", "origins_named", "created_at", "last_used_at", "revoked_at", "used",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["name", "prefix", "owner", "scopes_held", "origins_named"]}),
        (
            _("Limits"),
            {"fields": ["searches_per_minute", "searches_per_day", "reads_per_minute", "reads_per_day"]},
        ),
        (_("Use"), {"fields": ["used", "last_used_at"]}),
        (_("Important dates"), {"fields": ["created_at", "revoked_at"]}),
    ]

    class Media:
        css = {"all": ["css/plot.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):
        return super().changelist_view(request, {"usage": usage.of_all()} | (extra_context or {}))

    @admin.display(description=_("may"))
    def scopes_held(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=_("websites that may use it"))
    def origins_named(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_origins) or "–"

    @admin.display(description=_("usable"), boolean=True)
    def is_usable(self, key: ApiKey) -> bool:
        return keys.opens(key)

    @admin.display(description=_("the last 30 days"))
    def used(self, key: ApiKey) -> str:
        return render_to_string("accounts/_usage.html", {"usage": usage.of([key])[key.pk]})

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen) -> None:
        number = keys.revoke(chosen)
        told = ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", number)
        messages.success(request, told % {"count": number})
