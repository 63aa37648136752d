from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetrievalConfig(AppConfig):
    name = "retrieval"
    verbose_name = _("Retrieval")

    def ready(self) -> None:
        from . import signals, visitors  # noqa: F401  (they hear what places and accounts announce)
        from .desk import outliers  # noqa: F401  (a filter of the desk that needs the index)
