"""What exists: provinces and landmarks."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .distance import POSITION, POSITION_INDEX, AroundPoint, Metres, point

WIKIDATA = r"^Q[1-9][0-9]*$"
NOTHING = models.Value(None, output_field=models.TextField())


class PlainNames(models.Func):
    """Texts as `places.search` compares them: ";chua cau;japanese bridge;". A migration defines it."""

    function = "plain_names"
    output_field = models.TextField()


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


class ProvinceQuerySet(models.QuerySet["Province"]):
    def with_counts(self) -> "ProvinceQuerySet":
        """Each with `landmark_count`, its standing landmarks, and `photo_count`, their published photos."""
        from .images import LandmarkImage

        landmarks = Landmark.objects.standing().filter(province=models.OuterRef("pk"))
        photos = LandmarkImage.objects.published().filter(landmark__province=models.OuterRef("pk"))
        return self.annotate(landmark_count=_number_of(landmarks), photo_count=_number_of(photos))


def _number_of(rows: models.QuerySet) -> models.Subquery:
    """How many rows there are of what a row of another table names."""
    count = models.Func("pk", function="count", output_field=models.IntegerField())
    return models.Subquery(rows.order_by().values(number=count))


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
    words = models.GeneratedField(
        expression=PlainNames("name_vi", "name_en"), output_field=models.TextField(), db_persist=True
    )

    objects = ProvinceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("province"), _("provinces")
        ordering = ["name_vi"]


class FormerProvince(Named):
    """One of the 63 provinces and cities before July 2025, and what it became part of."""

    other_names = ArrayField(
        models.CharField(max_length=200), verbose_name=_("other names"), default=list, blank=True
    )
    province = models.ForeignKey(Province, models.CASCADE, related_name="former", verbose_name=_("province"))
    words = models.GeneratedField(
        expression=PlainNames("name_vi", "name_en", "other_names"), output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    class Meta:
        verbose_name, verbose_name_plural = _("former province"), _("former provinces")
        ordering = ["name_vi"]
        constraints = [models.UniqueConstraint(fields=["name_vi"], name="former_province_names_are_unique")]


class LandmarkQuerySet(models.QuerySet["Landmark"]):
    def standing(self) -> "LandmarkQuerySet":
        """Those that were not merged into another: what lists, searches and choices offer."""
        return self.filter(merged_into=None)

    def known_as(self, slug: str) -> "LandmarkQuerySet":
        """The standing ones that a slug led to once: of a place merged into them, or before it was changed."""
        merged = models.Q(merged__slug=slug) | models.Q(merged__former_slugs__contains=[slug])
        return self.standing().filter(merged | models.Q(former_slugs__contains=[slug])).distinct()

    def namesakes(self, landmark: "Landmark") -> "LandmarkQuerySet":
        """The other standing ones that go by its Vietnamese or its English name, accents or not."""
        same = models.Q()
        for name in filter(None, {landmark.name_vi, landmark.name_en}):
            same |= models.Q(words__contains=PlainNames(models.Value(name), NOTHING))
        return self.standing().filter(same).exclude(pk=landmark.pk) if same else self.none()

    def with_photo_count(self) -> "LandmarkQuerySet":
        from .images import LandmarkImage  # which has this one's landmark

        shown = models.Q(images__state=LandmarkImage.State.PUBLISHED)
        return self.annotate(photo_count=models.Count("images", filter=shown))

    def with_cover(self) -> "LandmarkQuerySet":
        """Each with `cover`, what pages show its first published photo by, and `cover_thumbnail`, the name of
        that photo's thumbnail; None where it has no photo."""
        from .images import LandmarkImage

        first = LandmarkImage.objects.published().filter(landmark=models.OuterRef("pk")).order_by("pk")
        shown = JSONObject(**{name: name for name in LandmarkImage.SHOWN_BY})
        return self.annotate(
            cover=models.Subquery(first.values(shown=shown)[:1]),
            cover_thumbnail=models.Subquery(first.values("thumbnail")[:1]),
        )

    def with_places(self) -> "LandmarkQuerySet":
        return self.select_related("province", "former_province")

    def on_the_map(self) -> "LandmarkQuerySet":
        """Those whose position is known."""
        return self.filter(latitude__isnull=False)

    def inside(self, south: float, west: float, north: float, east: float) -> "LandmarkQuerySet":
        """Those whose position lies in a box, its edges included."""
        return self.filter(latitude__range=(south, north), longitude__range=(west, east))

    def centre(self) -> tuple[float, float] | None:
        """The mean of their positions, or None where none has one."""
        mean = self.on_the_map().aggregate(latitude=models.Avg("latitude"), longitude=models.Avg("longitude"))
        return None if mean["latitude"] is None else (mean["latitude"], mean["longitude"])

    def near(self, latitude: float, longitude: float, *, within_km: float) -> "LandmarkQuerySet":
        """Those so near to a position, the nearest first, each with `distance_km`."""
        here, metres = point(latitude, longitude), models.Value(within_km * 1000, models.FloatField())
        return (
            self.filter(AroundPoint(here, metres, POSITION))
            .annotate(distance_km=Metres(here, POSITION) / 1000)
            .filter(distance_km__lte=within_km)
            .order_by("distance_km", "slug")
        )


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
    wikidata_id = models.CharField(
        _("Wikidata item"), max_length=20, blank=True,
        validators=[RegexValidator(WIKIDATA, _("A Wikidata item is a Q and a number: Q42."))],
        help_text=_("Q and a number. Photos from Wikimedia Commons are found by it."),
    )  # fmt: skip
    overlaps_with = models.ManyToManyField(
        "self", symmetrical=True, blank=True, verbose_name=_("stands in or holds")
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, related_name="merged", null=True, blank=True, editable=False,
        verbose_name=_("merged into"),
    )  # fmt: skip
    split_from = models.ForeignKey(
        "self", models.SET_NULL, related_name="split_off", null=True, blank=True, editable=False,
        verbose_name=_("split from"),
    )  # fmt: skip
    former_slugs = ArrayField(models.SlugField(max_length=100), default=list, blank=True, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    words = models.GeneratedField(
        expression=PlainNames("name_vi", "name_en", "other_names"), output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip
    about = models.GeneratedField(
        expression=PlainNames("description_vi", "description_en"), output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

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
                violation_error_message=_("A latitude comes with a longitude, and both lie on Earth."),
            ),
            models.CheckConstraint(
                name="a_landmark_is_not_merged_into_itself",
                condition=~models.Q(merged_into=models.F("pk")),
            ),
            models.CheckConstraint(
                name="a_landmark_is_not_split_from_itself",
                condition=~models.Q(split_from=models.F("pk")),
            ),
            models.CheckConstraint(
                name="a_wikidata_item_is_q_and_a_number",
                condition=models.Q(wikidata_id="") | models.Q(wikidata_id__regex=WIKIDATA),
                violation_error_message=_("A Wikidata item is a Q and a number: Q42."),
            ),
            models.UniqueConstraint(
                fields=["wikidata_id"],
                condition=~models.Q(wikidata_id=""),
                name="a_wikidata_item_is_one_landmark",
                violation_error_message=_("Another landmark is this Wikidata item already."),
            ),
        ]
        indexes = [POSITION_INDEX]

    def get_absolute_url(self) -> str:
        return reverse("places:landmark", args=[self.slug])

    @property
    def wikidata_url(self) -> str:
        """The address by which all of the web names the same place; empty where its item is not known."""
        return f"https://www.wikidata.org/entity/{self.wikidata_id}" if self.wikidata_id else ""

    @property
    def other_name(self) -> str:
        """The name in the language that the reader's is not, where it differs."""
        other = self.name_vi if get_language() == "en" else self.name_en
        return other if other != self.name else ""

    @property
    def description(self) -> str:
        """The description in the reader's language, or in the other where that is missing."""
        first, second = self.description_vi, self.description_en
        return (second or first) if get_language() == "en" else (first or second)

    @property
    def description_language(self) -> str:
        """The language that `description` is in: "vi" or "en"."""
        return "en" if self.description == self.description_en else "vi"

    def nearby(self, *, within_km: float = 50) -> LandmarkQuerySet:
        """The other places around it, the nearest first, each with `distance_km`; none where it has no position."""
        if self.latitude is None or self.longitude is None:
            return Landmark.objects.none()
        others = Landmark.objects.standing().exclude(pk=self.pk)
        return others.near(self.latitude, self.longitude, within_km=within_km)
