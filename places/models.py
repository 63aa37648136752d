"""The catalogue: provinces, landmarks, and the photos that show them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import storage


class Named(models.Model):
    """Something with a Vietnamese and an English name."""

    name_vi = models.CharField(_("Vietnamese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi


class Province(Named):
    """A province or city of Vietnam as they are since July 2025."""

    class Region(models.TextChoices):
        NORTHERN_MIDLANDS_MOUNTAINS = "northern_midlands_mountains", _("Northern midlands and mountains")
        RED_RIVER_DELTA = "red_river_delta", _("Red River Delta")
        NORTH_CENTRAL = "north_central", _("North Central Coast")
        SOUTH_CENTRAL_COAST = "south_central_coast", _("South Central Coast")
        CENTRAL_HIGHLANDS = "central_highlands", _("Central Highlands")
        SOUTHEAST = "southeast", _("Southeast")
        MEKONG_DELTA = "mekong_delta", _("Mekong Delta")

    slug = models.SlugField(unique=True)
    is_city = models.BooleanField(_("centrally run city"), default=False)
    region = models.CharField(_("region"), max_length=40, choices=Region)

    class Meta:
        verbose_name, verbose_name_plural = _("province"), _("provinces")
        ordering = ["name_vi"]


class FormerProvince(Named):
    """One of the 63 provinces and cities before July 2025, and what it became part of."""

    province = models.ForeignKey(Province, models.CASCADE, related_name="former", verbose_name=_("province"))

    class Meta:
        verbose_name, verbose_name_plural = _("former province"), _("former provinces")
        ordering = ["name_vi"]
        constraints = [models.UniqueConstraint(fields=["name_vi"], name="former_province_names_are_unique")]


class LandmarkQuerySet(models.QuerySet["Landmark"]):
    def with_photo_count(self) -> "LandmarkQuerySet":
        return self.annotate(
            photo_count=models.Count("images", filter=models.Q(images__state=LandmarkImage.State.PUBLISHED))
        )

    def with_cover(self) -> "LandmarkQuerySet":
        """Each with `cover_thumbnail`, the file name of its first published photo's thumbnail, or None."""
        first = LandmarkImage.objects.published().filter(landmark=models.OuterRef("pk")).order_by("pk")
        return self.annotate(cover_thumbnail=models.Subquery(first.values("thumbnail")[:1]))

    def named(self, text: str) -> "LandmarkQuerySet":
        """Those that have the text in one of their names, typed with or without its accents."""
        names = models.Q(name_vi__icontains=text) | models.Q(name_en__icontains=text)
        names |= models.Q(other_names__icontains=text)
        if plain := slugify(text.replace("đ", "d").replace("Đ", "D")):
            names |= models.Q(slug__contains=plain)
        return self.filter(names)

    def with_places(self) -> "LandmarkQuerySet":
        return self.select_related("province", "former_province")


