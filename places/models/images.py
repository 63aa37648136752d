"""The photos that show landmarks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from places import detecting, licences, quality, storage

from .catalogue import Landmark

UNATTRIBUTED = models.Q(author="") | models.Q(licence="") | models.Q(source_url="")


class Host(models.Func):
    """The host that an address names, without "www."; empty where it names none."""

    template = r"coalesce(lower(substring(%(expressions)s from '^https?://(?:www\.)?([^/:?#]+)')), '')"
    output_field = models.CharField(max_length=255)


class Bands(models.Func):
    """A hash of 64 bits in five bands of up to 13, each numbered apart: of two hashes that differ in 8 bits or fewer,
    one band at least is the same but for one bit."""

    BITS = 13
    template = "(ARRAY[{}])".format(
        ", ".join(f"((%(expressions)s >> {13 * n} & 8191)::int + {8192 * n})" for n in range(4))
        + f", ((%(expressions)s >> 52 & 4095)::int + {8192 * 4})"
    )
    output_field = ArrayField(models.IntegerField())

    @classmethod
    def of(cls, column: str) -> str:
        """The same in SQL."""
        return cls.template % {"expressions": column}


class LandmarkImageQuerySet(models.QuerySet["LandmarkImage"]):
    def published(self) -> "LandmarkImageQuerySet":
        return self.filter(state=LandmarkImage.State.PUBLISHED)

    def with_last_act(self) -> "LandmarkImageQuerySet":
        """Each with `last_act`, the id of what was done to it last: a page that shows it tells by that which
        version it shows. 0 where nothing was done yet."""
        from .curation import CurationEvent  # which has this one's photo

        latest = CurationEvent.objects.filter(image=models.OuterRef("pk")).order_by("-pk").values("pk")[:1]
        return self.annotate(last_act=Coalesce(models.Subquery(latest), 0))

    def unattributed(self) -> "LandmarkImageQuerySet":
        """Those of which author, licence or source is unknown."""
        return self.filter(UNATTRIBUTED)

    def waiting(self) -> "LandmarkImageQuerySet":
        """Those that a curator has yet to decide on."""
        return self.filter(state=LandmarkImage.State.CANDIDATE)

    def held(self) -> "LandmarkImageQuerySet":
        """Those that only measurements on this machine may use: nobody is ever shown them."""
        return self.filter(state=LandmarkImage.State.HELD)

    def unlabelled(self) -> "LandmarkImageQuerySet":
        """Those of which nobody has said which place they show."""
        return self.filter(landmark=None)

    def low_quality(self) -> "LandmarkImageQuerySet":
        """Those with a fault that can be measured; `quality.FAULTS` says which."""
        faulty = models.Q()
        for fault in quality.FAULTS.values():
            for figure in fault.of:
                if fault.below is not None:
                    faulty |= models.Q(**{f"{figure}__lt": fault.below})
                if fault.above is not None:
                    faulty |= models.Q(**{f"{figure}__gt": fault.above})
        return self.filter(faulty)

    def unmeasured(self) -> "LandmarkImageQuerySet":
        """Those not turned down of which a figure is missing that can be measured here."""
        missing = models.Q(sharpness=None)
        if detecting.can_look():
            missing |= models.Q(face_share=None) | models.Q(lettering=None)
        return self.filter(missing).exclude(state=LandmarkImage.State.REJECTED)

    def to_try(self, number: int) -> "LandmarkImageQuerySet":
        """Photos that a visitor who has none may search with: those that curators offer, the latest first.

        Where they offer none, one each of the places that have most photos, the same ones every time.
        """
        shown = self.published().select_related("landmark")
        if shown.filter(is_sample=True).exists():
            return shown.filter(is_sample=True).order_by("-pk")[:number]
        firsts = (
            self.published()
            .order_by()
            .values("landmark")
            .annotate(first=models.Min("pk"), photos=models.Count("pk"))
        )
        firsts = firsts.order_by("-photos", "first").values("first")[:number]
        return shown.filter(pk__in=firsts).order_by("pk")

    def to_pass_on(self) -> "LandmarkImageQuerySet":
        """Published ones that anyone may use, not this site alone."""
        return self.published().exclude(licence=licences.PERMISSION.code)

    def without_renditions(self) -> "LandmarkImageQuerySet":
        """Published ones that pages can show in two sizes only."""
        return self.published().filter(has_renditions=False)


class LandmarkImage(models.Model):
    """A photo of a landmark: the untouched original in the private store, and once published what is served.

    `photo`, `thumbnail` and their renditions are made from the original on publishing, upright and without any
    metadata, and removed again on withdrawal.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Waiting")
        PUBLISHED = "published", _("Published")
        REJECTED = "rejected", _("Rejected")
        HELD = "held", _("Kept on this machine only")

    landmark = models.ForeignKey(
        Landmark, models.PROTECT, related_name="images", verbose_name=_("landmark"), null=True, blank=True,
        limit_choices_to={"merged_into": None}, help_text=_("Empty while nobody knows what it shows."),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CANDIDATE)
    state_reason = models.CharField(_("reason"), max_length=300, blank=True)

    original = models.FileField(
        _("original"), storage=storage.private, upload_to=storage.original_path, max_length=200
    )
    photo = models.ImageField(_("photo"), upload_to=storage.photo_path, max_length=200, blank=True)
    thumbnail = models.ImageField(
        _("thumbnail"), upload_to=storage.thumbnail_path, max_length=200, blank=True
    )
    has_renditions = models.BooleanField(default=False, editable=False)

    author = models.CharField(_("author"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    licence_url = models.URLField(_("licence's address"), max_length=500, blank=True)
    source_url = models.URLField(_("source"), max_length=1000, blank=True)
    source_host = models.GeneratedField(
        expression=Host("source_url"), output_field=models.CharField(max_length=255), db_persist=True
    )
    contributed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("contributed by"),
    )  # fmt: skip

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    perceptual_hash = models.BigIntegerField(editable=False)
    near_duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="near_duplicates",
        verbose_name=_("near-duplicate of"),
        help_text=_("The first photo of its group, never another near-duplicate."),
    )  # fmt: skip
    width = models.PositiveIntegerField(_("width"), help_text=_("Pixels, upright."), editable=False)
    height = models.PositiveIntegerField(_("height"), help_text=_("Pixels, upright."), editable=False)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    taken_latitude = models.FloatField(_("latitude where taken"), null=True, blank=True)
    taken_longitude = models.FloatField(_("longitude where taken"), null=True, blank=True)
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    # `quality.Quality` and `detecting.Found` say what these are; empty where it was not measured yet.
    sharpness = models.FloatField(null=True, editable=False)
    dark = models.FloatField(null=True, editable=False)
    blown = models.FloatField(null=True, editable=False)
    sky_light = models.FloatField(null=True, editable=False)
    seam = models.FloatField(null=True, editable=False)
    face_share = models.FloatField(null=True, editable=False)
    lettering = models.FloatField(null=True, editable=False)

    is_sample = models.BooleanField(
        _("offered as a sample"), default=False,
        help_text=_("Shown on the first page to visitors who have no photo of their own at hand."),
    )  # fmt: skip

    is_rendered = models.BooleanField(
        _("rendered"), default=False,
        help_text=_("Drawn by a computer from a model of the place, not taken there."),
    )  # fmt: skip

    # What a page needs to show one that is published.
    SHOWN_BY = ("photo", "thumbnail", "width", "height", "has_renditions", "is_rendered")

    objects = LandmarkImageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("photo"), _("photos")
        ordering = [
            "landmark_id",
            "pk",
        ]  # the column: what is locked may not be joined to what may be missing
        constraints = [
            models.CheckConstraint(
                name="what_is_published_has_its_served_files",
                condition=~models.Q(state="published") | (~models.Q(photo="") & ~models.Q(thumbnail="")),
            ),
            models.CheckConstraint(
                name="what_is_not_published_has_no_served_files",
                condition=models.Q(state="published") | models.Q(photo="", thumbnail=""),
            ),
            models.CheckConstraint(
                name="what_is_published_has_author_licence_and_source",
                condition=~models.Q(state="published")
                | models.Q(author__regex=r"\S", licence__regex=r"\S", source_url__regex=r"\S"),
                violation_error_message=_("A published photo needs an author, a licence and a source."),
            ),
            models.CheckConstraint(
                name="what_is_published_shows_a_landmark",
                condition=~models.Q(state="published") | models.Q(landmark__isnull=False),
            ),
            models.CheckConstraint(
                name="a_photo_is_not_its_own_near_duplicate",
                condition=~models.Q(near_duplicate_of=models.F("pk")),
            ),
        ]
        indexes = [
            models.Index(fields=["landmark", "state"], name="images_by_landmark_and_state"),
            GinIndex(Bands("perceptual_hash"), name="images_by_bands_of_their_hash", fastupdate=False),
            # What the desk's filters read, the latest first.
            models.Index(fields=["state", "-id"], name="images_by_state"),
            models.Index(fields=["source_host", "state", "-id"], name="images_by_source_host"),
            models.Index(fields=["-id"], name="images_unattributed", condition=UNATTRIBUTED),
            models.Index(
                fields=["id"],
                name="images_unmeasured",
                condition=models.Q(sharpness=None) | models.Q(face_share=None) | models.Q(lettering=None),
            ),
            models.Index(fields=["-id"], name="images_that_are_samples", condition=models.Q(is_sample=True)),
            GinIndex(OpClass(Upper("author"), "gin_trgm_ops"), name="images_by_words_of_author"),
        ]

    def __str__(self) -> str:
        return f"{self.place_name} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("places:photo", args=[self.pk])

    @property
    def place_name(self) -> str:
        """The name of what it shows, in the reader's language, also where that is not known."""
        return str(self.landmark) if self.landmark_id else gettext("a place not known yet")

    @property
    def group(self) -> int:
        """The id that all near-duplicates of one picture share."""
        return self.near_duplicate_of_id or self.pk

    @property
    def faults(self) -> list[str]:
        """In words, what its figures find wrong with it."""
        return quality.faults_of(self)

    def clean(self) -> None:
        """Write the licence as all photos under it do, with its address. Raises ValidationError."""
        super().clean()
        if licence := licences.known(self.licence):
            self.licence, self.licence_url = licence.code, self.licence_url or licence.url
        if self.state == self.State.PUBLISHED:
            faults = dict.fromkeys(self.missing_attribution, _("A published photo needs it."))
            if self.licence and (why := licences.why_not_shown(self.licence)):
                faults["licence"] = why
            if faults:
                raise ValidationError(faults)

    @property
    def missing_attribution(self) -> list[str]:
        """The names of the fields without which nobody may be shown it."""
        return [name for name in ("author", "licence", "source_url") if not getattr(self, name).strip()]
