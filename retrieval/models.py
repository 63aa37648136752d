"""What the platform knows of each photo by each method, what visitors asked, and what they were answered."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from places import storage
from places.models import Landmark, LandmarkImage, Province

if TYPE_CHECKING:
    from retrieval.evaluation.benchmark import MethodReport
    from retrieval.evaluation.datasets import Dataset


class Described(models.Model):
    """One photo under one version of one method."""

    image = models.ForeignKey(
        LandmarkImage, models.CASCADE, related_name="%(class)ss", verbose_name=_("photo")
    )
    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100)
    at = models.DateTimeField(_("at"), auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.image_id} {self.method} {self.version}"


class Descriptor(Described):
    """A photo's vector. A photo without one is still to be described: there is no other state."""

    vector = VectorField()  # no dimension: each method and version has its own

    class Meta:
        verbose_name, verbose_name_plural = _("descriptor"), _("descriptors")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"], name="one_descriptor_per_image_method_and_version"
            )
        ]
        indexes = [models.Index(fields=["method", "version"], name="descriptors_by_method")]


class LocalFeatureSet(models.Model):
    """The local features that go with a descriptor, packed by LocalFeatures.to_bytes."""

    descriptor = models.OneToOneField(
        Descriptor, models.CASCADE, primary_key=True, related_name="local_features"
    )
    features = models.BinaryField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} of {self.descriptor_id}"


class DescribeFailure(Described):
    """Why a photo could not be described, for curators; gone once it can."""

    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name, verbose_name_plural = _("failed description"), _("failed descriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "method", "version"], name="one_failure_per_image_method_and_version"
            )
        ]


def query_photo_path(query: "Query", filename: str) -> str:
    return f"queries/{str(query.pk)[:2]}/{query.pk}"


class QueryQuerySet(models.QuerySet["Query"]):
    def readable_by(self, *, user, session_key: str | None) -> "QueryQuerySet":
        """Those that this visitor may see: their own, and what others shared."""
        own = models.Q(shared=True)
        if user.is_authenticated:
            own |= models.Q(user=user)
        if session_key:
            own |= models.Q(user=None, session_key=session_key)
        return self.filter(own)

    def asked_by(self, user) -> "QueryQuerySet":
        return self.filter(user=user).order_by("-asked_at")

    def with_answer(self) -> "QueryQuerySet":
        """Each with its places and hits, and all that a page shows of them, in a handful of queries."""
        return self.prefetch_related(
            models.Prefetch(
                "places",
                RankedPlace.objects.select_related("landmark__province", "landmark__former_province"),
            ),
            models.Prefetch("hits", Hit.objects.select_related("image__landmark").defer("matches")),
        )

    def unanswered(self) -> "QueryQuerySet":
        return self.filter(state__in=[Query.State.WAITING, Query.State.RUNNING])