class Landmark(Named):
    """A place that a visitor may ask for."""

    class Category(models.TextChoices):
        PAGODA = "pagoda", _("Pagoda")
        TEMPLE = "temple", _("Temple")
        CHURCH = "church", _("Church")
        MOSQUE = "mosque", _("Mosque")
        COMMUNAL_HOUSE = "communal_house", _("Communal house")
        CITADEL = "citadel", _("Citadel")
        PALACE = "palace", _("Palace")
        TOMB = "tomb", _("Tomb")
        TOWER = "tower", _("Tower")
        BRIDGE = "bridge", _("Bridge")
        MUSEUM = "museum", _("Museum")
        MARKET = "market", _("Market")
        MONUMENT = "monument", _("Monument")
        STREET = "street", _("Street or quarter")
        VILLAGE = "village", _("Village")
        THEATRE = "theatre", _("Theatre")
        STATION = "station", _("Station")
        BUILDING = "building", _("Building")
        PARK = "park", _("Park")
        CAVE = "cave", _("Cave")
        WATERFALL = "waterfall", _("Waterfall")
        LAKE = "lake", _("Lake")
        RIVER = "river", _("River")
        BAY = "bay", _("Bay")
        BEACH = "beach", _("Beach")
        ISLAND = "island", _("Island")
        MOUNTAIN = "mountain", _("Mountain")
        PASS = "pass", _("Mountain pass")
        RICE_TERRACES = "rice_terraces", _("Rice terraces")
        NATIONAL_PARK = "national_park", _("National park")
        HISTORIC_SITE = "historic_site", _("Historic site")
        AMUSEMENT_PARK = "amusement_park", _("Amusement park")

    class Kind(models.TextChoices):
        """How much of it one photo can show."""

        BUILDING = "building", _("One thing")
        COMPLEX = "complex", _("A site of several things")
        SCENE = "scene", _("A landscape or a district")

    class Unesco(models.TextChoices):
        WORLD_HERITAGE = "world_heritage", _("UNESCO World Heritage")
        GLOBAL_GEOPARK = "global_geopark", _("UNESCO Global Geopark")
        BIOSPHERE_RESERVE = "biosphere_reserve", _("UNESCO Biosphere Reserve")

    slug = models.SlugField(max_length=100, unique=True)
    other_names = ArrayField(
        models.CharField(max_length=200), verbose_name=_("other names"), default=list, blank=True
    )
    province = models.ForeignKey(
        Province, models.PROTECT, related_name="landmarks", null=True, blank=True, verbose_name=_("province")
    )
    former_province = models.ForeignKey(
        FormerProvince, models.PROTECT, related_name="landmarks", null=True, blank=True,
        verbose_name=_("province before July 2025"),
    )  # fmt: skip
    category = models.CharField(_("category"), max_length=20, choices=Category, blank=True)
    kind = models.CharField(_("extent"), max_length=10, choices=Kind, default=Kind.COMPLEX)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    description_vi = models.TextField(_("Vietnamese description"), blank=True)
    description_en = models.TextField(_("English description"), blank=True)
    unesco = models.CharField(_("UNESCO status"), max_length=20, choices=Unesco, blank=True)
    unesco_year = models.PositiveSmallIntegerField(_("UNESCO since"), null=True, blank=True)
    overlaps_with = models.ManyToManyField(
        "self", symmetrical=True, blank=True, verbose_name=_("stands in or holds")
    )
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = LandmarkQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("landmark"), _("landmarks")
        ordering = ["name_vi"]
        constraints = [
            models.CheckConstraint(
                name="a_latitude_comes_with_a_longitude_and_lies_on_earth",
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(latitude__isnull=False, longitude__isnull=False)  # a check that is NULL passes
                & models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("places:landmark", args=[self.slug])

    @property
    def description(self) -> str:
        """The description in the reader's language, or in the other where that is missing."""
        first, second = self.description_vi, self.description_en
        return (second or first) if get_language() == "en" else (first or second)


class LandmarkImageQuerySet(models.QuerySet["LandmarkImage"]):
    def published(self) -> "LandmarkImageQuerySet":
        return self.filter(state=LandmarkImage.State.PUBLISHED)

    def waiting(self) -> "LandmarkImageQuerySet":
        """Those that a curator has yet to decide on."""
        return self.filter(state=LandmarkImage.State.CANDIDATE)


class LandmarkImage(models.Model):
    """A photo of a landmark: the untouched original in the private store, and once published what is served.

    `photo` and `thumbnail` are made from the original on publishing, upright and without any metadata, and
    removed again on withdrawal.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Waiting")
        PUBLISHED = "published", _("Published")
        REJECTED = "rejected", _("Rejected")

    landmark = models.ForeignKey(Landmark, models.PROTECT, related_name="images", verbose_name=_("landmark"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CANDIDATE)
    state_reason = models.CharField(_("reason"), max_length=300, blank=True)

    original = models.FileField(
        _("original"), storage=storage.private, upload_to=storage.original_path, max_length=200
    )
    photo = models.ImageField(_("photo"), upload_to=storage.photo_path, max_length=200, blank=True)
    thumbnail = models.ImageField(
        _("thumbnail"), upload_to=storage.thumbnail_path, max_length=200, blank=True
    )

    author = models.CharField(_("author"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    licence_url = models.URLField(_("licence's address"), max_length=500, blank=True)
    source_url = models.URLField(_("source"), max_length=1000, blank=True)
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

    objects = LandmarkImageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("photo"), _("photos")
        ordering = ["landmark", "pk"]
        constraints = [
            models.CheckConstraint(
                name="what_is_published_has_its_served_files",
                condition=~models.Q(state="published") | (~models.Q(photo="") & ~models.Q(thumbnail="")),
            ),
            models.CheckConstraint(
                name="a_photo_is_not_its_own_near_duplicate",
                condition=~models.Q(near_duplicate_of=models.F("pk")),
            ),
        ]
        indexes = [
            models.Index(fields=["landmark", "state"], name="images_by_landmark_and_state"),
            models.Index(fields=["perceptual_hash"], name="images_by_perceptual_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.landmark} #{self.pk}"

    @property
    def group(self) -> int:
        """The id that all near-duplicates of one picture share."""
        return self.near_duplicate_of_id or self.pk

    @property
    def missing_attribution(self) -> list[str]:
        """The names of the fields without which nobody may be shown it."""
        return [name for name in ("author", "licence", "source_url") if not getattr(self, name)]


class CurationEvent(models.Model):
    """What was done to a photo, by whom: one line per act."""

    class Verb(models.TextChoices):
        PUBLISH = "publish", _("published")
        REJECT = "reject", _("rejected")
        MOVE = "move", _("moved")

    image = models.ForeignKey(LandmarkImage, models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verb = models.CharField(_("act"), max_length=10, choices=Verb)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("act of curation"), _("acts of curation")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.image_id}"
