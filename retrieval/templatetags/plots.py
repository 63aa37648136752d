"""Drawings for pages of every room."""

from django import template

from retrieval.dashboard.columns import Columns, piled

register = template.Library()


@register.simple_tag
def columns(starts, series) -> Columns:
    """The days or weeks that begin so as columns; each of series has a kind, a label, and counts."""
    return piled(starts, series)
