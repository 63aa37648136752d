from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from . import roles, schema  # noqa: F401 (the API's description hears of keys)

        post_migrate.connect(roles.set_up, dispatch_uid="accounts.roles")
