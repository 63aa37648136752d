"""What a line of a landmark's history says."""

from django import template
from django.contrib.admin.models import LogEntry

from places import catalogue_table

register = template.Library()


@register.filter
def told(line: LogEntry) -> tuple:
    """Its note, and its changes."""
    return catalogue_table.told_by(line)
