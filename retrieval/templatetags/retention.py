"""How long what is asked is kept, as pages tell it."""

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("retrieval/_kept.html")
def kept() -> dict:
    """A list of sentences: for an account, without one, in private mode, and what stays for longer."""
    return {
        "days": settings.SEARCHES_KEPT_DAYS,
        "visitors_days": settings.VISITORS_SEARCHES_KEPT_DAYS,
        "private_minutes": settings.PRIVATE_SEARCHES_KEPT_MINUTES,
    }
