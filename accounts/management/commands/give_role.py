"""Give somebody a role at the desk."""

from django.core.management.base import BaseCommand, CommandError

from accounts import roles
from accounts.models import User

NONE = "none"


class Command(BaseCommand):
    help = "Give an account a role at the desk, in place of the one it has; none takes it away."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=[*roles.Role.values, NONE])

    def handle(self, *, email: str, role: str, **options) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"No account has the address {email}.")
        roles.give(user, None if role == NONE else roles.Role(role), by=None)
        self.stdout.write(f"{user.email}: {role}")
