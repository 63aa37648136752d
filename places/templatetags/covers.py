"""What stands for a landmark in a list: its photo, or where there is none a scene in lacquer."""

from django import template
from django.core.files.storage import default_storage
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from places.models import Landmark, LandmarkImage

from .photos import photo

register = template.Library()

C = Landmark.Category
SCENES = {
    **dict.fromkeys([C.PAGODA, C.TEMPLE, C.COMMUNAL_HOUSE, C.PALACE, C.TOMB], "roofs"),
    **dict.fromkeys([C.TOWER], "tower"),
    **dict.fromkeys([C.CITADEL, C.MONUMENT, C.HISTORIC_SITE], "citadel"),
    **dict.fromkeys([C.CHURCH], "church"),
    **dict.fromkeys([C.BRIDGE], "bridge"),
    **dict.fromkeys([C.RIVER, C.BAY], "water"),
    **dict.fromkeys([C.ISLAND, C.BEACH], "palms"),
    **dict.fromkeys([C.LAKE, C.PARK], "lotus"),
    **dict.fromkeys([C.CAVE], "cave"),
    **dict.fromkeys([C.WATERFALL], "waterfall"),
    **dict.fromkeys([C.RICE_TERRACES], "terraces"),
    **dict.fromkeys([C.MOUNTAIN, C.PASS, C.NATIONAL_PARK], "mountains"),
    **dict.fromkeys([C.MUSEUM], "drum"),
    **dict.fromkeys([C.VILLAGE], "stilts"),
    **dict.fromkeys([C.BUILDING, C.STATION, C.THEATRE], "facade"),
}


TURNED = mark_safe(' class="turned"')


@register.simple_tag
def cover(landmark: Landmark, *, sizes: str) -> SafeString:
    """What stands for a landmark that was read `with_cover`, beside its name; sizes as of `photo`."""
    if landmark.cover:
        return photo(LandmarkImage(**landmark.cover), alt="", sizes=sizes)
    return format_html(
        '<img{} src="{}" width="400" height="300" alt="" loading="lazy">',
        TURNED if landmark.pk % 2 == 0 else "",  # neighbours in a list that share a scene look less alike
        static(scene(landmark)),
    )


@register.filter
def cover_url(name: str) -> str:
    """The address of a published file, by its name in the store."""
    return default_storage.url(name)


@register.filter
def scene(landmark: Landmark) -> str:
    """The file of the scene that suits the landmark's category."""
    return f"img/{SCENES.get(landmark.category, 'houses')}.svg"
