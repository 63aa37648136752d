"""The curators' desk, a file for each thing they look after."""

from . import catalogue, takedowns  # noqa: F401
