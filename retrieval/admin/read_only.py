"""Rows that only the platform writes."""

from django.http import HttpRequest


class ReadOnly:
    """Nobody adds such rows or changes them at the desk."""

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
