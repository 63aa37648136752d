"""allauth speaks no Vietnamese: what a visitor can meet of its forms is named here in its own words, so that
our catalogue of messages holds it. Its pages and letters are our own templates."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

PHRASES = (
    _("Email"),
    _("Email address"),
    _("Password"),
    _("Password (again)"),
    _("Current Password"),
    _("New Password"),
    _("New Password (again)"),
    _("Remember Me"),
    _("Forgot your password?"),
    _("You must type the same password each time."),
    _("This account is currently inactive."),
    _("The email address and/or password you specified are not correct."),
    _("A user is already registered with this email address."),
    _("Please type your current password."),
    _("Incorrect password."),
    _("Invalid or expired key."),
    _("Invalid login."),
    _("The password reset token was invalid."),
    _("Too many failed login attempts. Try again later."),
    _("The email address is not assigned to any user account."),
    _("Be patient, you are sending too many requests."),
    _("This email address is already associated with this account."),
    _("The new value must be different from the current one."),
    _("Use your password"),
    _("Use authenticator app or code"),
    # Two-step log-in
    _("Code"),
    _("Authenticator code"),
    _("Incorrect code."),
    _("You cannot add an email address to an account protected by two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    # Accounts of other sites
    _("Your account has no password set up."),
    _("Your account has no verified email address."),
    _("You cannot disconnect your last remaining third-party account."),
    _("The third-party account is already connected to a different account."),
    _(
        "An account already exists with this email address."
        " Please sign in to that account first, then connect"
        " your %s account."
    ),
)

# Django changed this sentence and its Vietnamese has not followed.
TOO_SHORT = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)
