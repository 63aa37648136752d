from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from django import forms
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import keys, origins
from .models import ApiKey, User


class ProfileForm(forms.ModelForm):
    first_name = forms.CharField(
        label=_("Your name"), required=False, max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["first_name", "language"]
        widgets = {"language": forms.RadioSelect}


class ChangeEmailForm(AddEmailForm):
    """Another address to log in with; it counts once it is confirmed, but for one that was never confirmed itself."""

    def clean_email(self) -> str:
        email = super().clean_email()
        if any(user.pk != self.user.pk for user in filter_users_by_email(email)):
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        """Where mail reaches nobody, a slip in the only address would else stay for ever.

        allauth would remove that address too, and leave the account with none until the new one is confirmed.
        """
        mine = EmailAddress.objects.filter(user=self.user)
        if mine.filter(verified=True).exists():
            return super().save(request)
        with transaction.atomic():
            mine.delete()
            address = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"])
            address.set_as_primary()
        send_verification_email_to_address(request, address)
        return address


class DeleteAccountForm(forms.Form):
    """Deleting an account asks for its password, or where it has none, for its address: no click is enough."""

    password = forms.CharField(
        label=_("Your password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    email = forms.EmailField(label=_("Your e-mail address"))

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        del self.fields["email" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        # By the way in, which counts wrong ones: else whoever finds a browser logged in could try without end.
        if not get_adapter().reauthenticate(self.user, password):
            raise forms.ValidationError(_("This is not your password."), code="wrong_password")
        return password

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email.casefold() != self.user.email.casefold():
            raise forms.ValidationError(_("This is not the address of this account."), code="wrong_email")
        return email


class KeyNameForm(forms.ModelForm):
    class Meta:
        model = ApiKey
        fields = ["name"]
        labels = {"name": _("Name")}


class NewKeyForm(forms.Form):
    """A key to be made. The form brings the key's own beginning: sent twice, it makes one key."""

    MOST_ORIGINS = 20
    LASTS = 24 * 3600  # seconds

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, so that you know it again: “Our app”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=ApiKey.Scope, widget=forms.CheckboxSelectMultiple,
        initial=[ApiKey.Scope.SEARCH, ApiKey.Scope.CATALOGUE],
        error_messages={"required": _("Choose at least one thing that the key may do.")},
    )  # fmt: skip
    allowed_origins = forms.CharField(
        label=_("Websites that may use it"), required=False, max_length=6000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_(
            "Only if a page in a visitor’s browser sends it: one address a line, such as https://example.org. "
            "Anyone who opens that page can read the key."
        ),
    )  # fmt: skip
    once = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, owner: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.signer = signing.TimestampSigner(salt=f"accounts.key.{owner.pk}")
        self.fields["once"].initial = lambda: self.signer.sign(keys.new_prefix())

    def clean_allowed_origins(self) -> list[str]:
        lines = self.cleaned_data["allowed_origins"].split()
        if len(lines) > self.MOST_ORIGINS:
            raise forms.ValidationError(
                _("Name at most %(number)d websites."), code="too_many", params={"number": self.MOST_ORIGINS}
            )
        return list(dict.fromkeys(origins.clean(line) for line in lines))

    def clean_once(self) -> str:
        try:
            return self.signer.unsign(self.cleaned_data["once"], max_age=self.LASTS)
        except signing.BadSignature as error:
            raise forms.ValidationError(
                _("This form lay open for too long. Please open the page anew."), code="too_old"
            ) from error
