"""A published photo in a page, in the size and the format that suit the reader's screen and browser."""

from django import template
from django.core.files.storage import default_storage
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from places import attribution, storage
from places.models import LandmarkImage

register = template.Library()

FETCHED_WHEN_NEAR = mark_safe(' loading="lazy" decoding="async"')
FETCHED_FIRST = mark_safe(' fetchpriority="high"')


@register.simple_tag
def photo(image: LandmarkImage, *, alt: str, sizes: str, first: bool = False) -> SafeString:
    """The photo as `<picture>`, with what tells its readers where it is none but a rendered picture.

    sizes: how wide it is shown, as HTML's attribute of this name says it. first: it is what the page opens with,
    so it is fetched at once and not when scrolled to.
    """
    thumbnail = (image.thumbnail.url, storage.THUMBNAIL_SIDE)
    if not image.has_renditions:
        files = _candidates(image, [thumbnail, (image.photo.url, storage.PHOTO_SIDE)])
        return _picture(image, "", _img(image, thumbnail[0], files, alt=alt, sizes=sizes, first=first))
    made = {"AVIF": [], "WEBP": [thumbnail]}
    for rendition in storage.renditions(image):
        url = default_storage.url(rendition.name(image.photo.name))
        made[rendition.format].append((url, rendition.side))
    sources = format_html_join(
        "",
        '<source type="image/{}" srcset="{}" sizes="{}">',
        ((format.lower(), _candidates(image, files), sizes) for format, files in made.items()),
    )
    img = _img(image, image.photo.url, "", alt=alt, sizes=sizes, first=first)
    return _picture(image, sources, img)


def _picture(image: LandmarkImage, sources: str, img: SafeString) -> SafeString:
    told = format_html(' data-rendered="{}"', _("Rendered")) if image.is_rendered else ""
    return format_html("<picture{}>{}{}</picture>", told, sources, img)


@register.simple_tag
def credit(image: LandmarkImage) -> SafeString:
    """Whom to thank for a photo, with links to its licence and its source."""
    return attribution.credit_with_links(image)


def _candidates(image: LandmarkImage, files: list[tuple[str, int]]) -> str:
    """What `srcset` says of files whose longest side is at most so many pixels."""
    longest = max(image.width, image.height)
    return ", ".join(f"{url} {min(side, longest) * image.width // longest}w" for url, side in files)


def _img(image: LandmarkImage, url: str, srcset: str, *, alt: str, sizes: str, first: bool) -> SafeString:
    return format_html(
        '<img src="{}"{} width="{}" height="{}" alt="{}"{}>',
        url,
        format_html(' srcset="{}" sizes="{}"', srcset, sizes) if srcset else "",
        image.width,
        image.height,
        alt,
        FETCHED_FIRST if first else FETCHED_WHEN_NEAR,
    )
