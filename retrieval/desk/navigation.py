"""The desk's navigation, as a curator thinks: what is to do, what there is, how well it works, who works here."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retrieval import queues


@dataclass(frozen=True)
class Page:
    label: str
    icon: str
    name: str
    permission: str


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        gettext_lazy("Catalogue"),
        (
            Page(gettext_lazy("Landmarks"), "temple_buddhist", "places_landmark_changelist", "places.view_landmark"),
            Page(gettext_lazy("Photos"), "image", "places_desk", "places.view_landmarkimage"),
            Page(gettext_lazy("Provinces"), "map", "places_province_changelist", "places.view_province"),
            Page(gettext_lazy("Look-alikes"), "compare", "retrieval_lookalike_changelist", "retrieval.view_lookalike"),
            Page(gettext_lazy("What was done"), "history", "places_desk_history", "places.view_landmarkimage"),
        ),
    ),
    (
        gettext_lazy("Measures"),
        (
            Page(gettext_lazy("Evaluations"), "monitoring", "retrieval_evaluation_changelist", "retrieval.view_evaluation"),
            Page(gettext_lazy("Effects of accepted photos"), "trending_up", "retrieval_effect_changelist", "retrieval.view_effect"),
            Page(gettext_lazy("Traces of withdrawn photos"), "scan_delete", "retrieval_traces", "places.view_landmarkimage"),
            Page(gettext_lazy("Descriptors"), "fingerprint", "retrieval_descriptor_changelist", "retrieval.view_descriptor"),
            Page(gettext_lazy("Failed descriptions"), "error", "retrieval_describefailure_changelist", "retrieval.view_describefailure"),
            Page(gettext_lazy("Calibrations"), "tune", "retrieval_calibration_changelist", "retrieval.view_calibration"),
            Page(gettext_lazy("Checkpoints"), "model_training", "retrieval_servablecheckpoint_changelist", "retrieval.view_servablecheckpoint"),
            Page(gettext_lazy("Nightly tuning"), "bedtime", "retrieval_nightlytuning_changelist", "retrieval.view_nightlytuning"),
            Page(gettext_lazy("All searches"), "search", "retrieval_query_changelist", "retrieval.view_query"),
        ),
    ),
    (
        gettext_lazy("People"),
        (
            Page(gettext_lazy("Accounts"), "group", "accounts_user_changelist", "accounts.view_user"),
            Page(gettext_lazy("Email addresses"), "mail", "account_emailaddress_changelist", "account.view_emailaddress"),
            Page(gettext_lazy("API keys"), "key", "accounts_apikey_changelist", "accounts.view_apikey"),
        ),
    ),
)  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict]:
    """The groups in unfold's terms, with what this user may open; a queue's badge says how much waits in it."""
    user = request.user
    first = [_item(_("Overview"), "dashboard", reverse("admin:index"))]
    todo = [
        _item(each.queue.label, each.queue.icon, each.queue.address) | {"badge": each.count}
        for each in queues.waiting_for(user)
    ]
    groups = [
        (
            label,
            [
                _item(page.label, page.icon, reverse(f"admin:{page.name}"))
                for page in pages
                if user.has_perm(page.permission)
            ],
        )
        for label, pages in GROUPS
    ]
    whole = [("", first), (_("To do"), todo), *groups]
    shown = [{"title": title, "items": items} for title, items in whole if items]
    here = _here(request, [item["link"] for group in shown for item in group["items"]])
    for group in shown:
        for item in group["items"]:
            item["active"] = item["link"] == here
    return shown


def _item(label: str, icon: str, address: str) -> dict:
    return {"title": label, "icon": icon, "link": address, "badge_variant": "primary"}


def _here(request: HttpRequest, links: list[str]) -> str:
    """The link that leads to this page: the very one, or else that of the same list, however it is filtered."""
    return request.get_full_path() if request.get_full_path() in links else request.path


def account(request: HttpRequest) -> list[dict]:
    """Beside one's own account: this page in the other language, and the site."""
    others = [code for code, _name in settings.LANGUAGES if code != translation.get_language()]
    return [
        *(
            {
                "title": translation.get_language_info(code)["name_local"],
                "link": translate_url(request.get_full_path(), code),
            }
            for code in others
        ),
        {"title": _("My profile"), "link": reverse("accounts:profile")},
    ]
