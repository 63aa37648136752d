"""The control that saves a place or a photo to a collection."""

from django import template

from places.models import CollectionItem, Landmark, LandmarkImage

register = template.Library()


def kind_of(thing: Landmark | LandmarkImage) -> str:
    return "landmark" if isinstance(thing, Landmark) else "image"


@register.inclusion_tag("places/_save.html", takes_context=True)
def save_control(context: template.Context, thing: Landmark | LandmarkImage) -> dict:
    """A button that saves the thing, or where it is saved already a link to the choice of collections."""
    request = context["request"]
    kind = kind_of(thing)
    return {
        "thing": thing,
        "kind": kind,
        "is_saved": (kind, thing.pk) in _saved_by_reader(request),
        "next": f"{request.get_full_path()}#save-{kind}-{thing.pk}",
    }


def _saved_by_reader(request) -> set[tuple[str, int]]:
    """All that the reader has saved: read once for a page, however many controls it has."""
    if not hasattr(request, "saved_things"):
        saved = set()
        if request.user.is_authenticated:
            items = CollectionItem.objects.filter(collection__owner=request.user)
            for landmark, image in items.values_list("landmark", "image"):
                saved.add(("landmark", landmark) if landmark else ("image", image))
        request.saved_things = saved
    return request.saved_things