class Query(models.Model):
    """One search: a photo, perhaps a box on it, a method; and how far it has come."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Searching")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Failed")

    class Stage(models.TextChoices):
        DESCRIBING = "describing", _("Describing the photo")
        SEARCHING = "searching", _("Searching the catalogue")
        VERIFYING = "verifying", _("Comparing closely")

    class Reason(models.TextChoices):
        """Why a search failed, in words for its visitor."""

        UNREADABLE = "unreadable", _("The photo could not be read.")
        NOTHING_DESCRIBED = (
            "nothing_described",
            _("No photo of the catalogue is described by this method yet."),
        )
        GAVE_UP = "gave_up", _("The search could not be finished. Please try again.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="queries",
        verbose_name=_("user"),
    )  # fmt: skip
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    shared = models.BooleanField(_("shared"), default=False)

    photo = models.FileField(_("photo"), storage=storage.private, upload_to=query_photo_path, max_length=200)
    width = models.PositiveIntegerField(_("width"), help_text=_("Pixels, upright."))
    height = models.PositiveIntegerField(_("height"), help_text=_("Pixels, upright."))
    left = models.PositiveIntegerField(null=True, blank=True)
    top = models.PositiveIntegerField(null=True, blank=True)
    right = models.PositiveIntegerField(null=True, blank=True)
    bottom = models.PositiveIntegerField(null=True, blank=True)

    method = models.CharField(_("method"), max_length=40)
    version = models.CharField(_("checkpoint"), max_length=100, blank=True)
    k = models.PositiveSmallIntegerField(_("how many photos"), default=50)
    province = models.ForeignKey(
        Province, models.SET_NULL, null=True, blank=True, verbose_name=_("only in this province")
    )
    category = models.CharField(
        _("only of this category"), max_length=20, choices=Landmark.Category, blank=True
    )

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    queued_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    seconds = models.JSONField(_("seconds by stage"), default=dict, blank=True)

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
                name="a_failed_search_has_a_reason",
                condition=~models.Q(state="failed") | ~models.Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-asked_at"], name="searches_of_a_user"),
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
    def has_box(self) -> bool:
        return self.left is not None

    def weighed_places(self) -> "list[RankedPlace]":
        """Its places, each with its best `hit` and its `rivals`: what speaks for it, and what against."""
        places = list(self.places.all())
        best_first = [hit for hit in self.hits.all() if hit.image.thumbnail]
        best_of = {hit.image.landmark_id: hit for hit in reversed(best_first)}
        for place in places:
            place.hit = best_of.get(place.landmark_id)
            place.rivals = [other for other in places if other.landmark_id != place.landmark_id]
        return places


class RankedPlace(models.Model):
    """A place in the answer to a search, with what speaks for it."""

    query = models.ForeignKey(Query, models.CASCADE, related_name="places")
    landmark = models.ForeignKey(Landmark, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()  # 0 is the best
    share = models.FloatField(help_text="Of the photos' votes, 0..1; not a probability.")
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
    def against(self) -> int:
        """How many of the photos that voted speak for other places."""
        return sum(rival.votes for rival in self.rivals)

    @property
    def voters(self) -> int:
        return self.votes + self.against


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
        ordering = ["query", "rank"]
        constraints = [models.UniqueConstraint(fields=["query", "rank"], name="one_photo_per_rank")]

    def __str__(self) -> str:
        return f"{self.rank + 1}. {self.image_id}"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def of_owner(self, query: Query) -> "CorrectionQuerySet":
        """What the one who asked says of the answer: one row, or none."""
        return self.filter(
            query=query, user=query.user_id, session_key="" if query.user_id else query.session_key
        )

    def usable_as_truth(self) -> "CorrectionQuerySet":
        """Those that a curator found true and that name a place which still stands in the catalogue."""
        return self.filter(is_true=True, landmark__isnull=False)


class Correction(models.Model):
    """What a visitor says of an answer, and what a curator made of that.

    It feeds the curators' queue and the evaluation, never the training by itself.
    """

    class Said(models.TextChoices):
        RIGHT = "right", _("It is right")
        WRONG = "wrong", _("It is wrong")
        IN_FACT = "in_fact", _("It is in fact another place")

    query = models.ForeignKey(Query, models.CASCADE, related_name="corrections", verbose_name=_("search"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("user"),
    )  # fmt: skip
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    said = models.CharField(_("what the visitor says"), max_length=10, choices=Said)
    landmark = models.ForeignKey(
        Landmark, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("landmark"),
        help_text=_("What the photo shows, as the visitor says: the place answered where that is right."),
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    is_true = models.BooleanField(_("found true"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("handled by"),
    )  # fmt: skip

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("correction"), _("corrections")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["query", "user", "session_key"],
                nulls_distinct=False,
                name="a_visitor_corrects_an_answer_once",
            ),
            models.CheckConstraint(
                name="a_correction_is_an_accounts_or_a_sessions",
                condition=models.Q(user__isnull=False, session_key="")
                | models.Q(user=None) & ~models.Q(session_key=""),
            ),
            # Where a landmark is named it may be deleted later, so none is asked for here.
            models.CheckConstraint(
                name="what_is_only_wrong_names_no_landmark",
                condition=~models.Q(said="wrong") | models.Q(landmark=None),
            ),
            models.CheckConstraint(
                name="a_handled_correction_is_found_true_or_not",
                condition=models.Q(handled_at=None, handled_by=None, is_true=None)
                | models.Q(handled_at__isnull=False, is_true__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-at"], name="corrections_to_be_handled", condition=models.Q(handled_at=None)
            )
        ]

    def __str__(self) -> str:
        """The visitor's words in one line."""
        if self.said == self.Said.IN_FACT and self.landmark:
            return gettext("It is in fact %(place)s") % {"place": self.landmark}
        return self.get_said_display()


