from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import User


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
