"""Why a photo was turned down, in the reader's language."""

from django import template

from places import reasons

register = template.Library()


@register.filter
def in_words(reason: str) -> str:
    return reasons.in_words(reason)