class WorkerPulse(models.Model):
    """When each worker last showed life, so that a page can say that none runs."""

    STALE_AFTER = timedelta(seconds=15)

    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def any_alive(cls) -> bool:
        return cls.objects.filter(at__gt=Now() - cls.STALE_AFTER).exists()


class ServableCheckpoint(models.Model):
    """A checkpoint other than a method's bundled one, which may serve in its place."""

    method = models.CharField(_("method"), max_length=40)
    name = models.CharField(_("checkpoint"), max_length=100)
    facts = models.JSONField(_("facts"), help_text=_("The fields of methods.base.Checkpoint."))
    serving = models.BooleanField(_("serving"), default=False)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("checkpoint"), _("checkpoints")
        ordering = ["method", "-at"]
        constraints = [
            models.UniqueConstraint(fields=["method", "name"], name="one_row_per_method_and_checkpoint"),
            models.UniqueConstraint(
                fields=["method"],
                condition=models.Q(serving=True),
                name="one_checkpoint_of_a_method_serves_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NightlyTuning(models.Model):
    """The one row that says whether the platform learns from its catalogue at night, and when it last did."""

    on = models.BooleanField(_("tune every night"), default=False)
    hour = models.PositiveSmallIntegerField(_("at what hour"), default=2, help_text=_("0 to 23, local time."))
    started_at = models.DateTimeField(_("last started"), null=True, editable=False)
    outcome = models.TextField(_("what came of it"), blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("nightly tuning")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="nightly_tuning_is_one_row"),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="a_day_has_24_hours"),
        ]

    def __str__(self) -> str:
        return str(_("nightly tuning"))


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def record(self, dataset: "Dataset", reports: "Iterable[MethodReport]") -> "list[Evaluation]":
        """Keep what methods reached on a dataset, for whoever looks at the methods page."""
        from retrieval.evaluation import report  # it brings OpenCV, which the web process has no use for

        return self.bulk_create(
            self.model(
                method=one.method,
                checkpoint=one.checkpoint.name,
                training_set=one.checkpoint.training_set,
                dataset=dataset.name,
                content_hash=dataset.content_hash,
                split=dataset.split,
                images=len(dataset.images),
                queries=len(dataset.queries),
                cropped=one.cropped,
                figures=report.of_method(one),
            )
            for one in reports
        )

    def reportable(self) -> "EvaluationQuerySet":
        """Those that say what strangers' photos meet: none on landmarks that were learned or chosen on."""
        return self.exclude(split__in=["train", "choose"])

    def newest(self) -> "EvaluationQuerySet":
        """The last of each method and checkpoint on each dataset, the newest first."""
        same = ["dataset", "content_hash", "split", "method", "checkpoint"]
        last = self.order_by(*same, "-at", "-pk").distinct(*same)
        return self.model.objects.filter(pk__in=last.values("pk")).order_by("-at", "-pk")


class Evaluation(models.Model):
    """What one checkpoint of one method reached on one dataset, and under which conditions."""

    method = models.CharField(_("method"), max_length=40)
    checkpoint = models.CharField(_("checkpoint"), max_length=100)
    training_set = models.CharField(_("training set"), max_length=500)
    dataset = models.CharField(_("dataset"), max_length=200)
    content_hash = models.CharField(_("hash of its photos and truths"), max_length=64)
    split = models.CharField(_("part of the landmarks"), max_length=10, blank=True)
    images = models.PositiveIntegerField(_("photos searched"))
    queries = models.PositiveIntegerField(_("photos asked with"))
    cropped = models.BooleanField(_("queries cropped to a box"))
    figures = models.JSONField(_("figures"), help_text=_("As the method stands in report.json."))
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("evaluation"), _("evaluations")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["method", "checkpoint", "-at"], name="evaluations_of_a_checkpoint")]

    def __str__(self) -> str:
        return f"{self.method} {self.checkpoint} · {self.dataset}"
