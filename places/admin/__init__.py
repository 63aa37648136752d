"""The curators' desk, a file for each thing they look after."""

from . import landmarks, photos, takedowns  # noqa: F401
