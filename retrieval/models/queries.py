"""What visitors asked, and what they were answered."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places import storage
from places.models import Landmark, LandmarkImage, LandmarkQuerySet, Province

NAMED_AT_MOST = 5  # places that an answer of several names


def private_for() -> timedelta:
    """How long after its answer a private search can still be read."""
    return timedelta(minutes=settings.PRIVATE_SEARCHES_KEPT_MINUTES)


def query_photo_path(query: "Query", filename: str) -> str:
    return f"queries/{str(query.pk)[:2]}/{query.pk}"


class QueryQuerySet(models.QuerySet["Query"]):
    def readable_by(self, *, user, session_key: str | None) -> "QueryQuerySet":
        """Those that this visitor may see: their own, and what others shared, with all that belongs to it."""
        own = models.Q(shared=True) | models.Q(part_of__shared=True)
        own |= models.Q(beside__shared=True) | models.Q(part_of__beside__shared=True)
        if user.is_authenticated:
            own |= models.Q(user=user)
        if session_key:
            own |= models.Q(user=None, session_key=session_key)
        return self.still_kept().filter(own)

    def still_kept(self) -> "QueryQuerySet":
        """Without the private ones whose time is over, whether or not they are deleted yet."""
        return self.exclude(private=True, answered_at__lt=timezone.now() - private_for())

    def private_and_over(self) -> "QueryQuerySet":
        return self.questions().filter(private=True, answered_at__lt=timezone.now() - private_for())

    def old(self) -> "QueryQuerySet":
        """Questions older than they are kept for, an account's or a visitor's; a kept period of 0 days is for ever.

        What an account starred stays, and so does what a curator has yet to look at, or found to be true.
        """
        over = models.Q(pk=None)
        for owner, days in (
            (models.Q(user__isnull=False, starred=False), settings.SEARCHES_KEPT_DAYS),
            (models.Q(user=None), settings.VISITORS_SEARCHES_KEPT_DAYS),
        ):
            if days:
                over |= owner & models.Q(asked_at__lt=timezone.now() - timedelta(days=days))
        given = models.Q(corrections__handled_at=None, corrections__isnull=False)
        given |= models.Q(corrections__is_true=True)
        given |= models.Q(offer__isnull=False, offer__handled_at=None)
        return self.questions().filter(over).exclude(pk__in=Query.objects.filter(given).values("pk"))

    def asked_by(self, user) -> "QueryQuerySet":
        return self.filter(user=user).order_by("-asked_at")

    def questions(self) -> "QueryQuerySet":
        """Without the further views that only help to answer another, and without what is asked to compare."""
        return self.filter(part_of=None, beside=None)

    def listed(self) -> "QueryQuerySet":
        """Those of a history: questions that are not private."""
        return self.questions().filter(private=False)

    def about(self, words: str, *, landmarks: LandmarkQuerySet) -> "QueryQuerySet":
        """Those whose own title has these words, or whose answer names one of the landmarks that they mean."""
        named = RankedPlace.objects.filter(
            models.Q(rank=0) | models.Q(query__verdict=Query.Verdict.ONE_OF, rank__lt=NAMED_AT_MOST),
            query=models.OuterRef("pk"),
            landmark__in=landmarks,
        )
        says_so = models.Exists(named) & ~models.Q(verdict=Query.Verdict.UNKNOWN)
        return self.filter(models.Q(title__icontains=words) | says_so)

    def with_answer(self, *, explained: bool = False) -> "QueryQuerySet":
        """Each with its views, the places and hits of all, and what a page shows of them, in a handful of queries.

        explained: its hits with their matches.
        """
        views = Query.objects.with_own_answer().order_by("asked_at", "pk")
        whole = self.with_own_answer(explained=explained)
        whole = whole.select_related("from_image__landmark", "province", "webhook")
        return whole.prefetch_related(models.Prefetch("views", views))

    def with_own_answer(self, *, explained: bool = False) -> "QueryQuerySet":
        """The same without further views."""
        hits = Hit.objects.select_related("image__landmark__province")
        return self.prefetch_related(
            models.Prefetch(
                "places",
                RankedPlace.objects.select_related("landmark__province", "landmark__former_province"),
            ),
            models.Prefetch("hits", hits if explained else hits.defer("matches")),
        )

    def unanswered(self) -> "QueryQuerySet":
        return self.filter(state__in=[Query.State.WAITING, Query.State.RUNNING])


class Query(models.Model):
    """One search: a photo, perhaps a box on it, a method; and how far it has come.

    Further photos of the same place are searches of their own, `part_of` the first, whose places are the answer
    of all. The same photo asked by another method stands `beside` the first, to be compared.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Searching")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Failed")

    class Stage(models.TextChoices):
        DESCRIBING = "describing", _("Describing the photo")
        SEARCHING = "searching", _("Searching the catalogue")
        VERIFYING = "verifying", _("Comparing closely")
        VOTING = "voting", _("Weighing the places")

    class Verdict(models.TextChoices):
        """What the confidence of the places amounts to."""

        IS = "is", _("This is it")
        ONE_OF = "one_of", _("One of these")
        UNKNOWN = "unknown", _("Not in our catalogue")

    class Reason(models.TextChoices):
        """Why a search failed, in words for its visitor."""

        UNREADABLE = "unreadable", _("The photo could not be read.")
        NOTHING_DESCRIBED = (
            "nothing_described",
            _("No photo of the catalogue is described by this method yet."),
        )
        GAVE_UP = "gave_up", _("The search could not be finished. Please try again.")
        TOOK_TOO_LONG = "took_too_long", _("The search took too long and was ended. Please try again.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="queries",
        verbose_name=_("user"),
    )  # fmt: skip
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    shared = models.BooleanField(_("shared"), default=False)
    private = models.BooleanField(
        _("private"), default=False, help_text=_("In no history, and forgotten minutes after its answer.")
    )
    starred = models.BooleanField(_("starred"), default=False)
    title = models.CharField(_("own title"), max_length=200, blank=True)
    part_of = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="views", verbose_name=_("further view of")
    )
    beside = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="siblings",
        verbose_name=_("same photo as"),
    )  # fmt: skip

    from_image = models.ForeignKey(
        LandmarkImage, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("asked with the photo"),
        help_text=_("A photo of the catalogue; neither it nor its near-duplicates are found."),
    )  # fmt: skip
    once = models.UUIDField(
        null=True, editable=False,
        help_text="The same for what is sent twice, and for nothing else.",
    )  # fmt: skip
    fingerprint = models.CharField(
        max_length=64, blank=True, editable=False,
        help_text="Of what a program asks under a key of its own: with the same key it must be the same.",
    )  # fmt: skip

    photo = models.FileField(_("photo"), storage=storage.private, upload_to=query_photo_path, max_length=200)
    width = models.PositiveIntegerField(_("width"), help_text=_("Pixels, upright."))
    height = models.PositiveIntegerField(_("height"), help_text=_("Pixels, upright."))
    left = models.PositiveIntegerField(null=True, blank=True)
    top = models.PositiveIntegerField(null=True, blank=True)
    right = models.PositiveIntegerField(null=True, blank=True)
    bottom = models.PositiveIntegerField(null=True, blank=True)

    method = models.CharField(_("method"), max_length=40)
    verifier = models.CharField(
        _("verifier"), max_length=40, blank=True, help_text=_("Another than the method's own.")
    )
    version = models.CharField(_("checkpoint"), max_length=300, blank=True)
    k = models.PositiveSmallIntegerField(_("how many photos"), default=50)
    province = models.ForeignKey(
        Province, models.SET_NULL, null=True, blank=True, verbose_name=_("only in this province")
    )
    category = models.CharField(
        _("only of this category"), max_length=20, choices=Landmark.Category, blank=True
    )
    words = models.CharField(_("only in or near"), max_length=100, blank=True)
    bbox = ArrayField(
        models.FloatField(), size=4, verbose_name=_("only between"), null=True, blank=True,
        help_text=_("West, south, east, north in degrees."),
    )  # fmt: skip
    near = ArrayField(
        models.FloatField(), size=3, verbose_name=_("only around"), null=True, blank=True,
        help_text=_("Latitude and longitude in degrees, and the radius in km."),
    )  # fmt: skip

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    queued_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    seconds = models.JSONField(
        _("seconds by stage"), default=dict, blank=True, help_text=_("And those it waited for a worker.")
    )
    catalogue = models.CharField(
        _("version of the catalogue"), max_length=60, blank=True,
        help_text=_("As it was when the answer was given."),
    )  # fmt: skip
    verdict = models.CharField(
        _("verdict"), max_length=10, choices=Verdict, blank=True,
        help_text=_("Empty where the method's confidence is not calibrated."),
    )  # fmt: skip
    known = models.FloatField(
        _("known"), null=True, blank=True, help_text=_("The probability that the catalogue holds the place.")
    )
    hints = models.JSONField(_("hints"), default=list, blank=True)
    found = models.PositiveSmallIntegerField(default=0, help_text="Photos in its answer when it was given.")

    objects = QueryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("search"), _("searches")
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                name="a_box_is_whole_has_an_area_and_lies_in_the_photo",
                condition=models.Q(left=None, top=None, right=None, bottom=None)
                | models.Q(
                    left__lt=models.F("right"),
                    top__lt=models.F("bottom"),
                    right__lte=models.F("width"),
                    bottom__lte=models.F("height"),
                ),
            ),  # fmt: skip
            models.CheckConstraint(
                name="a_bbox_is_four_numbers_in_order",
                condition=models.Q(bbox=None)
                | models.Q(bbox__len=4, bbox__0__lt=models.F("bbox__2"), bbox__1__lt=models.F("bbox__3")),
            ),
            models.CheckConstraint(
                name="a_radius_belongs_to_a_point", condition=models.Q(near=None) | models.Q(near__len=3)
            ),
            models.CheckConstraint(
                name="a_failed_search_has_a_reason",
                condition=~models.Q(state="failed") | ~models.Q(reason=""),
            ),
            models.CheckConstraint(
                name="a_private_search_is_neither_shared_nor_marked",
                condition=models.Q(private=False) | models.Q(shared=False, starred=False, title=""),
            ),
            models.UniqueConstraint(fields=["once"], name="a_form_sent_twice_asks_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-asked_at"], name="searches_of_a_user"),
            models.Index(fields=["session_key", "-asked_at"], name="searches_of_a_session"),
            models.Index(fields=["asked_at"], name="searches_by_age"),
            models.Index(
                fields=["answered_at"], name="private_searches", condition=models.Q(private=True)
            ),
            models.Index(
                fields=["asked_at"], name="unanswered_searches",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("retrieval:query", args=[self.pk])

    @property
    def is_done(self) -> bool:
        return self.state in (self.State.ANSWERED, self.State.FAILED)

    @property
    def announced_as(self) -> str:
        """The name under which `announcing` says that it is done."""
        return f"search {self.pk}"

    @property
    def forgotten_at(self) -> datetime | None:
        """When a private search ends; None before its answer, and for those that are kept."""
        return self.answered_at + private_for() if self.private and self.answered_at else None

    @property
    def has_box(self) -> bool:
        return self.left is not None

    @property
    def limits(self) -> list[str]:
        """What the search was limited to, in the reader's language."""
        limits = [self.words, self.province and self.province.name, self.get_category_display()]
        if self.near:
            latitude, longitude, km = (f"{number:g}" for number in self.near)
            limits.append(
                _("{km} km around {latitude}, {longitude}").format(
                    km=km, latitude=latitude, longitude=longitude
                )
            )
        if self.bbox:
            west, south, east, north = (f"{degrees:g}°" for degrees in self.bbox)
            limits.append(
                _("{west} to {east} east, {south} to {north} north").format(
                    west=west, south=south, east=east, north=north
                )
            )
        return [limit for limit in limits if limit]

    @property
    def seconds_at_work(self) -> float:
        """What its stages took together, its wait for a worker left out."""
        return sum(self.seconds.get(stage, 0) for stage in self.Stage.values)

    @property
    def root(self) -> "Query":
        """The search that this one belongs to: which is shared, deleted and listed, and whose photo others compare."""
        first = self.part_of or self
        return first.beside or first

    @property
    def fractions(self) -> tuple[float, float, float, float] | None:
        """Its box: left, top, right, bottom, 0..1 of the photo; None for the whole of it."""
        if not self.has_box:
            return None
        return (
            self.left / self.width,
            self.top / self.height,
            self.right / self.width,
            self.bottom / self.height,
        )

    @property
    def box_share(self) -> float:
        """How much of the photo its box holds, 0..1."""
        if not self.has_box:
            return 1.0
        return (self.right - self.left) * (self.bottom - self.top) / (self.width * self.height)

    def weighed_places(self) -> "list[RankedPlace]":
        """Its places, each with its best `hit` and its `rivals`: what speaks for it, and what against.

        A place that only further views show has its hit from those; the photos of one that was merged since are
        those of the other.
        """
        places = list(self.places.all())
        best_first = [
            hit for each in (self, *self.views.all()) for hit in each.hits.all() if hit.image.thumbnail
        ]
        best_of = {hit.image.landmark_id: hit for hit in reversed(best_first)}
        for place in places:
            place.hit = best_of.get(place.landmark.merged_into_id or place.landmark_id)
            place.rivals = [other for other in places if other.landmark_id != place.landmark_id]
        return places


class RankedPlace(models.Model):
    """A place in the answer to a search, with what speaks for it."""

    query = models.ForeignKey(Query, models.CASCADE, related_name="places")
    landmark = models.ForeignKey(Landmark, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()  # 0 is the best
    share = models.FloatField(help_text="Of the photos' votes, 0..1; not a probability.")
    probability = models.FloatField(null=True, help_text="Calibrated, 0..1; null where it is not.")
    named_by = models.JSONField(
        default=list, help_text="The methods, of those asked, whose own ranking puts it first."
    )
    votes = models.PositiveSmallIntegerField(
        help_text="Photos that voted for it, near-duplicates counted once."
    )
    best_similarity = models.FloatField()
    best_inliers = models.PositiveIntegerField(null=True)

    # Set by Query.weighed_places.
    hit: "Hit | None"  # its photo that stands highest; None when all of them were withdrawn
    rivals: "list[RankedPlace]"  # the other places that photos voted for, the best first

    class Meta:
        ordering = ["query", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["query", "rank"], name="one_place_per_rank"),
            models.UniqueConstraint(fields=["query", "landmark"], name="a_place_is_ranked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rank + 1}. {self.landmark}"

    @property
    def own_hit(self) -> "Hit | None":
        """Its hit where that is one of the query itself, not of a further view."""
        return self.hit if self.hit and self.hit.query_id == self.query_id else None

    @property
    def against(self) -> int:
        """How many of the photos that voted speak for other places."""
        return sum(rival.votes for rival in self.rivals)

    @property
    def voters(self) -> int:
        return self.votes + self.against

    @property
    def percent(self) -> int:
        """The probability in per cent, never rounded to none or to all."""
        return min(max(round(100 * (self.probability or 0)), 1), 99)


class HitQuerySet(models.QuerySet["Hit"]):
    def shown(self) -> "HitQuerySet":
        """Those whose photo is published still."""
        return self.filter(image__in=LandmarkImage.objects.published())


class Hit(models.Model):
    """A photo in the answer to a search. Withdrawing the photo removes it from past answers too."""

    query = models.ForeignKey(Query, models.CASCADE, related_name="hits")
    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()  # 0 is the best
    similarity = models.FloatField()
    inliers = models.PositiveIntegerField(null=True)
    # Which details lie alike, packed by ranking.alignment.pack; empty where there are too few to count.
    matches = models.BinaryField(default=b"")

    objects = HitQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("photo found"), _("photos found")
        ordering = ["query", "rank"]
        constraints = [models.UniqueConstraint(fields=["query", "rank"], name="one_photo_per_rank")]

    def __str__(self) -> str:
        return f"{self.rank + 1}. {self.image_id}"
