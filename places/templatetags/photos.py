"""A published photo in a page, in the size that the reader's screen needs."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from places.models import LandmarkImage
from places.storage import PHOTO_SIDE, THUMBNAIL_SIDE

register = template.Library()

FETCHED_WHEN_NEAR = mark_safe(' loading="lazy" decoding="async"')
FETCHED_FIRST = mark_safe(' fetchpriority="high"')


@register.simple_tag
def photo(image: LandmarkImage, *, alt: str, sizes: str, first: bool = False) -> SafeString:
    """The photo as `<img>`. sizes: how wide it is shown, as HTML's attribute of this name says it.

    first: it is what the page opens with, so it is fetched at once and not when scrolled to.
    """
    longest = max(image.width, image.height)
    files = [(file.url, min(side, longest) * image.width // longest) for file, side in _served(image)]
    return format_html(
        '<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}"{}>',
        files[0][0],
        ", ".join(f"{url} {width}w" for url, width in files),
        sizes,
        image.width,
        image.height,
        alt,
        FETCHED_FIRST if first else FETCHED_WHEN_NEAR,
    )


def _served(image: LandmarkImage) -> list:
    return [(image.thumbnail, THUMBNAIL_SIDE), (image.photo, PHOTO_SIDE)]
