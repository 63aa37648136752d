"""What the index knows of photos, as one more filter on the desk's wall of them."""

from django.utils.translation import gettext_lazy as _

from places import desk
from places.models import LandmarkImageQuerySet
from retrieval.models import PlaceGuess


def outliers(photos: LandmarkImageQuerySet) -> LandmarkImageQuerySet:
    return photos.filter(place_guess__in=PlaceGuess.objects.outlying())


desk.ONLY["outliers"] = (_("Unlike the others of their place"), outliers)
