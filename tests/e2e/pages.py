"""Every page that a visitor can come to, and the rows they are shown with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils import timezone, translation

from accounts import keys
from accounts.models import ApiKey, KeyUsage
from places.models import Landmark, LandmarkImage
from retrieval.models import LookAlike, Query, RankedPlace, WorkerPulse
from tests.factories import LandmarkFactory, LandmarkImageFactory, ProvinceFactory, UserFactory
from tests.retrieval.test_views import answered, asked

PLACES = {
    "Văn Miếu - Quốc Tử Giám": "Temple of Literature",
    "Chùa Một Cột": "One Pillar Pagoda",
    "Tháp Rùa": "Turtle Tower",
}
LONG_NAME = ("Khu di tích lịch sử và danh lam thắng cảnh " * 8)[:200].strip()  # the longest there can be


@dataclass(frozen=True)
class Shown:
    """The rows behind the pages."""

    traveller: AbstractBaseUser
    places: list[Landmark]
    images: list[LandmarkImage]
    bare: Landmark
    searches: dict[str, Query]
    key: ApiKey


@dataclass(frozen=True)
class Page:
    """A page by the name of its address, and who looks at it: anybody, or one who is logged in."""

    name: str
    address: str
    args: Callable[[Shown], list] = lambda shown: []
    asked: str = ""
    status: int = 200
    logged_in: bool = False

    def __str__(self) -> str:
        return self.name

    def path(self, shown: Shown, *, language: str) -> str:
        with translation.override(language):
            if self.address.startswith("/"):
                return reverse("retrieval:home") + self.address.removeprefix("/")
            return reverse(self.address, args=self.args(shown)) + self.asked


def search(name: str, **fields) -> Page:
    return Page(f"answer-{name}", "retrieval:query", lambda shown: [shown.searches[name].pk], **fields)


def place(shown: Shown) -> list:
    return [shown.places[0].slug]


PAGES = [
    Page("home", "retrieval:home"),
    Page("explore", "places:landmarks"),
    Page("explore-filtered", "places:landmarks", asked="?q=chua+mot&category=pagoda"),
    Page("explore-empty", "places:landmarks", asked="?q=xyzzy"),
    Page("place", "places:landmark", place),
    Page("place-bare", "places:landmark", lambda shown: [shown.bare.slug]),
    Page("map", "places:map"),
    Page("near", "places:near"),
    Page("methods", "retrieval:methods"),
    Page("status", "retrieval:status"),
    Page("about", "pages:about"),
    Page("how", "pages:how"),
    Page("privacy", "pages:privacy"),
    Page("terms", "pages:terms"),
    Page("licences", "pages:licences"),
    Page("offline", "pages:offline"),
    Page("partners", "partners:index"),
    Page("partners-changelog", "partners:changelog"),
    Page("partners-deprecation", "partners:deprecation"),
    Page("takedown", "places:takedown"),
    Page("not-found", "/nowhere/", status=404),
    Page("log-in", "account_login"),
    Page("sign-up", "account_signup"),
    Page("password-reset", "account_reset_password"),
    Page("account", "accounts:profile", logged_in=True),
    Page("account-delete", "accounts:delete", logged_in=True),
    Page("account-email", "account_email", logged_in=True),
    Page("account-password", "account_change_password", logged_in=True),
    Page("account-two-step", "mfa_index", logged_in=True),
    Page("keys", "accounts:keys", logged_in=True),
    Page("key-revoke", "accounts:key-revoke", lambda shown: [shown.key.pk], logged_in=True),
    Page("history", "retrieval:history", logged_in=True),
    Page("history-empty", "retrieval:history"),
    Page("collections", "places:collections", logged_in=True),
    Page("contribute", "places:contribute", place, logged_in=True),
    Page("contribute-unknown", "places:contribute-unknown", logged_in=True),
    Page("contributions", "places:contributions", logged_in=True),
    search("is"),
    search("one-of"),
    search("unknown"),
    search("closest"),
    search("nothing"),
    search("failed"),
    search("waiting"),
    search("running"),
    Page("answer-own", "retrieval:query", lambda shown: [shown.searches["own"].pk], logged_in=True),
    Page("hit", "retrieval:hit", lambda shown: [shown.searches["is"].pk, 0]),
    Page("compare", "retrieval:query-compare", lambda shown: [shown.searches["is"].pk]),
    Page("similar", "retrieval:similar", lambda shown: [shown.images[0].pk]),
]


def make_rows() -> Shown:
    """Rows for all of them; the photos are drawn, and no network describes them."""
    WorkerPulse.objects.create(name="beside the site", at=timezone.now())
    province = ProvinceFactory(slug="ha-noi", name_vi="Hà Nội", name_en="Hanoi")
    places = [
        LandmarkFactory(
            name_vi=name_vi,
            name_en=name_en,
            province=province,
            description_vi="Một nơi để thử trang này.",
            description_en="A place to try this page with.",
            latitude=21.02 + number / 100,
            longitude=105.83,
            unesco=Landmark.Unesco.values[0] if number == 0 else "",
        )
        for number, (name_vi, name_en) in enumerate(PLACES.items())
    ]
    images = [
        LandmarkImageFactory(
            landmark=landmark, published=True, size=(640, 480), author="Nguyễn Thị Minh Khai"
        )
        for landmark in places
        for _number in range(3)
    ]
    firsts = images[::3]
    LookAlike.objects.create(
        first=places[0],
        second=places[1],
        first_image=images[0],
        second_image=images[3],
        detail_vi="Nơi này có hồ.",
        detail_en="This one has a pond.",
        **{"confusions": 1, "photos": 6, "similarity": 0.8, "method": "cnn_irwnha", "version": "v1"},
    )
    traveller = UserFactory(email="traveller@example.org")
    searches = {
        "is": judged("is", [0.92, 0.03, 0.01], firsts),
        "one-of": judged("one_of", [0.45, 0.3, 0.02], firsts),
        "unknown": judged("unknown", [0.1, 0.02, 0.01], firsts),
        "closest": answered(*firsts, shared=True, left=100, top=50, right=300, bottom=150),
        "nothing": answered(shared=True),
        "failed": asked(shared=True, state="failed", reason=Query.Reason.UNREADABLE),
        "waiting": asked(shared=True),
        "running": asked(shared=True, state="running", stage="searching"),
        "own": judged("is", [0.92, 0.03, 0.01], firsts, user=traveller),
    }
    key = keys.issue(
        traveller, name="Lotus guide", scopes=["search", "catalogue"], origins=["https://lotus.example"]
    ).key
    for back in range(12):
        day = timezone.localdate() - timedelta(days=back)
        for kind in ("search", "catalogue"):
            KeyUsage.objects.create(key=key, day=day, kind=kind, requests=40 + back, refusals=back)
    bare = LandmarkFactory(slug="bare", name_vi=LONG_NAME, name_en=LONG_NAME, province=None)
    return Shown(traveller, places, images, bare, searches, key)


def judged(verdict: str, chances: list[float], images: list[LandmarkImage], **fields) -> Query:
    """A search by consensus that found these photos, whose places have these probabilities."""
    known = {"method": "consensus", "verdict": verdict, "known": sum(chances), "shared": True}
    query = answered(*images, **known | fields)
    for ranked, chance in zip(query.places.order_by("rank"), chances, strict=True):
        RankedPlace.objects.filter(pk=ranked.pk).update(probability=chance, named_by=["sir"])
    return query
