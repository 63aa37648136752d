"""How far a place is, as people say it."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def distance(km: float) -> str:
    """Metres to the nearest ten under a kilometre, kilometres to the tenth under ten, whole ones beyond."""
    if km < 0.995:
        return f"{number_format(round(km * 100) * 10)}\N{NO-BREAK SPACE}m"
    decimals = 1 if km < 9.95 else 0  # cut off by number_format, so rounded before
    return f"{number_format(round(km, decimals), decimal_pos=decimals)}\N{NO-BREAK SPACE}km"
