"""What a place's page tells machines, in the words of schema.org."""

import json
from collections.abc import Callable, Sequence

from django.utils.safestring import SafeString, mark_safe

from . import attribution
from .models import Landmark, LandmarkImage

# In a script element nothing but these can end it or begin a comment.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


def attraction(
    landmark: Landmark, *, images: Sequence[LandmarkImage], absolute: Callable[[str], str]
) -> SafeString:
    """A landmark as a TouristAttraction in JSON-LD, to stand in a script element.

    absolute: gives the whole address for a path of the site. Hours and prices are left out: ours are sentences.
    """
    told = {
        "@context": "https://schema.org",
        "@type": "TouristAttraction",
        "name": landmark.name,
        "alternateName": [*filter(None, [landmark.other_name]), *landmark.other_names],
        "description": landmark.description,
        "url": absolute(landmark.get_absolute_url()),
        "sameAs": landmark.wikidata_url,
        "address": _address(landmark),
        "geo": _position(landmark),
        "image": [_image(image, absolute) for image in images],
    }
    known = {name: value for name, value in told.items() if value}
    return mark_safe(json.dumps(known, ensure_ascii=False).translate(_ESCAPED))


def _address(landmark: Landmark) -> dict:
    region = {"addressRegion": landmark.province.name} if landmark.province else {}
    return {"@type": "PostalAddress", "addressCountry": "VN"} | region


def _position(landmark: Landmark) -> dict | None:
    if landmark.latitude is None:
        return None
    return {"@type": "GeoCoordinates", "latitude": landmark.latitude, "longitude": landmark.longitude}


def _image(image: LandmarkImage, absolute: Callable[[str], str]) -> dict:
    told = {
        "@type": "ImageObject",
        "contentUrl": absolute(image.photo.url),
        "thumbnailUrl": absolute(image.thumbnail.url),
        "creator": {"@type": "Person", "name": image.author} if image.author else None,
        "creditText": attribution.credit(image),
        "license": image.licence_url,
        "acquireLicensePage": image.source_url,
    }
    return {name: value for name, value in told.items() if value}
