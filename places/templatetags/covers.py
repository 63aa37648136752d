"""What stands for a landmark in a list: its photo, or where there is none a scene in lacquer."""

from django import template
from django.core.files.storage import default_storage

from places.models import Landmark

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


@register.filter
def cover_url(name: str) -> str:
    """The address of a published file, by its name in the store."""
    return default_storage.url(name)


@register.filter
def scene(landmark: Landmark) -> str:
    """The file of the scene that suits the landmark's category."""
    return f"img/{SCENES.get(landmark.category, 'houses')}.svg"
